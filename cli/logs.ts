/** `muster logs`: the ends of what the scripts of a rollout have printed, host by host. */
import type { Command } from 'commander'
import type { OutputView } from '../shared/api/rollout.ts'
import { formatBytes } from '../shared/package/bytes.ts'
import { wholeNumber } from './argument.ts'
import { doing, print, show } from './context.ts'
import type { Context } from './context.ts'
import { withExamples } from './help.ts'
import { dateAndTime } from './text/clock.ts'
import { styled } from './text/line.ts'
import type { Line } from './text/line.ts'
import { printedLines } from './text/printable.ts'
import type { Run } from './world.ts'

/** Hosts asked for at once: each may have tens of kilobytes. */
export const LOG_PAGE = 50
export const DEFAULT_LOG_HOSTS = 100
export const MAX_LOG_HOSTS = 10_000

type Flags = { host?: string; limit: number }

export function addLogs(program: Command, run: Run): void {
  const command = program.command('logs')
    .summary('what the scripts of a rollout have printed')
    .description('Shows the end of what each step of a rollout has printed on each host, 8 KiB a step. The whole output stays on the host.')
    .argument('<id>', 'the rollout, such as web-7')
    .option('--host <host>', 'this host alone')
    .option('--limit <hosts>', 'so many hosts at most', wholeNumber('--limit', 1, MAX_LOG_HOSTS), DEFAULT_LOG_HOSTS)
    .action(doing(run, async (context, id: string, { host, limit }: Flags) => {
      if (context.json) {
        const hosts: OutputView[] = []
        const next = await eachPage(context, id, { host, limit }, async (page) => void hosts.push(...page))
        await show(context, { hosts, next }, () => [])
        return
      }
      const next = await eachPage(context, id, { host, limit }, (page) => print(context.world.stdout, page.flatMap(outputLines)))
      if (next !== null) await print(context.world.stderr, [[`${limit} hosts shown; --limit shows more, --host one`]])
    }))
  withExamples(command, 'muster logs web-7', 'muster logs web-7 --host web-03')
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

export function outputLines({ host, outputs }: OutputView): Line[] {
  return outputs.flatMap(({ attempt, step, tail, totalBytes, atMs }): Line[] => {
    const tailBytes = Buffer.byteLength(tail)
    const part = totalBytes > tailBytes ? `, the last ${formatBytes(tailBytes)} of ${formatBytes(totalBytes)}` : ''
    const title = styled(`== ${host}  ${step}, attempt ${attempt}, ${dateAndTime(atMs)}${part}`, 'strong')
    return [[title], ...printedLines(tail).map((line): Line => [line])]
  })
}
