/** The verbs that take a rollout and a reason: `muster rollout pause`, `resume`, `promote`, `abort`, `rollback`, `retry-script`, `skip-script`. */
import type { Command } from 'commander'
import { CONTROLS } from '../client.ts'
import type { Control, Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'
import { parseReason } from './request.ts'
import { standingLines } from './standing-lines.ts'

const DOES: Record<Control, { summary: string; more: string }> = {
  pause: { summary: 'begin no more hosts', more: 'What is being changed is finished; nothing else begins until it is resumed.' },
  resume: { summary: 'let a paused rollout go on', more: 'The failures so far are accepted: it is held again when more are added.' },
  promote: { summary: 'open the gate that stands before the next wave', more: 'Ends a bake early, or gives the word that a manual gate waits for.' },
  abort: { summary: 'end a rollout where it stands', more: 'What is being changed is finished; every host keeps what it runs then.' },
  rollback: { summary: 'put every host that it has touched back', more: 'Each host gets back what it ran before, the last one that was changed first.' },
  'retry-script': { summary: 'run the script again that holds a rollout', more: 'One that failed, timed out, or of which nobody knows how it ended.' },
  'skip-script': { summary: 'go on without the script that holds a rollout', more: 'It counts as passed; a rollback undoes it nevertheless, if it ran.' },
}

export function addControls(group: Command, run: Run): void {
  for (const control of CONTROLS) addControl(group, run, control)
}

function addControl(group: Command, run: Run, control: Control): void {
  const { summary, more } = DOES[control]
  const command = group.command(control)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}. ${more}`)
    .argument('<id>', 'the rollout, such as web-7')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, reason: Reason) => {
      const rollout = await context.client.control(id, control, reason)
      await show(context, rollout, () => standingLines(rollout))
    }))
  withExamples(command, `muster rollout ${control} web-7`, `muster rollout ${control} web-7 --reason 'errors in the shop'`)
}
