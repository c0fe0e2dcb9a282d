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

type Does = { summary: string; description: string; example: string }

/** `example`: what stands behind the id. */
const DOES: Record<Control, Does> = {
  pause: {
    summary: 'begin no more hosts',
    description: 'Begins no more hosts. What is being changed is finished; nothing else begins until it is resumed.',
    example: "--reason 'errors in the shop'",
  },
  resume: {
    summary: 'let a paused rollout go on',
    description: 'Lets a paused rollout go on. The failures so far are accepted: it is held again when more are added.',
    example: "--override-freeze --reason 'the login is broken'",
  },
  promote: {
    summary: 'open the gate before the next wave',
    description: 'Opens the gate that stands before the next wave: ends a bake early, or gives the word that a manual gate waits for.',
    example: "--reason 'the canary looks well'",
  },
  abort: {
    summary: 'end a rollout where it stands',
    description: 'Ends a rollout where it stands. What is being changed is finished; every host keeps what it runs then.',
    example: "--reason 'the wrong release'",
  },
  rollback: {
    summary: 'put back every host that was touched',
    description: 'Puts every host that was touched back to what it ran before, the last one first. With --wave, the hosts of that wave alone; the others stay.',
    example: "--wave 2 --reason 'errors in the shop'",
  },
  'retry-script': {
    summary: 'run the script that holds a rollout again',
    description: 'Runs the script that holds a rollout again: one that failed, timed out, or of which nobody knows how it ended.',
    example: "--reason 'the database is back'",
  },
  'skip-script': {
    summary: 'go on without the script that holds a rollout',
    description: 'Goes on without the script that holds a rollout. It counts as passed; a rollback undoes it nevertheless, if it ran.',
    example: "--reason 'migrated by hand'",
  },
}

export function addControls(group: Command, run: Run): void {
  for (const control of CONTROLS) addControl(group, run, control)
}

function addControl(group: Command, run: Run, control: Control): void {
  const { summary, description, example } = DOES[control]
  const command = group.command(control)
    .summary(summary)
    .description(description)
    .argument('<id>', 'the rollout, such as web-7')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, flags: ControlFlags) => {
      const rollout = await context.client.control(id, control, flags)
      await show(context, rollout, () => standingLines(rollout))
    }))
  if (control === 'resume') command.option('--override-freeze', 'go on also in a freeze window; asks for a --reason')
  if (control === 'rollback') command.option('--wave <n>', 'that wave alone; the first is 1', parseWave)
  withExamples(command, `muster rollout ${control} web-7`, `muster rollout ${control} web-7 ${example}`)
}

/** @throws MusterError flag_invalid */
function parseWave(text: string): number {
  const wave = Number(text)
  if (Number.isInteger(wave) && wave > 0) return wave
  throw problem('flag_invalid', `"${text}" is no wave`, { field: '--wave', expected: 'the number of a wave; the first is 1' })
}
