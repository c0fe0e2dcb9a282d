/** An agent put together from its parts, and its life from the lock to the last word. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { makeDataDirectory } from '../shared/daemon.ts'
import { lockDirectory } from '../shared/lock.ts'
import { VERSION } from '../shared/version.ts'
import { Journals } from './adapters/journal.ts'
import { Manifests } from './adapters/manifest.ts'
import { ServiceRecords } from './adapters/records.ts'
import { Releases } from './adapters/releases.ts'
import { Audits } from './audits.ts'
import { Commands } from './commands.ts'
import { Grants } from './grants.ts'
import type { Config } from './config.ts'
import { dialing } from './credentials.ts'
import { goalOf } from './deploy/installation.ts'
import type { InUse } from './distribution/pins.ts'
import { hostFacts, hostLoad } from './facts.ts'
import { admit } from '../shared/machine/admission.ts'
import { tokenFor } from '../shared/machine/given-token.ts'
import { Identity } from '../shared/machine/identity.ts'
import { credentialsOf } from '../shared/pieces/credentials.ts'
import type { Means, Say } from './means.ts'
import { Outlet } from './outlet.ts'
import { readPolicy } from './policy/policy-file.ts'
import { DEPLOY_UTILS } from './scripts.ts'
import { keepSession } from './session.ts'
import { openSharing } from './sharing.ts'

/** Resolves when `ending` is aborted; scripts that run go on. Rejects when the data directory is locked, damaged or cannot be written. */
export async function runAgent(config: Config, log: Logger, ending: AbortSignal): Promise<void> {
  const { host, labels, root } = config
  const dataDir = config['data-dir']
  const identity = await Identity.open(join(dataDir, 'identity'), { role: 'agent', host })
  const token = await tokenFor(identity, config.join, log)
  // refused before anything is made
  if (token === null && identity.kept === null) dialing(config, identity)
  await makeDataDirectory(dataDir)
  await lockDirectory('agent', dataDir)
  const records = await ServiceRecords.open(join(dataDir, 'services'))
  const journals = await Journals.open(join(dataDir, 'commands'))
  const outlet = new Outlet(host)
  const manifests = new Manifests(join(dataDir, 'manifests'))
  const releases = new Releases(root, manifests)
  const audits = new Audits({ records, releases, manifests, log })
  const say: Say = (message, must) => outlet.say(message, must)
  const grants = new Grants(say, (service) => sharing.distribution.basesFor(service))
  const policy = () => readPolicy(config.policy ?? null)
  const sharing = await openSharing({
    config, grants, log,
    credentials: credentialsOf(identity),
    grantKeys: (nowMs) => identity.signerKeys('orders', nowMs),
    inUse: () => inUse(records, journals),
    isDeploying: () => journals.all().some(({ attempt }) => attempt.granted && attempt.result === null),
  })
  const means: Means = {
    records,
    releases,
    audits,
    distribution: sharing.distribution,
    signerKeys: (purpose, nowMs) => identity.signerKeys(purpose, nowMs),
    policy,
    context: { host, labels, root, deployUtils: DEPLOY_UTILS },
    graceMs: config['kill-grace'],
    say,
    log,
  }
  const commands = new Commands(journals, means, host, ending)
  log.info({ open: commands.open() }, 'agent begins')
  commands.pump()
  void audits.keep(config['audit-every'], ending)
  await admit(identity, token, log, ending)
  await keepSession(
    {
      dial: () => dialing(config, identity),
      host,
      hello: async () => ({
        agentVersion: VERSION, labels, facts: hostFacts(), policy: (await policy())?.policy ?? null, installed: audits.installed(), open: commands.open(),
      }),
      heartbeat: async () => ({ ...(await hostLoad(root || dataDir)), runningCommands: commands.runningCount, installed: audits.installed() }),
      commands,
      audits,
      grants,
      outlet,
      onTrust: (trust) => identity.believe(trust),
      log,
    },
    ending,
  )
  sharing.close()
  log.info('agent ends')
}

/** What is about to be deployed, or waits for its slot, is in use as well. */
function inUse(records: ServiceRecords, journals: Journals): InUse {
  const { current, previous } = records.goals()
  const open = journals.all().filter(({ attempt }) => attempt.result === null).flatMap(({ attempt }) => goalOf(attempt.command) ?? [])
  return { current: [...current, ...open], previous }
}
