/** `muster schedule show` */
import type { Command } from 'commander'
import type { ScheduleView } from '../../shared/api/schedule.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { dateAndTime } from '../text/clock.ts'
import type { Line } from '../text/line.ts'
import { alignedLines, tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { nextOf, whenOf } from './time-flags.ts'

export function addScheduleShow(group: Command, run: Run): void {
  const command = group.command('show')
    .summary('when a schedule falls due, and what became of it')
    .description('Shows when a schedule falls due, and what became of its last instants.')
    .argument('<name>', 'its name')
    .action(doing(run, async (context, name: string) => {
      const schedule = await context.client.schedule(name)
      await show(context, schedule, () => linesOf(schedule, context.world.now()))
    }))
  withExamples(command, 'muster schedule show nightly')
}

function linesOf(schedule: ScheduleView, now: number): Line[] {
  const { name, service, release, hosts, reason, by, firings } = schedule
  const facts = [
    ['schedule', name], ['release', `${service}@${release}`], ...(hosts === null ? [] : [['hosts', hosts]]), ['when', whenOf(schedule)],
    ['next', nextOf(schedule, now)], ['by', by], ...(reason === null ? [] : [['reason', reason]]),
  ]
  const rows = firings.map(({ dueAtMs, outcome, rollout, message }) => [dateAndTime(dueAtMs), outcome, rollout ?? '', message ?? ''])
  return [...alignedLines(facts), ...(rows.length === 0 ? [] : [[], ...tableLines(['DUE', 'OUTCOME', 'ROLLOUT', 'WHY'], rows)])]
}
