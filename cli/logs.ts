/** `muster logs`: what the scripts of a rollout have printed, host by host: the ends of it, all of it, or while it is printed. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { OutputView } from '../shared/api/rollout.ts'
import { STEPS } from '../shared/command.ts'
import type { Step } from '../shared/command.ts'
import { problem } from '../shared/errors.ts'
import { formatBytes } from '../shared/package/bytes.ts'
import { wholeNumber } from './argument.ts'
import { doing, print, show } from './context.ts'
import type { Context } from './context.ts'
import { withExamples } from './help.ts'
import { followOutputs } from './logs/follow.ts'
import { showFull } from './logs/full.ts'
import { dateAndTime } from './text/clock.ts'
import { styled } from './text/line.ts'
import type { Line } from './text/line.ts'
import { printedLines } from './text/printable.ts'
import type { Run } from './world.ts'

/** Hosts asked for at once: each may have tens of kilobytes. */
export const LOG_PAGE = 50
export const DEFAULT_LOG_HOSTS = 100
export const MAX_LOG_HOSTS = 10_000
const MAX_ATTEMPT = 1_000_000

type Flags = { host?: string; step?: Step; attempt?: number; limit: number; follow?: boolean; full?: boolean }

export function addLogs(program: Command, run: Run): void {
  const command = program.command('logs')
    .summary('what the scripts of a rollout have printed')
    .description('Shows the end of what each step of a rollout has printed on each host, 8 KiB a step. The whole output stays on the host, and --full reads '
      + 'it from there; that of steps that failed is kept for a week besides, as long as there are few, so that it is there when the host is not. '
      + 'With --json and --follow: each line as {"host":…,"attempt":…,"step":…,"line":…,"skippedBytes":…}.')
    .argument('<id>', 'the rollout, such as web-7')
    .option('--host <host>', 'this host alone')
    .addOption(new Option('--step <step>', 'this step alone').choices(STEPS))
    .option('--attempt <number>', 'this attempt alone; with --full the last one, unless it is given', wholeNumber('--attempt', 1, MAX_ATTEMPT))
    .addOption(new Option('--follow', 'show what is printed while it is printed, until the rollout has ended').conflicts(['full', 'attempt', 'limit']))
    .addOption(new Option('--full', 'all that one host has printed; one step goes to a file or a pipe as it is'))
    .option('--limit <hosts>', 'so many hosts at most', wholeNumber('--limit', 1, MAX_LOG_HOSTS), DEFAULT_LOG_HOSTS)
    .action(doing(run, async (context, id: string, flags: Flags) => {
      if (flags.follow === true) return followOutputs(context, id, flags)
      if (flags.full === true) return showFull(context, id, { ...flags, host: hostOf(flags) })
      return showEnds(context, id, flags)
    }))
  withExamples(
    command, 'muster logs web-7', 'muster logs web-7 --follow', 'muster logs web-7 --host web-03 --step check',
    'muster logs web-7 --host web-03 --full --step start > start.log',
  )
}

function hostOf({ host }: Flags): string {
  if (host !== undefined) return host
  throw problem('flag_invalid', '--full reads from one host', { field: '--full', expected: '--host HOST with it' })
}

async function showEnds(context: Context, id: string, { limit, host, step, attempt }: Flags): Promise<void> {
  const isChosen = (output: OutputView['outputs'][number]) => (step ?? output.step) === output.step && (attempt ?? output.attempt) === output.attempt
  const chosen = (page: OutputView[]) => page.map((view) => ({ ...view, outputs: view.outputs.filter(isChosen) }))
  if (context.json) {
    const hosts: OutputView[] = []
    const next = await eachPage(context, id, { host, limit }, async (page) => void hosts.push(...chosen(page)))
    await show(context, { hosts, next }, () => [])
    return
  }
  let printed = 0
  const next = await eachPage(context, id, { host, limit }, async (page) => {
    const lines = chosen(page).flatMap(outputLines)
    printed += lines.length
    await print(context.world.stdout, lines)
  })
  if (printed === 0 && next === null) await print(context.world.stderr, [['nothing has been printed']])
  if (next !== null) await print(context.world.stderr, [[`${limit} hosts shown; --limit shows more, --host one`]])
}

/** The place of the next host after `limit` of them, or null when there is none. */
export async function eachPage(
  { client }: Context, id: string, { host, limit }: { host: string | undefined; limit: number }, take: (page: OutputView[]) => Promise<void>,
): Promise<string | null> {
  let cursor: string | null = null
  for (let left = limit; left > 0;) {
    const page = await client.outputs(id, { host, cursor: cursor ?? undefined, limit: Math.min(LOG_PAGE, left) })
    await take(page.hosts)
    if (page.next === null) return null
    left -= page.hosts.length
    cursor = page.next
  }
  return cursor
}

function outputLines({ host, outputs }: OutputView): Line[] {
  return outputs.flatMap(({ attempt, step, tail, totalBytes, atMs }): Line[] => {
    const tailBytes = Buffer.byteLength(tail)
    const part = totalBytes > tailBytes ? `, the last ${formatBytes(tailBytes)} of ${formatBytes(totalBytes)}` : ''
    const title = styled(`== ${host}  ${step}, attempt ${attempt}, ${dateAndTime(atMs)}${part}`, 'strong')
    return [[title], ...printedLines(tail).map((line): Line => [line])]
  })
}
