import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explain } from '../../coordinator/rollout/explain.ts'
import { insist } from './law.ts'
import type { NewLaw } from './law.ts'
import { assignmentsLaw } from './laws/assignments.ts'
import { backLaw } from './laws/back.ts'
import { commandsLaw } from './laws/commands.ts'
import { controlLaw } from './laws/control.ts'
import { countsLaw } from './laws/counts.ts'
import { freezeLaw } from './laws/freeze.ts'
import { killLaw } from './laws/kill.ts'
import { limitsLaw } from './laws/limits.ts'
import { presenceLaw } from './laws/presence.ts'
import { repeatsLaw } from './laws/repeats.ts'
import { scriptsLaw } from './laws/scripts.ts'
import { toleranceLaw } from './laws/tolerance.ts'
import { warmingLaw } from './laws/warming.ts'
import { wavesLaw } from './laws/waves.ts'
import { windowLaw } from './laws/window.ts'
import { always, TEST_TIMEOUT_MS } from './property.ts'
import { run } from './run.ts'
import { anyScript } from './script.ts'
import type { Script } from './script.ts'

const LAWS: Record<string, NewLaw> = {
  'the window holds, forward, back and in between': windowLaw,
  'no wave begins before the one before is over and its gate passed': wavesLaw,
  'the counts say what the rows say': countsLaw,
  'what arrives again changes nothing': repeatsLaw,
  'a command leaves once, attempts grow, and no host gets more tries than the strategy gives': commandsLaw,
  'what is refused changes nothing, paused is paused, and over is over': controlLaw,
  'who has no place under the limits holds no slot': limitsLaw,
  'who is killed is not tried again by itself': killLaw,
  'a freeze holds': freezeLaw,
  'hosts run what they are assigned': assignmentsLaw,
  'a rollback puts back what was touched': backLaw,
  'scripts take their turns, and hosts theirs': scriptsLaw,
  'nobody waits for a host that is there': presenceLaw,
  'nothing begins while hosts fetch ahead, each is counted once, and it comes to an end': warmingLaw,
}

describe('whatever happens', { timeout: TEST_TIMEOUT_MS }, () => {
  test.each(Object.entries(LAWS))('%s', (_, law) => {
    always(anyScript, (script) => void run(script, [law]))
  })
})

describe('with nobody there to act', { timeout: TEST_TIMEOUT_MS }, () => {
  const undisturbed = (onFailure: 'pause' | 'rollback') => anyScript.map((script): Script => ({
    ...script, kind: 'deploy', limit: null, freezes: [], acts: [], encores: [], strategy: { ...script.strategy, onFailure, gate: { after: 'none', kind: 'bake' }, before: [], after: [] },
  }))

  test('beyond its tolerance a rollout pauses', () => {
    always(undisturbed('pause'), (script) => void run(script, [toleranceLaw], 'nobody'))
  })

  test('beyond its tolerance a rollout goes back, and every host that can be reached runs what it ran', () => {
    always(undisturbed('rollback'), (script) => void run(script, [toleranceLaw, backLaw], 'nobody'))
  })

  test('a rollout over hosts that answer ends by itself', () => {
    const answering = undisturbed('rollback').map((script) => ({
      ...script, hosts: script.hosts.map((host) => ({ ...host, absences: [], fates: host.fates.filter((fate) => fate !== 'loses-status') })),
    }))
    always(answering, (script) => {
      const { hasEnded, engine } = run(script, [], 'nobody')
      insist(hasEnded, () => `the rollout stands still: ${explain(engine.rollout).why}`)
    })
  })
})

test('a world can be run again', () => {
  fc.assert(fc.property(anyScript, (script) => {
    const [first, second] = [run(script, []), run(script, [])]
    expect(second.seen.map(({ event }) => event)).toEqual(first.seen.map(({ event }) => event))
  }), { numRuns: 5 })
})
