/** The laws of an attempt, under any outcome of any step and crashes at any start. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Before, Outcome } from '../../../agent/deploy/entry.ts'
import { installationOf } from '../../../agent/deploy/installation.ts'
import type { Command } from '../../../shared/command.ts'
import { command, goal } from './commands.ts'
import { FAILED, NEVER_RAN, PASSED, play, TIMED_OUT, UNKNOWN } from './play.ts'
import type { Choice } from './play.ts'

const SCRIPTS = /(^|-)(stop|start|check)$/

const installation = (version: string, idempotent: boolean) => installationOf(command({ goal: goal(version, { steps: settings(idempotent) }) }))
const settings = (idempotent: boolean) => ({ stop: { idempotent }, start: { idempotent }, check: { idempotent } })

const world = fc
  .record({ goal: fc.boolean(), installed: fc.boolean(), running: fc.constantFrom('installed', 'other', 'nothing'), settled: fc.boolean(), idempotent: fc.boolean() })
  .map(({ goal: wanted, installed, running, settled, idempotent }): { command: Command; before: Before; idempotent: boolean } => {
    const old = installed ? installation('0.9', idempotent) : null
    const runs = settled || running === 'installed' ? old : running === 'other' ? installation('0.95', idempotent) : null
    return { command: command({ goal: wanted ? goal('1.0', { steps: settings(idempotent) }) : null }), before: { installed: old, running: runs, settled }, idempotent }
  })

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  outcome: fc.oneof({ weight: 6, arbitrary: fc.constant<Outcome>(PASSED) }, fc.constantFrom<Outcome>(FAILED, TIMED_OUT, UNKNOWN, NEVER_RAN)),
  crashed: fc.boolean(),
})

it('holds its promises whatever happens', () => {
  fc.assert(
    fc.property(world, fc.array(anyChoice, { minLength: 30, maxLength: 30 }), ({ command, before, idempotent }, choices) => {
      const outcomes: [step: string, outcome: Outcome][] = []
      const { actions, conclusion } = play(command, before, (step) => {
        const drawn = choices[outcomes.length] ?? { outcome: PASSED }
        // only a script can be lost, or be found not to have run
        const possible = SCRIPTS.test(step) || !['unknown', 'never-ran'].includes(drawn.outcome.kind) ? drawn : { outcome: FAILED }
        outcomes.push([step, possible.outcome])
        return possible
      })

      const granted = actions.findIndex((action) => action.do === 'claim')
      const touching = actions.findIndex((action) => action.do === 'run' || action.do === 'switch')
      if (touching >= 0) expect(granted).toBeGreaterThanOrEqual(0)
      if (touching >= 0) expect(touching, 'nothing is touched before the grant').toBeGreaterThan(granted)

      const tickets = actions.flatMap((action) => (action.do === 'run' ? [action.ticket] : []))
      expect(tickets, 'no ticket is given out twice').toEqual(tickets.map((_ticket, index) => index + 1))

      for (const [index, [step, outcome]] of outcomes.entries()) {
        const again = outcomes.slice(index + 1).some(([later]) => later === step)
        if (again) expect(outcome.kind === 'never-ran' || (outcome.kind === 'unknown' && idempotent), `${step} is run again after ${outcome.kind}`).toBe(true)
      }

      const last = outcomes.at(-1)?.[1].kind
      const lost = outcomes.findIndex(([, outcome]) => outcome.kind === 'unknown')
      if (lost >= 0 && !idempotent) expect(lost, 'nothing follows a lost outcome').toBe(outcomes.length - 1)
      if (conclusion.verdict === 'succeeded') expect(last ?? 'passed').toBe('passed')
      if (conclusion.verdict === 'unknown') expect(last).toBe('unknown')

      expect(conclusion.changed, 'touched means granted').toBe(granted >= 0 )
      expect(conclusion.leaves === 'doubt').toBe(conclusion.revert === 'failed')
      expect(conclusion.leaves === 'previous').toBe(conclusion.revert === 'succeeded')
    }),
    { numRuns: 2000 },
  )
})
