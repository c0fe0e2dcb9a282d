/** The laws of an attempt, under any outcome of any step and crashes at any start. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Before, Outcome } from '../../../agent/deploy/entry.ts'
import { installationOf } from '../../../agent/deploy/installation.ts'
import type { Action, Command, Stop } from '../../../shared/command.ts'
import { command, goal } from './commands.ts'
import { FAILED, NEVER_RAN, PASSED, play, TIMED_OUT, UNKNOWN } from './play.ts'
import type { Choice } from './play.ts'

const SCRIPTS = /^run$|(^|-)(stop|start|check)$/

const installation = (version: string, idempotent: boolean) => installationOf(command({ goal: goal(version, { steps: settings(idempotent) }) }))
const settings = (idempotent: boolean) => ({ stop: { idempotent }, start: { idempotent }, check: { idempotent }, run: { idempotent } })

const action = (kind: Action['kind'], stop: Stop, repair: boolean, idempotent: boolean): Action => {
  const wanted = goal('1.0', { steps: settings(idempotent) })
  switch (kind) {
    case 'deploy':
      return { kind, goal: wanted, stop, repair }
    case 'remove':
      return { kind, stop: stop === 'new' ? 'running' : stop }
    case 'script':
      return { kind, goal: wanted, script: 'migrate', wave: null, hosts: [], undo: false }
    case 'exec':
      return { kind, command: 'true' }
    case 'prefetch':
      return { kind, goal: wanted, maxBytesPerSecond: null }
  }
}

const world = fc
  .record({
    kind: fc.constantFrom<Action['kind']>('deploy', 'deploy', 'remove', 'script', 'exec', 'prefetch'), stop: fc.constantFrom<Stop>('running', 'new', 'kill'), repair: fc.boolean(),
    installed: fc.boolean(), running: fc.constantFrom('installed', 'other', 'nothing'), settled: fc.boolean(), idempotent: fc.boolean(),
  })
  .map(({ kind, stop, repair, installed, running, settled, idempotent }): { command: Command; before: Before; idempotent: boolean } => {
    const old = installed ? installation('0.9', idempotent) : null
    const runs = settled || running === 'installed' ? old : running === 'other' ? installation('0.95', idempotent) : null
    const canRepeat = idempotent && kind !== 'exec'
    return { command: command({ action: action(kind, stop, repair, idempotent) }), before: { installed: old, running: runs, settled }, idempotent: canRepeat }
  })

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  outcome: fc.oneof({ weight: 6, arbitrary: fc.constant<Outcome>(PASSED) }, fc.constantFrom<Outcome>(FAILED, TIMED_OUT, UNKNOWN, NEVER_RAN)),
  crashed: fc.boolean(),
})

it('holds its promises whatever happens', () => {
  fc.assert(
    fc.property(world, fc.array(anyChoice, { minLength: 30, maxLength: 30 }), fc.option(fc.nat(16)), ({ command, before, idempotent }, choices, killAt) => {
      const outcomes: [step: string, outcome: Outcome][] = []
      const { actions, conclusion } = play(command, before, (step) => {
        const drawn = choices[outcomes.length] ?? { outcome: PASSED }
        // only a script can be lost, or be found not to have run
        const possible = SCRIPTS.test(step) || !['unknown', 'never-ran'].includes(drawn.outcome.kind) ? drawn : { outcome: FAILED }
        outcomes.push([step, possible.outcome])
        return possible
      }, killAt)

      const claimed = actions.findIndex((action) => action.do === 'claim')
      const { kind } = command.action
      const touched = actions.findIndex(({ do: what }) => (what === 'run' && kind !== 'script') || what === 'switch' || what === 'end')
      const begun = actions.flatMap((action, index) => ('step' in action && action.do !== 'attach' && index >= (killAt ?? Infinity) ? [action.step] : []))
      const moves = kind === 'deploy' || kind === 'remove'
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
        'what is touched is not called changed': changed !== (moves ? claimed >= 0 : kind === 'exec' && touched >= 0),
        'something forward begins after the kill': begun.some((step) => !step.startsWith('revert-')),
        'a script or a command line moves a release': !moves && (leaves !== 'as-it-was' || actions.some((one) => one.do === 'switch')),
        'a stop script is run where killing was asked for': 'stop' in command.action && command.action.stop === 'kill' && actions.some((one) => one.do === 'run' && one.step === 'stop'),
        'doubt and a failed revert differ': (leaves === 'doubt') !== (revert === 'failed'),
        'the previous release and a revert differ': (leaves === 'previous') !== (revert === 'succeeded'),
      }
      expect(Object.entries(broken).filter(([, is]) => is)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})
