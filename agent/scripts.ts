/** A step's script on this host: which executable, as whom, with what environment, under which ticket; and its output on its way out. */
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { STEPS } from '../shared/command.ts'
import type { Command, Step } from '../shared/command.ts'
import { sha256 } from '../shared/digest.ts'
import type { CommandId } from '../shared/ids.ts'
import { findAccount } from './adapters/account.ts'
import { STEPS_NAME } from './adapters/journal.ts'
import type { Journal } from './adapters/journal.ts'
import { outputOf } from './adapters/script.ts'
import type { ScriptOrder } from './adapters/script.ts'
import { readTail } from './adapters/tail.ts'
import type { Tail } from './adapters/tail.ts'
import { scriptName } from './deploy/conclude.ts'
import { scriptEnvironment } from './deploy/environment.ts'
import type { Inherited, ScriptRun } from './deploy/environment.ts'
import type { Installation } from './deploy/installation.ts'
import { isScriptStep, scriptOf } from './deploy/plan.ts'
import type { ScriptStep } from './deploy/plan.ts'
import type { Means, Say } from './means.ts'

const DEFAULT_STEPS = fileURLToPath(new URL('../deploy-scripts/steps', import.meta.url))
export const DEPLOY_UTILS = fileURLToPath(new URL('../deploy-scripts/deploy-utils.sh', import.meta.url))
const SHELL = 'bash'
/** Of a digest: tells agents on one machine apart. */
const AGENT_CHARS = 8
const FALLBACK_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** One run of a script: its name, where its files are, and what its processes carry in their environment. */
export type Ticket = { ticket: string; dir: string; marker: string }

export function ticketOf(commandDir: string, id: CommandId, ticket: number, step: Step): Ticket {
  const name = `${ticket}-${step}`
  const dir = join(commandDir, STEPS_NAME, name)
  // another agent on this machine, of another site, may have a command of that very id
  const text = `${id}/${name}@${sha256(dir).slice(0, AGENT_CHARS)}`
  return { ticket: text, dir, marker: `MUSTER_TICKET=${text}` }
}

/** Null: there is nothing to be run, and that is well. Rejects with a line for a person when the script cannot be run on this host. */
export async function orderFor(run: Omit<ScriptRun, 'ticket'>, { ticket, dir, marker }: Ticket, { context }: Means): Promise<ScriptOrder | null> {
  const { command, release, step } = run
  const answer = await findAccount(release ? release.account : command.account)
  if (!answer.ok) throw new Error(answer.message)
  const { become, home } = answer.account
  const env = scriptEnvironment({ ...run, ticket }, context, inherited(home))
  const line = await commandLine(command, release, step, context.root)
  return line && { dir, marker, command: [...become, ...line], cwd: context.root + (release ? release.releaseDir : command.path), env }
}

async function commandLine(command: Command, release: Installation | null, step: ScriptStep, root: string): Promise<string[] | null> {
  const { action, service } = command
  if (action.kind === 'exec') return [SHELL, '-c', action.command]
  if (!release) throw new Error(`${step} is a script of no release`)
  if (action.kind !== 'script') {
    const script = scriptOf(step)
    return [(await ownExecutable(release, script, root)) ?? join(DEFAULT_STEPS, script)]
  }
  const script = scriptName(action)
  const own = await ownExecutable(release, script, root)
  if (own === null && !action.undo) throw new Error(`the cmd package of ${service} ${release.goal.version} has no executable ${script}`)
  return own === null ? null : [own]
}

async function ownExecutable({ cmdDir }: Installation, script: string, root: string): Promise<string | null> {
  const own = cmdDir && join(root + cmdDir, script)
  return own && (await access(own, constants.X_OK).then(() => true, () => false)) ? own : null
}

/** Where the output of the step's last run lies. Null: it has not run. */
export function outputFile({ dir, attempt }: Journal, step: Step): string | null {
  const ticket = attempt.steps[step]?.ticket ?? 0
  return ticket > 0 ? outputOf(ticketOf(dir, attempt.command.id, ticket, step).dir) : null
}

/** Passes on what is new of a step's output. */
export function outputTeller(id: CommandId, step: Step, say: Say): (tail: Tail, last: boolean) => void {
  let toldBytes = 0
  return ({ bytes, totalBytes }, last) => {
    if (totalBytes !== toldBytes && say({ kind: 'output', output: { id, step, tail: bytes, totalBytes } }, last)) toldBytes = totalBytes
  }
}

/** Says once more how the scripts of an attempt ended, or how far they are: nobody was there perhaps to hear it. */
export async function retellOutputs({ dir, attempt }: Journal, say: Say): Promise<void> {
  const { id } = attempt.command
  const scripts = STEPS.filter(isScriptStep).flatMap((step) => ({ step, ticket: attempt.steps[step]?.ticket ?? 0 }))
  for (const { step, ticket } of scripts.filter(({ ticket }) => ticket > 0).sort((a, b) => a.ticket - b.ticket)) {
    const { bytes, totalBytes } = await readTail(outputOf(ticketOf(dir, id, ticket, step).dir))
    if (totalBytes > 0) say({ kind: 'output', output: { id, step, tail: bytes, totalBytes } }, true)
  }
}

function inherited(home: string): Inherited {
  const { PATH = FALLBACK_PATH, LANG, TZ } = process.env
  return { PATH, HOME: home, ...(LANG === undefined ? {} : { LANG }), ...(TZ === undefined ? {} : { TZ }) }
}
