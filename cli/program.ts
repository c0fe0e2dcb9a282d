/** All verbs in their groups, and the flags that they share. */
import { Command } from 'commander'
import { VERSION } from '../shared/version.ts'
import { addAudit } from './audit.ts'
import { addCompletion } from './completion.ts'
import { addContextList, addContextRemove, addContextShow, addContextUse } from './contexts/verbs.ts'
import { addDev } from './dev.ts'
import { addDrift } from './drift.ts'
import { DEFAULT_URL } from './endpoint.ts'
import { EXIT_HELP } from './exit.ts'
import { addFreezeAdd } from './freeze/add.ts'
import { addFreezeList } from './freeze/list.ts'
import { addFreezeRemove } from './freeze/remove.ts'
import { addHostList } from './host/list.ts'
import { addHostRemove } from './host/remove.ts'
import { addHostShow } from './host/show.ts'
import { addKeyCreate } from './key/create.ts'
import { addLogin } from './login.ts'
import { addLogs } from './logs.ts'
import { addRelayList } from './relay/list.ts'
import { addRelayRemove } from './relay/remove.ts'
import { addReleaseCreate } from './release/create.ts'
import { addReleaseList } from './release/list.ts'
import { addReleaseShow } from './release/show.ts'
import { addControls } from './rollout/controls.ts'
import { addKill } from './rollout/kill.ts'
import { addRolloutList } from './rollout/list.ts'
import { addPlan } from './rollout/plan.ts'
import { addRetry } from './rollout/retry.ts'
import { addRolloutShow } from './rollout/show.ts'
import { addSkip } from './rollout/skip.ts'
import { addStart } from './rollout/start.ts'
import { addWatch } from './rollout/watch.ts'
import { addRun } from './run.ts'
import { addServiceApply } from './service/apply.ts'
import { addServiceDiff } from './service/diff.ts'
import { addServiceHistory } from './service/history.ts'
import { addServiceList } from './service/list.ts'
import { addServiceRestore } from './service/restore.ts'
import { addServiceShow } from './service/show.ts'
import { addServiceVars } from './service/vars.ts'
import { addScheduleAdd } from './schedule/add.ts'
import { addScheduleChanges } from './schedule/change.ts'
import { addScheduleList } from './schedule/list.ts'
import { addScheduleShow } from './schedule/show.ts'
import { addTokenCreate } from './token/create.ts'
import { addTokenList } from './token/list.ts'
import { addTokenRevoke } from './token/revoke.ts'
import { addWebhookAdd } from './webhook/add.ts'
import { addWebhookDead, addWebhookDeliveries } from './webhook/deliveries.ts'
import { addWebhookList } from './webhook/list.ts'
import { addWebhookRedeliver } from './webhook/redeliver.ts'
import { addWebhookRemove } from './webhook/remove.ts'
import { addWebhookTest } from './webhook/test.ts'
import type { Run } from './world.ts'

type AddVerb = (group: Command, run: Run) => void

const GROUPS: [name: string, description: string, verbs: AddVerb[]][] = [
  ['context', 'coordinators that you have logged in to', [addContextList, addContextUse, addContextShow, addContextRemove]],
  ['service', 'what can be deployed, and how', [
    addServiceApply, addServiceList, addServiceShow, addServiceVars, addServiceHistory, addServiceDiff, addServiceRestore,
  ]],
  ['release', 'immutable versions of services', [addReleaseCreate, addReleaseList, addReleaseShow]],
  ['key', 'keys that sign releases', [addKeyCreate]],
  ['rollout', 'take a service to a release, in waves', [
    addPlan, addStart, addRolloutList, addRolloutShow, addWatch, addControls, addSkip, addRetry, addKill,
  ]],
  ['host', 'machines with an agent', [addHostList, addHostShow, addHostRemove]],
  ['relay', 'who passes packages on in a datacenter; without a verb: the daemon itself', [addRelayList, addRelayRemove]],
  ['schedule', 'rollouts that begin at a time', [addScheduleAdd, addScheduleList, addScheduleShow, addScheduleChanges]],
  ['freeze', 'windows of time in which nothing begins', [addFreezeAdd, addFreezeList, addFreezeRemove]],
  ['token', 'who may use the API, and which machines may join', [addTokenCreate, addTokenList, addTokenRevoke]],
  ['webhook', 'who outside is told of what', [
    addWebhookAdd, addWebhookList, addWebhookTest, addWebhookDeliveries, addWebhookDead, addWebhookRedeliver, addWebhookRemove,
  ]],
]

const HELP = `
Daemons (each has its own --help):
  coordinator               decides what every host does next
  agent                     deploys on the host it runs on
  relay                     passes packages on to the hosts of a datacenter

${EXIT_HELP}
`

export function createProgram(run: Run): Command {
  const { stdout, stderr } = run.world
  const program = new Command('muster')
    .description('Deploys ordinary services to fleets of ordinary hosts: in waves, from a queue, with a hand on the brake.')
    .version(VERSION, '-V, --version')
    .option('--context <name>', 'a coordinator that you have logged in to (default: $MUSTER_CONTEXT, then the current one)')
    .option('--url <url>', `another one, with $MUSTER_TOKEN and $MUSTER_CA (default: $MUSTER_URL, then the context, then ${DEFAULT_URL})`)
    .option('--json', 'JSON instead of text: one document, or one object per line; problems as JSON on stderr')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // Said by invocation.ts, in the form that every other problem has.
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? 120,
      getErrHelpWidth: () => stderr.columns ?? 120,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText('after', HELP)
  addDev(program, run)
  addLogin(program, run)
  for (const [name, description, verbs] of GROUPS) {
    const group = program.command(name).description(description)
    for (const add of verbs) add(group, run)
  }
  addRun(program, run)
  addLogs(program, run)
  addDrift(program, run)
  addAudit(program, run)
  addCompletion(program, run)
  return program
}
