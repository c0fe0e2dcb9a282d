/** `muster schedule pause`, `resume` and `remove`. */
import type { Command } from 'commander'
import type { ScheduleView } from '../../shared/api/schedule.ts'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import type { Context } from '../context.ts'
import { withExamples } from '../help.ts'
import { parseReason } from '../rollout/request.ts'
import type { Run } from '../world.ts'
import { nextOf } from './time-flags.ts'

type Change = (context: Context, name: string, reason: Reason) => Promise<ScheduleView>

export function addScheduleChanges(group: Command, run: Run): void {
  addChange(group, run, 'pause', 'let its instants pass until it is resumed', ({ client }, name, reason) => client.pauseSchedule(name, reason))
  addChange(group, run, 'resume', 'let a paused schedule fall due again', ({ client }, name, reason) => client.resumeSchedule(name, reason))
  addChange(group, run, 'remove', 'forget a schedule; what it has begun goes on', ({ client }, name, reason) => client.removeSchedule(name, reason))
}

function addChange(group: Command, run: Run, verb: 'pause' | 'resume' | 'remove', summary: string, change: Change): void {
  const command = group.command(verb)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .argument('<name>', 'its name')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, name: string, reason: Reason) => {
      const schedule = await change(context, name, reason)
      await show(context, schedule, () => [[verb === 'remove' ? `${name} is removed` : `${name}: ${nextOf(schedule, context.world.now())}`]])
    }))
  withExamples(command, `muster schedule ${verb} nightly`)
}
