/** `muster run`: a command line on hosts, through the same waves, window and controls as a deployment. */
import type { Command } from 'commander'
import type { OutputView, RunRequest } from '../shared/api/rollout.ts'
import { parseDuration } from '../shared/duration.ts'
import { problem } from '../shared/errors.ts'
import { parseHosts, wholeNumber } from './argument.ts'
import { doing, print, show, showEntry } from './context.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import type { ExitCode } from './exit.ts'
import { withExamples } from './help.ts'
import { eachPage } from './logs.ts'
import { renamed } from './refusal.ts'
import { parseReason } from './rollout/request.ts'
import { watch } from './rollout/watch.ts'
import { counted } from '../shared/counted.ts'
import { hostRanges } from './text/host-ranges.ts'
import { styled } from './text/line.ts'
import type { Line } from './text/line.ts'
import { printedLines } from './text/printable.ts'
import type { Run } from './world.ts'
import { readYamlFile } from './yaml-file.ts'

type Flags = {
  hosts: string; concurrency?: number; timeout?: string; strategy?: string; account?: string; reason?: string; detach?: boolean
}

/** Hosts whose output is shown; `muster logs` shows all. */
export const MAX_SHOWN_HOSTS = 10_000

export function addRun(program: Command, run: Run): void {
  const command = program.command('run')
    .summary('run a command line on hosts')
    .description('Runs a command line on hosts, as a rollout: it is watched, paused, killed, retried and recorded as one. '
      + 'When it has ended, what it printed is shown, once for all hosts that printed the same (the last 8 KiB of each).')
    .argument('<command...>', 'the command line, after --; one argument is taken as it is, several are quoted and joined')
    .requiredOption('--hosts <selector>', 'which hosts: labels, names, globs', parseHosts)
    .option('--concurrency <hosts>', 'so many at once (default: all)', wholeNumber('--concurrency', 1, 100_000))
    .option('--timeout <duration>', 'of the command on one host (default: 10m)', parseTimeout)
    .option('--strategy <file>', 'YAML of a strategy: waves, gates, tolerance, …')
    .option('--account <name>', 'whose account runs it (default: the agent\'s own)')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .option('--detach', 'begin it and return')
    .action(doing(run, (context, words: string[], flags: Flags) => runOnHosts(context, words, flags)))
  withExamples(command,
    'muster run --hosts env=prod --concurrency 50 -- uptime',
    "muster run --hosts dc=sg -- 'systemctl is-active nginx || journalctl -n 5 -u nginx'")
}

async function runOnHosts(context: Context, words: string[], flags: Flags): Promise<ExitCode | void> {
  const rollout = await context.client.run(await requestOf(commandLine(words), flags)).catch((error: unknown) => {
    throw renamed(error, (field) => (field === 'command' ? 'command' : `--${field.replace(/^strategy\.(concurrency|timeout)$/, '$1')}`))
  })
  const { id, hosts } = rollout
  if (flags.detach === true) return show(context, rollout, () => [[`${id} started on ${counted(hosts, 'host')}`], [`watch it: muster rollout watch ${id}`]])
  if (context.json) await showEntry(context, { kind: 'started', rollout })
  else await print(context.world.stderr, [[`${id} started on ${counted(hosts, 'host')}`]])
  const code = await watch(context.json ? context : besideOutput(context), id, { untilHeld: true })
  if (code !== EXIT.interrupted) await showOutputs(context, id)
  return code
}

/** How it goes is for the person; standard output is for what the hosts print. */
function besideOutput(context: Context): Context {
  return { ...context, world: { ...context.world, stdout: context.world.stderr } }
}

async function requestOf(command: string, { hosts, concurrency, timeout, strategy: path, account, reason }: Flags): Promise<RunRequest> {
  const file = path === undefined ? {} : (await readYamlFile(path, '--strategy')).value
  const strategy = { ...file, ...(concurrency === undefined ? {} : { concurrency }), ...(timeout === undefined ? {} : { timeout }) }
  return { hosts, command, strategy, ...(account === undefined ? {} : { account }), ...(reason === undefined ? {} : { reason }) }
}

async function showOutputs(context: Context, id: string): Promise<void> {
  const outputs: OutputView[] = []
  await eachPage(context, id, { host: undefined, limit: MAX_SHOWN_HOSTS }, async (page) => void outputs.push(...page))
  if (context.json) await showEntry(context, { kind: 'outputs', hosts: outputs })
  else await print(context.world.stdout, outputs.length === 0 ? [] : sameTogether(outputs))
}

/** Hosts that printed the same share one entry; the largest group first. */
function sameTogether(outputs: readonly OutputView[]): Line[] {
  const said = ({ outputs: steps }: OutputView) => steps.filter(({ step }) => step === 'run').at(-1)?.tail ?? ''
  const groups = [...Map.groupBy(outputs, said)].toSorted(([, a], [, b]) => b.length - a.length)
  return groups.flatMap(([text, hosts]): Line[] => [
    [styled(`== ${counted(hosts.length, 'host')}: ${hostRanges(hosts.map(({ host }) => host))}`, 'strong')],
    ...printedLines(text).map((line): Line => [line]),
  ])
}

/** One word is a command line already; several are what a shell has split, and are quoted so that the host's shell splits them the same way. */
export function commandLine(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? ''
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}

function parseTimeout(text: string): string {
  if (parseDuration(text) !== null) return text
  throw problem('flag_invalid', `"${text}" is not a duration`, { field: '--timeout', expected: 'a duration such as 30s or 10m' })
}
