/** How streams are put together from pieces, what is kept of them, and how fast they may come. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { bring, FRUITLESS_MS } from '../../../agent/distribution/driver.ts'
import { HeldArtifacts } from '../../../agent/distribution/held.ts'
import { AWAITED_MS, pinned } from '../../../agent/distribution/pins.ts'
import { append, SliceMap, totalBytes } from '../../../agent/distribution/slices.ts'
import type { Slice } from '../../../agent/distribution/slices.ts'
import { Sources } from '../../../agent/distribution/sources.ts'
import { Swarm } from '../../../agent/distribution/swarm.ts'
import { Tally } from '../../../agent/distribution/tally.ts'
import { sha256 } from '../../../shared/digest.ts'
import type { Source } from '../../../shared/distribution/offer.ts'
import { Dialer } from '../../../shared/pieces/tls.ts'
import { Pace } from '../../../shared/swarm/pace.ts'
import { goal } from './commands.ts'

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-kept-'))))
afterEach(async () => await rm(dir, { recursive: true, force: true }))

const packs = Array.from({ length: 4 }, (_, n) => sha256(`pack ${n}`))
const slice = fc.record({ pack: fc.constantFrom(...packs), offsetBytes: fc.nat(50), sizeBytes: fc.integer({ min: 1, max: 30 }) })
/** Where each byte of a stream lies. */
const placesOf = (slices: Slice[]): string[] => slices.flatMap(({ pack, offsetBytes, sizeBytes }) => Array.from({ length: sizeBytes }, (_, n) => `${pack} ${offsetBytes + n}`))

it('any bytes of a stream lie where its slices say, however these are merged', () => {
  fc.assert(fc.property(fc.array(slice, { maxLength: 20 }), fc.nat(), fc.nat(), (given, a, b) => {
    const slices: Slice[] = []
    for (const one of given) append(slices, one)
    expect(placesOf(slices)).toEqual(placesOf(given))
    const size = totalBytes(slices)
    const offset = a % (size + 1)
    const length = b % (size - offset + 1)
    const map = new SliceMap(slices)
    expect(placesOf(map.range(offset, length))).toEqual(placesOf(given).slice(offset, offset + length))
    expect(() => map.range(offset, size - offset + 1)).toThrow(RangeError)
  }))
})

const artifact = (n: number) => ({ digest: sha256(`artifact ${n}`), sizeBytes: 10, entries: 1 })
const streams = (n: number) => ({ layoutBytes: 4, contentBytes: 6, slices: [{ pack: packs[n]!, offsetBytes: 0, sizeBytes: 10 }] })

it('remembers what it holds, and forgets what cannot be read or has lost a piece', async () => {
  const held = await HeldArtifacts.open(dir, () => true)
  for (const n of [0, 1, 2]) await held.put(artifact(n), streams(n), n === 1 ? 'other' : 'web', n)
  await held.used(artifact(0).digest, 'web', 5)
  expect(held.basesFor('web')).toEqual([0, 2, 1].map((n) => artifact(n).digest))
  await writeFile(join(dir, `${artifact(1).digest}.json`), '{"version":1')
  const again = await HeldArtifacts.open(dir, (digest) => digest !== packs[2])
  expect(again.all()).toEqual([held.get(artifact(0).digest)])
  expect(await readdir(dir)).toEqual([`${artifact(0).digest}.json`])
})

it('what runs, ran before, or waits to be unpacked is pinned; nothing waits for ever', async () => {
  const held = await HeldArtifacts.open(dir, () => true)
  for (const n of [0, 1, 2, 3]) await held.put(artifact(n), streams(n), 'web', 0)
  for (const n of [0, 1, 2]) await held.used(artifact(n).digest, 'web', 0)
  const of = (n: number) => ({ ...goal('1.0'), srv: artifact(n), cmd: null })
  const pins = (nowMs: number) => {
    const { needed, previous } = pinned(held.all(), { current: [of(1)], previous: [of(0), of(1)] }, nowMs)
    return [needed, previous].map((some) => some.map((one) => one.artifact.digest))
  }
  expect(pins(AWAITED_MS - 1)).toEqual([[artifact(1).digest, artifact(3).digest], [artifact(0).digest]])
  expect(pins(AWAITED_MS)).toEqual([[artifact(1).digest], [artifact(0).digest]])
})

it('asks for no more while a cap is reached, the narrowest of several', () => {
  const told: number[] = []
  const tally = new Tally([new Pace(1_000_000, 0), new Pace(400_000, 0)], 0, (_transfer, doneBytes) => void told.push(doneBytes))
  tally.expects({ totalBytes: 1_000_000, reusedBytes: 100_000, delta: false })
  tally.came(100_000, 'peer', 0)
  expect(tally.mayAskInMs(0)).toBe(0)
  tally.came(200_000, 'relay', 0)
  expect(tally.mayAskInMs(0)).toBe(500)
  expect(tally.mayAskInMs(500)).toBe(0)
  expect(told).toEqual([100_000, 200_000, 400_000])
  expect(tally.transfer).toMatchObject({ fromPeersBytes: 100_000, fromRelayBytes: 200_000, fromOriginBytes: 0, reusedBytes: 100_000 })
})

it('a cap under which nothing may be asked for in minutes is no reason to give up; that nothing comes after it is', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const capMs = 5 * FRUITLESS_MS
  const untilMs = performance.now() + capMs
  const pieces = { count: 1, at: () => ({ digest: packs[0]!, sizeBytes: 1 }), known: () => [0], learn: () => Promise.resolve([]) }
  const bringing = bring({
    swarm: new Swarm({ root: packs[1]!, pieces, isHere: () => false, onKnown: () => undefined }), sources: new Sources([]),
    dialer: new Dialer({ now: () => null, onChange: () => () => undefined }),
    leave: { get: () => Promise.resolve('grant'), drop: () => undefined },
    mayAskInMs: (nowMs) => Math.max(0, untilMs - nowMs), keep: () => Promise.resolve(), onBytes: () => undefined, onLiar: () => undefined,
  }, new AbortController().signal)
  let over: string | null = null
  const ended = bringing.catch((error: Error) => (over = error.message))
  await vi.advanceTimersByTimeAsync(capMs + FRUITLESS_MS / 2)
  expect(over).toBeNull()
  await vi.advanceTimersByTimeAsync(FRUITLESS_MS)
  await ended
  expect(over).toContain('nothing has come for 60 s')
})

it('all hosts ask the same relay first about a swarm; one that fails for a while is passed over, and a coordinator is asked without any', () => {
  const relays = ['r1', 'r2', 'r3'].map((name): Source => ({ kind: 'relay', name, url: `https://${name}:4610` }))
  const coordinator: Source = { kind: 'coordinator', name: 'coordinator', url: 'https://c:4602' }
  const [one, other] = [new Sources([...relays, coordinator]), new Sources([...relays.toReversed(), coordinator])]
  const order = (sources: Sources, nowMs = 0) => sources.order(packs[0]!, nowMs).map(({ name }) => name)
  expect(order(one)).toEqual(order(other))
  const [first] = order(one)
  const url = `https://${first}:4610`
  one.failed(url, 0)
  expect(order(one, 100)[0]).toBe(first)
  one.failed(url, 4000)
  expect(order(one, 4100)).toEqual([...order(other).slice(1), first])
  one.answered(url)
  expect(order(one, 4200)[0]).toBe(first)
  for (const { url: each } of relays) for (const atMs of [5000, 9000]) one.failed(each, atMs)
  const none = { count: 0, at: () => null, known: () => [], learn: () => Promise.resolve([]) }
  expect(one.relays(packs[0]!, none, 9100)).toEqual([{ name: coordinator.url, serves: null }])
})

it('several relays share the pieces, each having all of its own', () => {
  const relays = ['r1', 'r2'].map((name): Source => ({ kind: 'relay', name, url: `https://${name}:4610` }))
  const pieces = Array.from({ length: 40 }, (_, n) => ({ digest: sha256(`${n}`), sizeBytes: 1 }))
  const numbered = { count: 40, at: (n: number) => pieces[n] ?? null, known: () => [...pieces.keys()], learn: () => Promise.resolve([]) }
  const shares = new Sources(relays).relays(packs[0]!, numbered, 0).map(({ serves }) => [...serves!.indexes()])
  expect(shares.flat().sort((a, b) => a - b)).toEqual([...pieces.keys()])
  for (const share of shares) expect(share.length).toBeGreaterThan(5)
})
