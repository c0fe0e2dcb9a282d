/** What hosts are offered of an artifact: from which base, how often the store is asked for it, and for how long anybody waits. */
import { describe, expect, it } from 'vitest'
import { makeConsecutive } from '../../../coordinator/engine/distribution/consecutive.ts'
import { MAX_BASES_TRIED, Offers, OFFERS_REMEMBERED_MS } from '../../../coordinator/engine/distribution/offers.ts'
import { Remembered } from '../../../coordinator/engine/distribution/remembered.ts'
import type { Release } from '../../../coordinator/engine/ports/catalogue.ts'
import { sha256 } from '../../../shared/digest.ts'
import { silent } from '../hosts/redis-fixture.ts'

const artifact = (name: string) => ({ digest: sha256(name), sizeBytes: 10, entries: 1 })
const piece = (name: string) => ({ digest: sha256(name), sizeBytes: 1 })
const digest = (name: string) => sha256(name)

/** The latest first. */
const release = (version: string, cmd: string | null = null): Release => ({
  service: 'web', version, srv: artifact(version), cmd: cmd === null ? null : artifact(cmd), envelope: null, createdAtMs: 0, createdBy: 'ann',
})

/** A store that counts what it is asked; `there`: pairs whose difference is there, with its size; `worth`: those that can be made. */
function storeOf({ there = {}, worth = {} }: { there?: Record<string, number>; worth?: Record<string, number> } = {}) {
  const asked: string[] = []
  const sizes = new Map(Object.entries(there))
  const named = (base: string, wanted: string) => `${nameOf(base)}→${nameOf(wanted)}`
  const delta = (base: string, wanted: string) => {
    const totalBytes = sizes.get(named(base, wanted))
    return totalBytes === undefined ? null : { base, root: piece(named(base, wanted)), totalBytes }
  }
  return {
    asked,
    pieces: {
      manifest: async (wanted: string) => (asked.push(`manifest ${nameOf(wanted)}`), piece(`manifest of ${wanted}`)),
      delta: async (base: string, wanted: string) => (asked.push(`look ${named(base, wanted)}`), delta(base, wanted)),
      makeDelta: async (base: string, wanted: string) => {
        asked.push(`make ${named(base, wanted)}`)
        const totalBytes = worth[named(base, wanted)]
        if (totalBytes !== undefined) sizes.set(named(base, wanted), totalBytes)
        return delta(base, wanted)
      },
    },
  }
}

const names = new Map(['1', '2', '3', '4', '5', '6', '7', 'c1', 'c2', 'other'].map((name) => [digest(name), name]))
const nameOf = (of: string) => names.get(of) ?? '?'

function offersOf(store: ReturnType<typeof storeOf>, releases: Release[] = ['5', '4', '3', '2', '1'].map((version) => release(version))) {
  const offers = new Offers({ pieces: store.pieces, catalogue: { releases: () => (store.asked.push('releases'), Promise.resolve(releases)) } })
  return async (wanted: string, ...bases: string[]) => {
    const { delta } = await offers.of({ service: 'web', packaged: 'srv', digest: digest(wanted), bases: bases.map(digest) }) ?? { delta: null }
    return delta && `${nameOf(delta.base)} ${delta.totalBytes}`
  }
}

describe('the base of a difference', () => {
  it('is the release just before, of those that the host holds, also when another one is ready', async () => {
    const store = storeOf({ there: { '1→4': 5 }, worth: { '3→4': 9 } })
    expect(await offersOf(store)('4', '1', '5', '3')).toBe('3 9')
    expect(store.asked).toContain('make 3→4')
  })

  it('is the release just after when the host goes back', async () => {
    expect(await offersOf(storeOf({ worth: { '4→3': 2, '5→3': 1 } }))('3', '5', '4')).toBe('4 2')
  })

  it('is the smallest that there is when the nearest is worth nothing, and none is made for it', async () => {
    const store = storeOf({ there: { '2→4': 8, '1→4': 7 }, worth: { '3→4': undefined as never } })
    expect(await offersOf(store)('4', '3', '2', '1')).toBe('1 7')
    expect(store.asked.filter((one) => one.startsWith('make'))).toEqual(['make 3→4'])
  })

  it('is nothing that is no release of the service, and not the artifact itself', async () => {
    const store = storeOf({ there: { 'other→4': 1 } })
    expect(await offersOf(store)('4', 'other', '4')).toBeNull()
    expect(store.asked.toSorted()).toEqual(['manifest 4', 'releases'])
  })

  it('is looked for among a few, however many the host names', async () => {
    const store = storeOf()
    await offersOf(store, ['7', '6', '5', '4', '3', '2', '1'].map((version) => release(version)))('7', '6', '5', '4', '3', '2', '1')
    expect(store.asked.filter((one) => one.startsWith('look'))).toHaveLength(MAX_BASES_TRIED)
  })

  it('of scripts is scripts', async () => {
    const store = storeOf({ there: { 'c1→c2': 3 } })
    const offers = new Offers({ pieces: store.pieces, catalogue: { releases: () => Promise.resolve([release('2', 'c2'), release('1', 'c1')]) } })
    const offer = await offers.of({ service: 'web', packaged: 'cmd', digest: digest('c2'), bases: [digest('1'), digest('c1')] })
    expect(offer?.delta?.base).toBe(digest('c1'))
  })
})

it('ten thousand hosts that ask at once have the store asked once', async () => {
  const store = storeOf({ worth: { '4→5': 1 } })
  const offer = offersOf(store)
  const answers = await Promise.all(Array.from({ length: 10_000 }, () => offer('5', '4')))
  expect([new Set(answers), store.asked.toSorted()]).toEqual([new Set(['4 1']), ['look 4→5', 'make 4→5', 'manifest 5', 'releases']])
})

it('what the store does not have is offered as nothing, and nobody looks for a base of it', async () => {
  const store = storeOf({ there: { '4→5': 1 } })
  store.pieces.manifest = () => Promise.resolve(null as never)
  expect(await offersOf(store)('5', '4')).toBeNull()
  expect(store.asked).toEqual(['releases'])
})

describe('a new release', () => {
  const made = async (releases: Release[], version: string) => {
    const store = storeOf()
    const catalogue = { releases: () => Promise.resolve(releases) }
    await makeConsecutive({ pieces: store.pieces, catalogue, log: silent }, releases.find((one) => one.version === version)!)
    return store.asked
  }

  it('has the differences to the one before made at once, of the program and of its scripts', async () => {
    expect(await made([release('3', 'c2'), release('2', 'c1'), release('1', 'c1')], '3')).toEqual(['make 2→3', 'make c1→c2'])
  })

  it('has none made where it is the first, where nothing differs, and where there were no scripts', async () => {
    expect(await made([release('1', 'c1')], '1')).toEqual([])
    expect(await made([release('2', 'c1'), release('1')], '2')).toEqual(['make 1→2'])
    expect(await made([release('2', 'c1'), { ...release('1', 'c1'), srv: artifact('2') }], '2')).toEqual([])
  })

  it('is no worse for a store that cannot make them now', async () => {
    const pieces = { makeDelta: () => Promise.reject(new Error('away')) }
    await expect(makeConsecutive({ pieces, catalogue: { releases: () => Promise.resolve([release('2'), release('1')]) }, log: silent }, release('2'))).resolves.toBeUndefined()
  })
})

describe('what is remembered', () => {
  const counting = (answers: (Error | string)[], atMost = 10) => {
    let now = 0
    const asked: string[] = []
    const ask = async (key: string) => {
      asked.push(key)
      const answer = answers.shift() ?? 'again'
      if (answer instanceof Error) throw answer
      return answer
    }
    return { asked, later: (ms: number) => (now += ms), remembered: new Remembered(ask, { forMs: OFFERS_REMEMBERED_MS, atMost, clock: () => now }) }
  }

  it('is asked for anew when its time is over', async () => {
    const { remembered, later } = counting(['first', 'second'])
    expect(await remembered.get('a')).toBe('first')
    later(OFFERS_REMEMBERED_MS - 1)
    expect(await remembered.get('a')).toBe('first')
    later(1)
    expect(await remembered.get('a')).toBe('second')
  })

  it('is never a failure: those who waited for it are told, the next one asks anew', async () => {
    const { remembered, asked } = counting([new Error('away'), 'there'])
    const waiting = await Promise.allSettled([remembered.get('a'), remembered.get('a')])
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect([await remembered.get('a'), asked]).toEqual(['there', ['a', 'a']])
  })

  it('is so much and not more: what was asked for first goes', async () => {
    const { remembered, asked } = counting([], 2)
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await remembered.get(key)
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })
})
