import { describe, test } from 'vitest'
import type { NewLaw } from './law.ts'
import { assignmentsLaw } from './laws/assignments.ts'
import { backLaw } from './laws/back.ts'
import { commandsLaw } from './laws/commands.ts'
import { controlLaw } from './laws/control.ts'
import { countsLaw } from './laws/counts.ts'
import { repeatsLaw } from './laws/repeats.ts'
import { wavesLaw } from './laws/waves.ts'
import { windowLaw } from './laws/window.ts'
import { always } from './property.ts'
import { run } from './run.ts'
import { anyScript } from './script.ts'

const LAWS: Record<string, NewLaw> = {
  window: windowLaw, waves: wavesLaw, counts: countsLaw, repeats: repeatsLaw, commands: commandsLaw, control: controlLaw, assignments: assignmentsLaw, back: backLaw,
}

describe('whatever happens', () => {
  test.each(Object.entries(LAWS))('%s', (_, law) => {
    always(anyScript, (script) => void run(script, [law]))
  })
})
