/** The verbs that are about a rollout as a whole: `muster rollout pause`, `resume`, `promote`, `abort`, `rollback`, `retry-script`, `skip-script`. */
import type { Command } from 'commander'
import { problem } from '../../shared/errors.ts'
import { CONTROLS } from '../client.ts'
import type { Control, ControlFlags } from '../client.ts'
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
  rollback: {
    summary: 'put every host that it has touched back',
    more: 'Each host gets back what it ran before, the last one that was changed first. With --wave, the hosts of that wave alone; the others stay.',
  },
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
    .action(doing(run, async (context, id: string, flags: ControlFlags) => {
      const rollout = await context.client.control(id, control, flags)
      await show(context, rollout, () => standingLines(rollout))
    }))
  if (control === 'resume') command.option('--override-freeze', 'go on although a freeze window stands')
  if (control === 'rollback') command.option('--wave <n>', 'that wave alone; the first is 1', parseWave)
  withExamples(command, `muster rollout ${control} web-7`, `muster rollout ${control} web-7${EXAMPLE_FLAGS[control] ?? ''} --reason 'errors in the shop'`)
}

const EXAMPLE_FLAGS: Partial<Record<Control, string>> = { resume: ' --override-freeze', rollback: ' --wave 2' }

/** @throws MusterError flag_invalid */
function parseWave(text: string): number {
  const wave = Number(text)
  if (Number.isInteger(wave) && wave > 0) return wave
  throw problem('flag_invalid', `"${text}" is no wave`, { field: '--wave', expected: 'the number of a wave; the first is 1' })
}
