/** `muster schedule pause`, `resume` and `remove`. */
import type { Command } from 'commander'
import type { ScheduleView } from '../../shared/api/schedule.ts'
import type { Client, Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { parseReason } from '../rollout/request.ts'
import type { Run } from '../world.ts'
import { nextOf } from './time-flags.ts'

const VERBS = ['pause', 'resume', 'remove'] as const
type Verb = (typeof VERBS)[number]
type Ask = (client: Client, name: string, reason: Reason) => Promise<ScheduleView>

const DOES: Record<Verb, { summary: string; description: string; ask: Ask }> = {
  pause: {
    summary: 'let its instants pass', description: 'Lets its instants pass until it is resumed.',
    ask: (client, name, reason) => client.pauseSchedule(name, reason),
  },
  resume: {
    summary: 'let a paused schedule fall due again', description: 'Lets a paused schedule fall due again, from now on.',
    ask: (client, name, reason) => client.resumeSchedule(name, reason),
  },
  remove: {
    summary: 'forget a schedule', description: 'Forgets a schedule; what it has begun goes on.',
    ask: (client, name, reason) => client.removeSchedule(name, reason),
  },
}

export function addScheduleChanges(group: Command, run: Run): void {
  for (const verb of VERBS) addChange(group, run, verb)
}

function addChange(group: Command, run: Run, verb: Verb): void {
  const { summary, description, ask } = DOES[verb]
  const command = group.command(verb)
    .summary(summary)
    .description(description)
    .argument('<name>', 'its name')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, name: string, reason: Reason) => {
      const schedule = await ask(context.client, name, reason)
      await show(context, schedule, () => [[verb === 'remove' ? `${name} is removed` : `${name}: ${nextOf(schedule, context.world.now())}`]])
    }))
  withExamples(command, `muster schedule ${verb} nightly`)
}
