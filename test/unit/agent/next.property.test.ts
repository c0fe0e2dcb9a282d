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

      const claimed = actions.findIndex((action) => action.do === 'claim')
      const touched = actions.findIndex((action) => action.do === 'run' || action.do === 'switch')
      const tickets = actions.flatMap((action) => (action.do === 'run' ? [action.ticket] : []))
      const repeated = outcomes.filter(([step], index) => outcomes.slice(index + 1).some(([later]) => later === step)).map(([, { kind }]) => kind)
      const lost = outcomes.findIndex(([, outcome]) => outcome.kind === 'unknown')
      const last = outcomes.at(-1)?.[1].kind ?? 'passed'
      const { verdict, changed, leaves, revert } = conclusion

      const broken = {
        'something is touched before the grant': touched >= 0 && (claimed < 0 || touched < claimed),
        'a ticket is given out twice': tickets.some((ticket, index) => ticket !== index + 1),
        'a script runs again that may have run': repeated.some((kind) => kind !== 'never-ran' && !(kind === 'unknown' && idempotent)),
        'something follows a lost outcome': lost >= 0 && !idempotent && lost !== outcomes.length - 1,
        'success is claimed after a break': verdict === 'succeeded' && last !== 'passed',
        'ignorance is claimed of something known': verdict === 'unknown' && last !== 'unknown',
        'what is touched is not called changed': changed !== (claimed >= 0),
        'doubt and a failed revert differ': (leaves === 'doubt') !== (revert === 'failed'),
        'the previous release and a revert differ': (leaves === 'previous') !== (revert === 'succeeded'),
      }
      expect(Object.entries(broken).filter(([, is]) => is)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})
