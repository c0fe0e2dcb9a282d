import { describe, expect, test } from 'vitest'
import { explain as explainFully } from '../../../coordinator/rollout/explain.ts'
import type { Rollout } from '../../../coordinator/rollout/state.ts'
import { BY, Stage } from '../../sim/stage.ts'

const PAUSE = { type: 'PauseRequested', ...BY } as const
const ABORT = { type: 'AbortRequested', ...BY } as const
const ROLLBACK = { type: 'RollbackRequested', wave: null, ...BY } as const

/** The moves as their commands, or as what comes. */
function explain(rollout: Rollout): { why: string; moves: string[] } {
  const { why, moves } = explainFully(rollout)
  return { why, moves: moves.map(({ command, effect }) => command ?? effect) }
}

function started(...args: ConstructorParameters<typeof Stage>): Stage {
  const stage = new Stage(...args)
  stage.start()
  return stage
}

function deploy(stage: Stage, ...hosts: string[]): Stage {
  for (const host of hosts) {
    stage.claim(host)
    stage.succeed(host)
  }
  return stage
}

/** Claimed, and then silent beyond its deadline. */
function silenced(stage: Stage, host: string): Stage {
  stage.claim(host)
  stage.wait(24 * 3_600_000)
  return stage
}

describe('running', () => {
  test('says what is under way', () => {
    const stage = started({ concurrency: 2 }, 5)
    stage.claim('h1')
    expect(explain(stage.rollout)).toEqual({ why: 'wave 1 of 1: 1 of 2 slots in use, 3 hosts preparing', moves: [] })
  })

  test('before a bake', () => {
    const stage = deploy(started({ waves: [1], bake: '1m' }, 2), 'h1')
    expect(explain(stage.rollout)).toEqual({ why: 'wave 1 of 2 is baking', moves: ['the end of the bake', 'rollout promote web-7'] })
  })

  test('before a person', () => {
    const stage = deploy(started({ waves: [1], gate: { after: 'first', kind: 'manual' } }, 2), 'h1')
    expect(explain(stage.rollout)).toEqual({ why: 'wave 1 of 2 is done; the next waits for a person', moves: ['rollout promote web-7'] })
  })

  test('held up by an unknown outcome', () => {
    const stage = silenced(started({ concurrency: 1 }, 1), 'h1')
    expect(explain(stage.rollout)).toEqual({
      why: 'the outcome on 1 host is unknown, and it keeps its slot until somebody says what happened',
      moves: ['rollout skip web-7 HOST', 'rollout retry web-7 HOST', 'a late report of the host'],
    })
  })

  test('held up by a host that is away', () => {
    const stage = new Stage({ offline: 'wait' }, 2)
    stage.away.add('h1')
    stage.start()
    deploy(stage, 'h2')
    expect(explain(stage.rollout)).toEqual({
      why: '1 host away, or between two tries', moves: ['the end of the backoff', 'their return', 'rollout skip web-7 HOST'],
    })
  })
})

describe('paused', () => {
  test('by a person, with what still runs', () => {
    const stage = started({}, 2)
    stage.claim('h1')
    stage.take({ ...PAUSE, reason: 'lunch' })
    expect(explain(stage.rollout)).toEqual({
      why: 'paused by ann: lunch; 1 host still being changed', moves: ['rollout resume web-7', 'rollout rollback web-7', 'rollout abort web-7'],
    })
  })

  test('on the way back, where there is no further back', () => {
    const stage = deploy(started({}, 1), 'h1')
    stage.take(ROLLBACK)
    stage.take(PAUSE)
    expect(explain(stage.rollout)).toEqual({ why: 'paused by ann', moves: ['rollout resume web-7', 'rollout abort web-7'] })
  })

  test('by the tolerance', () => {
    const stage = started({}, 2)
    stage.claim('h1')
    stage.fail('h1')
    expect(explain(stage.rollout)).toEqual({
      why: '1 host failed, more than the 0 that its tolerance allows',
      moves: ['rollout retry web-7', 'rollout resume web-7', 'rollout rollback web-7', 'rollout abort web-7'],
    })
  })

  test('by the tolerance, when nothing is left to retry', () => {
    const stage = started({}, 2)
    stage.claim('h1')
    stage.fail('h1')
    stage.skip('h1')
    expect(explain(stage.rollout).moves).toEqual(['rollout resume web-7', 'rollout rollback web-7', 'rollout abort web-7'])
  })

  test('while it is aborted', () => {
    const stage = started({}, 2)
    stage.claim('h1')
    stage.take(ABORT)
    expect(explain(stage.rollout)).toEqual({
      why: 'being aborted by ann; 1 host still being changed', moves: ['the end of what runs', 'rollout kill web-7 HOST'],
    })
  })

  test('while it is aborted and an outcome is unknown, which cannot be retried any more', () => {
    const stage = silenced(started({ concurrency: 1 }, 1), 'h1')
    stage.take(ABORT)
    expect(explain(stage.rollout).moves).toEqual(['rollout skip web-7 HOST', 'a late report of the host'])
    expect(stage.take({ type: 'HostRetryRequested', host: 'h1', ...BY }).refused).toBe('web-7 is being aborted')
  })
})

describe('rolling back', () => {
  test('says how far it is', () => {
    const stage = deploy(started({}, 3), 'h1', 'h2')
    stage.take(ROLLBACK)
    expect(explain(stage.rollout)).toEqual({ why: '0 of 2 hosts are back on what they ran before; 0 of 3 slots in use, 2 hosts preparing', moves: [] })
  })

  test('held up by a host that is away', () => {
    const stage = deploy(started({}, 2), 'h1', 'h2')
    stage.away.add('h1')
    stage.take(ROLLBACK)
    deploy(stage, 'h2')
    expect(explain(stage.rollout)).toEqual({
      why: '1 of 2 hosts are back; 1 host away or between two tries', moves: ['their return', 'rollout skip web-7 HOST'],
    })
  })
})

describe('at the end', () => {
  test('all is well', () => {
    const stage = deploy(started({}, 2), 'h1', 'h2')
    expect(explain(stage.rollout)).toEqual({ why: '2 of 2 hosts on 2.0', moves: [] })
  })

  test('some failed, and can be retried', () => {
    const stage = started({ onFailure: 'continue' }, 3)
    stage.claim('h1')
    stage.fail('h1')
    stage.skip('h2')
    deploy(stage, 'h3')
    expect(stage.rollout.phase).toBe('failed')
    expect(explain(stage.rollout)).toEqual({
      why: '1 of 3 hosts on 2.0, 1 failed, 1 skipped', moves: ['rollout retry web-7', 'rollout rollback web-7'],
    })
  })

  test('rolled back, with a host that had failed before it was touched and needs nothing', () => {
    const stage = started({ onFailure: 'rollback' }, 2)
    stage.claim('h1')
    stage.fail('h2', { step: 'fetch', revert: 'not-needed' })
    stage.succeed('h1')
    deploy(stage, 'h1')
    expect(stage.rollout.phase).toBe('rolled-back')
    expect(explain(stage.rollout)).toEqual({ why: '0 of 2 hosts on 2.0, 1 of 1 put back, 1 failed', moves: [] })
  })

  test('rolled back, with a host that a person left behind', () => {
    const stage = deploy(started({}, 2), 'h1', 'h2')
    stage.away.add('h1')
    stage.take(ROLLBACK)
    deploy(stage, 'h2')
    stage.skip('h1')
    expect(explain(stage.rollout)).toEqual({ why: '0 of 2 hosts on 2.0, 1 of 2 put back, 1 left as it is', moves: [] })
  })

  test('aborted before any host was touched', () => {
    const stage = started({}, 2)
    stage.take(ABORT)
    expect(explain(stage.rollout)).toEqual({ why: '0 of 2 hosts on 2.0, 2 not begun', moves: ['rollout retry web-7 --not-started'] })
  })

  test('aborted half way, from where it can still be put back', () => {
    const stage = deploy(started({}, 2), 'h1')
    stage.take(ABORT)
    expect(stage.rollout.phase).toBe('aborted')
    expect(explain(stage.rollout)).toEqual({
      why: '1 of 2 hosts on 2.0, 1 not begun', moves: ['rollout retry web-7 --not-started', 'rollout rollback web-7'],
    })
    expect(stage.take(ROLLBACK).refused).toBeNull()
  })
})

test('queued', () => {
  expect(explain(new Stage({}, 1).rollout)).toEqual({ why: 'a coordinator is about to take it up', moves: [] })
})

describe('each move says what it does', () => {
  const effects = (stage: Stage) => explainFully(stage.rollout).moves.map(({ command, effect }) => [command, effect])

  test('when the tolerance holds it', () => {
    const stage = started({ tolerance: { failed: 0, unreachable: 4 }, offline: 'skip', onFailure: 'pause' }, 3)
    stage.lose('h2')
    stage.claim('h1')
    stage.fail('h1')
    expect(effects(stage)).toEqual([
      ['rollout retry web-7', 'the 1 failed and 1 unreachable hosts again'],
      ['rollout resume web-7', 'accept what has failed so far, and go on'],
      ['rollout rollback web-7', 'put back the host that it has touched'],
      ['rollout abort web-7', 'end it here; every host keeps what it runs'],
    ])
  })

  test('and the sentence is of the present', () => {
    const stage = started({ tolerance: { failed: 4, unreachable: 0 }, offline: 'skip' }, 2)
    stage.lose('h1')
    stage.connect('h1')
    expect(explain(stage.rollout).why).toBe('no host is unreachable any more; it was held when 1 were, more than the 0 that its tolerance allows')
  })
})
