import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRollout, encodeRollout } from '../../../coordinator/adapters/redis/rollout-body.ts'
import { decodeTask, encodeTask } from '../../../coordinator/adapters/redis/task-row.ts'
import { newRollout } from '../../../coordinator/rollout/plan.ts'
import type { Task } from '../../../coordinator/rollout/state.ts'
import { RESULT_MESSAGE_CHARS, STEPS } from '../../../shared/command.ts'
import { TASK_STATES } from '../../../shared/states.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import { NOW, REVISION, someRollout } from '../../conformance/some-rollout.ts'

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const time = fc.integer({ min: 0, max: 4_000_000_000_000 })
const step = orNull(fc.constantFrom(...STEPS))
const tasks: fc.Arbitrary<Task> = fc.record({
  host: fc.constant('web-1'), wave: fc.nat(), order: fc.nat(), rank: fc.nat(), revision: fc.string(),
  direction: fc.constantFrom('forward', 'back'), state: fc.constantFrom(...TASK_STATES), parked: orNull(fc.constantFrom('backoff', 'away')),
  attempt: fc.nat(), tries: fc.nat(), step, inLineSinceMs: orNull(time), epoch: fc.nat(), sinceMs: time, dueAtMs: orNull(time),
  before: orNull(fc.record({ revision: orNull(fc.string()), version: orNull(fc.string()) })), touchedAtMs: orNull(time),
  failure: orNull(fc.record({
    step, exitCode: fc.integer(), message: fc.string({ unit: 'grapheme', maxLength: RESULT_MESSAGE_CHARS / 10 }),
    revert: fc.constantFrom('not-needed', 'succeeded', 'failed'), attempt: fc.nat(), atMs: time,
  })),
  changed: orNull(fc.boolean()), killed: orNull(fc.string()), seal: orNull(fc.string()),
  warm: orNull(fc.constantFrom('cold', 'warming', 'warm', 'missed')), prefetch: fc.nat(),
})

describe('a row', () => {
  test('is read as it was written, whatever it holds', () => {
    fc.assert(fc.property(tasks, (task) => {
      expect(decodeTask('web-1', encodeTask(task))).toEqual(task)
    }))
  })

  test('takes some 250 bytes once its host is done', () => {
    const done: Task = {
      ...someRollout('web-1').tasks[0]!, wave: 7, order: 12_345, rank: 12_345, state: 'succeeded', attempt: 1, tries: 1, epoch: 12,
      before: { revision: REVISION, version: '1.4.1' }, touchedAtMs: NOW, changed: true,
    }
    expect(Buffer.byteLength(encodeTask(done))).toBeLessThan(270)
  })

  test('holds no more of a message than its bound, and no half of a character', () => {
    const message = `${'x'.repeat(RESULT_MESSAGE_CHARS - 1)}🙂 and more`
    const failure: Task['failure'] = { step: null, exitCode: 1, message, revert: 'failed', attempt: 1, atMs: NOW }
    const row = decodeTask('web-0', encodeTask({ ...someRollout('web-1').tasks[0]!, failure }))
    expect(row.failure?.message).toHaveLength(RESULT_MESSAGE_CHARS)
    expect(row.failure?.message.isWellFormed()).toBe(true)
  })

  test('of a later format is refused, not misread', () => {
    expect(() => decodeTask('web-0', '2[]')).toThrow('the row of web-0 has format 2')
    expect(() => decodeRollout('5{}')).toThrow('format 5')
  })
})

describe('a rollout', () => {
  test('is read as it was written', () => {
    const { rollout } = someRollout('web-1', 40)
    expect(decodeRollout(encodeRollout(rollout))).toEqual(rollout)
  })

  test('of the former format is read with what it could not say yet', () => {
    const { rollout } = someRollout('web-1', 4)
    const { kind: _kind, run: _run, backOnly: _back, scripts: _scripts, waitsFor: _waits, limited: _limited, limitedBy: _by, ...former } = rollout
    const { before: _before, after: _after, onBusy: _busy, stop: _stop, ...strategy } = rollout.strategy
    const { freezeOverriddenBy: _override, generation: _generation, asked: _asked, notes: _notes, queues, toBegin: _begin, ...body } = former
    const waves = rollout.waves.map(({ size, parked, forward, back }) => [size, parked, forward, back])
    const known = Object.fromEntries(Object.entries(queues).filter(([name]) => !/^(again|left)-/.test(name)))
    expect(decodeRollout(`1${JSON.stringify({ ...body, strategy, waves, queues: known })}`)).toEqual(rollout)
  })

  test('of the format before hosts fetched ahead warms nobody', () => {
    const { rollout } = someRollout('web-1', 100)
    const { warming: _warming, queues, strategy, ...body } = JSON.parse(encodeRollout(rollout).slice(1)) as ReturnType<typeof decodeRollout>
    const { prefetch: _prefetch, prefetchBytesPerSecond: _rate, prefetchWithinMs: _within, ...known } = strategy
    const { 'cold-forward': _cold, 'warming-forward': _atIt, 'cold-back': _coldBack, 'warming-back': _back, ...counted } = queues
    const read = decodeRollout(`3${JSON.stringify({ ...body, strategy: known, queues: counted })}`)
    const ahead = { prefetch: false, prefetchBytesPerSecond: null, prefetchWithinMs: 0 }
    expect(read).toEqual({ ...rollout, warming: null, queues: { ...rollout.queues, 'cold-forward': 0 }, strategy: { ...strategy, ...ahead } })
  })

  test('of the format before rollouts were sealed has no seal', () => {
    const { rollout } = someRollout('web-1', 4)
    const { seal: _seal, ...body } = JSON.parse(encodeRollout({ ...rollout, seal: 'sealed' }).slice(1)) as Record<string, unknown>
    expect(decodeRollout(`2${JSON.stringify(body)}`)).toEqual({ ...rollout, seal: null })
  })

  test('of ten thousand waves stays below half a megabyte', () => {
    const hosts = Array.from({ length: 10_000 }, (_, i) => ({ host: `web-${i}`, revision: REVISION }))
    const strategy = strategySchema.parse({ waves: [1] })
    const order = { id: 'web-1', service: 'web', release: '1.0.0', revision: REVISION, actor: 'ann', reason: null, strategy, hosts }
    const { rollout } = newRollout(order, NOW)
    expect(rollout.waves).toHaveLength(10_000)
    expect(encodeRollout(rollout).length).toBeLessThan(500_000)
    expect(decodeRollout(encodeRollout(rollout))).toEqual(rollout)
  })
})
