import { describe, expect, test } from 'vitest'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { LeastSent } from '../../../shared/swarm/least-sent.ts'
import { Pace } from '../../../shared/swarm/pace.ts'
import { Upload } from '../../../shared/swarm/upload.ts'

const half = (): number => 0.5

describe('admission', () => {
  test('as many as there are slots are sent, a few wait in line, others are told when to come back', () => {
    const upload = new Upload({ slots: 2, line: 1, perPeer: 2 })
    const ids = ['a', 'b', 'c'].map((peer) => upload.admit(peer, 0, half)).flatMap((each) => (each.admitted ? [each.id] : []))
    expect(ids).toHaveLength(3)
    expect(upload.turns(0)).toEqual(ids.slice(0, 2))
    const refused = upload.admit('d', 0, half)
    expect(refused).toMatchObject({ admitted: false })
    expect(!refused.admitted && refused.retryMs).toBeGreaterThanOrEqual(10)
    upload.ended(ids[0]!, 50)
    expect(upload.turns(50)).toEqual([ids[2]])
  })

  test('nobody has more than his share while others want some', () => {
    const upload = new Upload({ slots: 2, line: 2, perPeer: 1 })
    for (let more = 0; more < 4; more++) expect(upload.admit('a', 0, half).admitted).toBe(true)
    expect(upload.admit('b', 0, half).admitted).toBe(false)
    for (const id of upload.turns(0)) upload.ended(id, 10)
    expect(upload.admit('a', 20, half).admitted).toBe(false)
    expect(upload.admit('b', 20, half).admitted).toBe(true)
  })

  test('nobody waits for one that takes nothing, and after four seconds it is broken off', () => {
    const upload = new Upload({ slots: 1, line: 1, perPeer: 2 })
    upload.admit('dead', 0, half)
    upload.admit('b', 0, half)
    const [dead] = upload.turns(0)
    expect(upload.turns(199)).toEqual([])
    expect(upload.wakeAtMs(0)).toBe(200)
    const [other] = upload.turns(200)
    upload.ended(other!, 250)
    expect([upload.stalled(3999), upload.stalled(4000)]).toEqual([[], [dead]])
    upload.ended(dead!, 4000)
    expect(upload.wakeAtMs(4000)).toBeNull()
  })

  test('where answers take long, nobody is taken for dead sooner than a few of them last', () => {
    const upload = new Upload({ slots: 1, line: 1, perPeer: 2 })
    let nowMs = 0
    for (let more = 0; more < 40; more++) {
      upload.admit('slow', nowMs, half)
      const [id] = upload.turns(nowMs)
      upload.ended(id!, nowMs += 1200)
    }
    for (const peer of ['a', 'b']) upload.admit(peer, nowMs, half)
    const [slow] = upload.turns(nowMs)
    expect([upload.turns(nowMs + 1900), upload.stalled(nowMs + 4700)]).toEqual([[], []])
    expect([upload.turns(nowMs + 2000).length, upload.stalled(nowMs + 4900)]).toEqual([1, [slow]])
  })

  test('who is sent nothing because of a cap is not broken off for it, and keeps his slot', () => {
    const upload = new Upload({ slots: 1, line: 1, perPeer: 2 })
    for (const peer of ['a', 'b']) upload.admit(peer, 0, half)
    const [slow] = upload.turns(0)
    upload.progress(slow!, 3000)
    expect([upload.turns(2999), upload.stalled(2999), upload.wakeAtMs(2999)]).toEqual([[], [], 3200])
    expect([upload.stalled(6999), upload.stalled(7000)]).toEqual([[], [slow]])
  })

  test('a host that does something heavy serves nobody new', () => {
    const upload = new Upload({ slots: 1, line: 0, perPeer: 1 })
    upload.busyWithOther(true)
    expect(upload.admit('a', 0, half)).toEqual({ admitted: false, retryMs: 1000 })
    upload.busyWithOther(false)
    expect(upload.admit('a', 0, half).admitted).toBe(true)
  })
})

test('a cap lets a little go out at once and no more than it says in the long run', () => {
  const pace = new Pace(1_000_000, 0)
  let [nowMs, sentBytes] = [0, 0]
  while (nowMs < 10_000) {
    sentBytes += 64 * 1024
    nowMs += Math.max(1, pace.take(64 * 1024, nowMs))
  }
  expect(sentBytes).toBeLessThan(10_400_000)
  expect(sentBytes).toBeGreaterThan(9_900_000)
  expect(new Pace(Infinity, 0).take(1e12, 0)).toBe(0)
})

test('every piece is given once before any is given twice, and what was taken back first of all', () => {
  const [count, all] = [50, Bitmap.full(50)]
  const leastSent = new LeastSent(count)
  const first = Array.from({ length: count }, () => leastSent.choose(all, all, Math.random))
  expect(new Set(first).size).toBe(count)
  leastSent.takenBack(7)
  expect(leastSent.choose(all, all, Math.random)).toBe(7)
  expect(leastSent.choose(Bitmap.of(count, [3]), Bitmap.of(count, [4]), Math.random)).toBeNull()
})
