/** `muster schedule add`, and what `muster rollout start --at` does. */
import type { Command } from 'commander'
import type { ScheduleRequest } from '../../shared/api/schedule.ts'
import type { Target } from '../argument.ts'
import { doing, show } from '../context.ts'
import type { Context } from '../context.ts'
import { withExamples } from '../help.ts'
import { asking, parseReason, withRequestFlags } from '../rollout/request.ts'
import type { RequestFlags } from '../rollout/request.ts'
import type { Run } from '../world.ts'
import { nextOf, withZone, zoneOf } from './time-flags.ts'
import type { ZoneFlag } from './time-flags.ts'

type Flags = RequestFlags & ZoneFlag & { at?: string; cron?: string }

export function addScheduleAdd(group: Command, run: Run): void {
  const command = withZone(withRequestFlags(group.command('add').argument('<name>', 'what it is to be called')))
    .summary('have a rollout begin at a time')
    .description('Has a rollout begin at a time, once or again and again. The release may be latest: whichever that is then. '
      + 'Hosts, freeze windows and other rollouts are looked at when it falls due.')
    .option('--at <time>', 'once: 2026-12-01 02:00')
    .option('--cron <expression>', 'again and again: minute, hour, day of the month, month, day of the week')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, (context, name: string, target: Target, flags: Flags) => schedule(context, target, flags, { name, ...times(flags) })))
  withExamples(command,
    'muster schedule add nightly web@latest --cron \'0 2 * * 1-5\' --tz Europe/Berlin',
    'muster schedule add launch web@2.0.0 --at \'2026-12-01 09:00\' --reason \'the launch\'')
}

function times({ at, cron, ...flags }: Flags): Time {
  return { ...(at === undefined ? {} : { at }), ...(cron === undefined ? {} : { cron }), tz: zoneOf(flags) }
}

/** When, and perhaps a name. */
export type Time = Pick<ScheduleRequest, 'name' | 'at' | 'cron' | 'tz'>

export async function schedule(context: Context, target: Target, flags: RequestFlags, time: Time): Promise<void> {
  const added = await asking(target, flags, ({ overrideFreeze: _, ...request }) => context.client.addSchedule({ ...request, ...time }))
  await show(context, added, () => [
    [`${added.name}: ${added.service} ${added.release} begins ${nextOf(added, context.world.now())}`], [`look at it: muster schedule show ${added.name}`],
  ])
}
