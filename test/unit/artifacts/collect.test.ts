/**
 * Nothing that a record needs is ever collected, whatever goes on at the same time and in whichever order the objects answer; and what nobody needs goes in the
 * end. Coordinators on one store of objects upload, make differences, hold and collect; which of them goes on is drawn before each of
 * their deeds.
 */
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COLLECT_AFTER_MS } from '../../../coordinator/adapters/artifacts/commit.ts'
import { oneProcess } from '../../../coordinator/adapters/artifacts/exclusive.ts'
import { neededByArtifact, neededByDelta } from '../../../coordinator/adapters/artifacts/needs.ts'
import type { OpenOptions } from '../../../coordinator/adapters/artifacts/open.ts'
import { nameOf, pairOf, readArtifact, readDelta } from '../../../coordinator/adapters/artifacts/records.ts'
import type { Artifacts } from '../../../coordinator/adapters/artifacts/store.ts'
import { MusterError } from '../../../shared/errors.ts'
import { MemoryObjects } from '../../conformance/memory-objects.ts'
import { Gate } from './gate.ts'
import { openStore, readAll } from './store-fixture.ts'
import { noise, sha256, tar } from './tar-fixture.ts'

const RUNS = Math.min(200, Number(process.env['MUSTER_FC_RUNS'] ?? 25))
const COORDINATORS = 4
const HOUR_MS = 3_600_000

class LateError extends Error {}

/** They share most of their contents, which are packs of their own. */
const PACKAGES = [0, 1, 2].map((n) => tar([
  { path: 'a', content: noise('shared', 250_000) }, { path: 'b', content: noise(`own ${n}`, 5000) },
]))
const DIGESTS = PACKAGES.map(sha256)

type Step =
  | { does: 'put' | 'need' | 'drop'; which: number }
  | { does: 'delta'; base: number; which: number }
  | { does: 'collect' }
  | { does: 'pass'; hours: number }

const which = fc.nat(PACKAGES.length - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('put' as const), which }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('need' as const, 'drop' as const), which }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('delta' as const), base: which, which }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('collect' as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 30 }) }) },
)

/** Coordinators on the same objects, what is needed, and the time. */
class World {
  nowMs = 0
  readonly needed = new Set<string>()
  readonly objects: MemoryObjects
  readonly #coordinators: Artifacts[] = []
  #deadline = new AbortController()
  #asking = 0

  constructor(before: (what: string) => Promise<void>) {
    this.objects = new MemoryObjects(() => this.nowMs, before)
  }

  async open(options: Partial<OpenOptions>): Promise<void> {
    for (let n = 0; n < COORDINATORS; n++) {
      this.#coordinators.push((await openStore({ objects: this.objects, clock: () => this.nowMs, ...options })).store)
    }
  }

  async perform(step: Step, by: number): Promise<void> {
    const store = this.#coordinators[by % this.#coordinators.length]!
    switch (step.does) {
      case 'put':
        return void (await store.put(Readable.from([PACKAGES[step.which]!]), { field: 'srv', declaredDigest: DIGESTS[step.which]! }))
      case 'need':
        return this.#need(store, DIGESTS[step.which]!)
      case 'drop':
        return void this.needed.delete(DIGESTS[step.which]!)
      case 'delta':
        return void (await store.makeDelta(DIGESTS[step.base]!, DIGESTS[step.which]!, new AbortController().signal))
      case 'collect':
        return void (await store.collect(new Set(this.needed), this.#deadline.signal).catch(unlessLate))
      case 'pass':
        return this.pass(step.hours)
    }
  }

  /** What takes long may take any time; asking whether something can be needed takes none, and a collection has a deadline. */
  pass(hours: number): void {
    if (this.#asking > 0) return
    this.#deadline.abort(new LateError())
    this.#deadline = new AbortController()
    this.nowMs += hours * HOUR_MS
  }

  /** As a release is made, or a rollout begun: what could be held is needed from now on. */
  async #need(store: Artifacts, digest: string): Promise<void> {
    this.#asking++
    try {
      if ((await store.hold(digest)) !== null) this.needed.add(digest)
    } finally {
      this.#asking--
    }
  }

  /** Every record with a piece that it needs and that is not there; and, where that is promised, what is needed and has no record. */
  async missing(isHeld = true): Promise<string[]> {
    const { objects } = this.objects
    const missing: string[] = []
    for (const key of objects.keys()) {
      if (!/^(artifacts|deltas)\//.test(key)) continue
      const needed = key.startsWith('artifacts/')
        ? await neededByArtifact(this.objects, (await readArtifact(this.objects, nameOf(key)))!.root)
        : await this.#ofDelta(key)
      const gone = needed?.filter((digest) => !objects.has(`pieces/${digest.slice(0, 2)}/${digest}`)) ?? ['what it needs cannot be read']
      missing.push(...gone.map((what) => `${key}: ${what}`))
    }
    for (const digest of isHeld ? this.needed : []) if (!objects.has(`artifacts/${digest}`)) missing.push(`${digest} is needed`)
    return missing
  }

  async #ofDelta(key: string): Promise<string[] | null> {
    const { base, artifact } = pairOf(key)
    const root = (await readDelta(this.objects, base, artifact))!.offered?.root
    return root === undefined ? [] : neededByDelta(this.objects, root)
  }
}

test.each([
  ['by turns alone', 0],
  ['with a day of grace, so that what is needed stays as well', COLLECT_AFTER_MS],
])('no record ever lacks a piece, in whichever order everything happens: %s', async (_how, graceMs) => {
  const lives = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: COORDINATORS })
  await fc.assert(fc.asyncProperty(fc.infiniteStream(fc.nat()), lives, async (numbers, lives) => {
    const gate = new Gate(() => numbers.next().value)
    const world = new World(() => gate.pass())
    await world.open({ exclusively: gate.turns(oneProcess()), graceMs })
    await gate.run(lives.map((steps, by) => async () => { for (const one of steps) await world.perform(one, by).catch(unavailableOnly) }))
    expect(await world.missing(graceMs > 0)).toEqual([])
  }), { numRuns: RUNS })
}, 120_000)

test('a record that comes after the look at the records keeps its pieces', async () => {
  let atPieces = async () => {}
  const world = new World(async (what) => { if (what === 'list pieces/') await atPieces() })
  await world.open({ exclusively: oneProcess(), graceMs: 0 })
  await world.perform({ does: 'put', which: 0 }, 0)
  for (const key of world.objects.objects.keys()) if (key.startsWith('artifacts/')) world.objects.objects.delete(key)
  atPieces = () => world.perform({ does: 'put', which: 0 }, 1)
  await world.perform({ does: 'collect' }, 2)
  expect(await readArtifact(world.objects, DIGESTS[0]!)).not.toBeNull()
  expect(await world.missing()).toEqual([])
})

test('what is not needed goes in the end, and what is needed can be read', async () => {
  const world = new World(async () => undefined)
  await world.open({ exclusively: oneProcess() })
  for (const n of [0, 1, 2]) await world.perform({ does: 'put', which: n }, n)
  await world.perform({ does: 'delta', base: 0, which: 1 }, 0)
  await world.perform({ does: 'delta', base: 1, which: 2 }, 0)
  const before = world.objects.objects.size
  await world.perform({ does: 'need', which: 2 }, 0)
  await world.perform({ does: 'collect' }, 1)
  expect(world.objects.objects.size).toBe(before)

  world.pass(COLLECT_AFTER_MS / HOUR_MS)
  await world.perform({ does: 'collect' }, 1)
  expect(await world.missing()).toEqual([])
  const { store } = await openStore({ objects: world.objects, clock: () => world.nowMs })
  expect((await readAll((await store.open(DIGESTS[2]!)).stream)).equals(PACKAGES[2]!)).toBe(true)
  const keys = [...world.objects.objects.keys()].filter((key) => !key.startsWith('runs/'))
  const root = (await readArtifact(world.objects, DIGESTS[2]!))!.root
  const needed = (await neededByArtifact(world.objects, root))!.map((digest) => `pieces/${digest.slice(0, 2)}/${digest}`)
  expect(keys.sort()).toEqual([`artifacts/${DIGESTS[2]}`, ...new Set(needed)].sort())

  await world.perform({ does: 'drop', which: 2 }, 0)
  world.pass(40 * 24)
  expect(await store.collect(new Set(), new AbortController().signal)).toMatchObject({ artifacts: 1, deltas: 0, damaged: [] })
  expect([...world.objects.objects.keys()]).toEqual([])
})

test('whoever is cut off while collecting leaves nothing half done', async () => {
  let left = 12
  const world = new World(async (what) => { if (what.startsWith('remove') && left-- <= 0) throw new Error('killed') })
  await world.open({ exclusively: oneProcess() })
  for (const n of [0, 1, 2]) await world.perform({ does: 'put', which: n }, n)
  world.pass(2 * COLLECT_AFTER_MS / HOUR_MS)
  for (let kills = 0; kills < 8; kills++) {
    left = kills
    await world.perform({ does: 'collect' }, kills).catch(killedOnly)
    expect(await world.missing()).toEqual([])
  }
  left = Infinity
  await world.perform({ does: 'collect' }, 0)
  expect([...world.objects.objects.keys()].filter((key) => !key.startsWith('runs/'))).toEqual([])
})

function unlessLate(error: unknown): void {
  if (!(error instanceof LateError)) throw error
}

function killedOnly(error: unknown): void {
  if (!(error instanceof Error) || error.message !== 'killed') throw error
}

/** The store may have to give up in a storm of collections; it says so, and nothing is half there. */
function unavailableOnly(error: unknown): void {
  if (!(error instanceof MusterError) || error.problem.code !== 'unavailable') throw error
}
