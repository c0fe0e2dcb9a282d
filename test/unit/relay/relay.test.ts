/** A relay over real HTTPS: what it fetches once, passes on while it comes, keeps, and refuses. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { announce, askPiece } from '../../../shared/pieces/ask.ts'
import { PieceFiles } from '../../../shared/pieces/files.ts'
import { Dialer } from '../../../shared/pieces/tls.ts'
import { bundleOf, deltaOf, Site } from '../pieces/site.ts'
import type { Bundle } from '../pieces/site.ts'
import { Asking, origin, relayAt, temporary, upstream } from './relays.ts'
import type { Running } from './relays.ts'

const PACKS = 8
/** Of the manifest's one page. */
const PAGE = 0
const never = new AbortController().signal

let site: Site
let bundle: Bundle
beforeAll(async () => {
  site = await Site.open()
  bundle = await bundleOf(PACKS, 100_000)
})

const bytesOf = (index: number): Buffer => bundle.all.get(bundle.at[index]!)!
const allBytes = (one: Bundle): number => [...one.all.values()].reduce((sum, { length }) => sum + length, 0)

/** Without the bytes, which the asker has verified. */
const shortOf = ({ ...answer }: object) => Object.fromEntries(Object.entries(answer).filter(([key]) => key !== 'bytes' && key !== 'have'))

/** Counts how often each piece is asked for. */
function counting(one: Bundle) {
  const asked = new Map<string, number>()
  const piece = (digest: string): Promise<Buffer | null> => {
    asked.set(digest, (asked.get(digest) ?? 0) + 1)
    return Promise.resolve(one.all.get(digest) ?? null)
  }
  return { asked, piece }
}

/** The root and its pages an origin reads for itself as well. */
const timesOfPacks = (asked: Map<string, number>) => bundle.at.slice(PAGE + 1).map((digest) => asked.get(digest))

async function fetchAll(host: Asking, { where }: Running, one = bundle): Promise<void> {
  await host.root(where)
  const wanted = new Set(one.at.keys())
  while (wanted.size > 0) {
    const answer = await host.any(where, wanted)
    if (answer.kind !== 'piece') throw new Error(answer.kind)
    expect(answer.bytes.equals(one.all.get(one.at[answer.index]!)!)).toBe(true)
    expect(wanted.delete(answer.index)).toBe(true)
  }
}

describe('what is passed on', () => {
  test('the root, pieces by their numbers, and any of those that are wanted', async () => {
    const coordinator = await origin(site, counting(bundle).piece)
    const relay = await relayAt(site, 'r1', () => [coordinator.source])
    const host = await Asking.open(site, 'h1', bundle)
    expect(await host.root(relay.where)).toEqual({ kind: 'root', bytes: bundle.all.get(bundle.root) })
    expect(await host.piece(relay.where, PAGE)).toMatchObject({ kind: 'piece', index: PAGE, bytes: bytesOf(PAGE) })
    await fetchAll(host, relay)
    expect(await host.any(relay.where, [])).toMatchObject({ kind: 'missing' })
  })

  test('a delta, whose pieces are its parts', async () => {
    const delta = await deltaOf(5, 10_000)
    const coordinator = await origin(site, counting(delta).piece)
    const relay = await relayAt(site, 'r1', () => [coordinator.source])
    await fetchAll(await Asking.open(site, 'h1', delta), relay, delta)
    expect(relay.relay.figures().fetchedBytes).toBe(allBytes(delta))
  })

  test('each byte crosses once, through a relay behind a relay, whoever asks', async () => {
    const { asked, piece } = counting(bundle)
    const coordinator = await origin(site, piece)
    const first = await relayAt(site, 'r1', () => [coordinator.source])
    const second = await relayAt(site, 'r2', () => [first.source])
    const hosts = await Promise.all(['h1', 'h2', 'h3'].map((name) => Asking.open(site, name, bundle)))
    await Promise.all(hosts.map((host) => fetchAll(host, second)))
    expect(timesOfPacks(asked)).toEqual(Array(PACKS).fill(1))
    for (const { relay } of [first, second]) expect(relay.figures().fetchedBytes).toBe(allBytes(bundle))
    expect(first.relay.figures()).toMatchObject({ sentToRelaysBytes: allBytes(bundle), sentToHostsBytes: 0 })
  })

  test('the least-sent piece: two hosts that take what they are given have all of them between them', async () => {
    const coordinator = await origin(site, counting(bundle).piece)
    const hosts = await Promise.all(['h1', 'h2'].map((name) => Asking.open(site, name, bundle)))
    const given = new Set<number>()
    const packs = [...bundle.at.keys()].filter((index) => index > PAGE)
    for (const at of packs.keys()) {
      const answer = await hosts[at % 2]!.any(coordinator.where, packs)
      if (answer.kind === 'piece') given.add(answer.index)
    }
    expect(given).toEqual(new Set(packs))
  })

  test('one flight, however many want it, and one who gives up ends it for nobody', async () => {
    const opening = Promise.withResolvers<void>()
    const wanted = Promise.withResolvers<void>()
    const { asked, piece } = counting(bundle)
    const coordinator = await origin(site, async (digest) => {
      const bytes = await piece(digest)
      if (digest === bundle.at[3]) {
        wanted.resolve()
        await opening.promise
      }
      return bytes
    })
    const { where } = await relayAt(site, 'r1', () => [coordinator.source])
    const hosts = await Promise.all(Array.from({ length: 50 }, (_, at) => Asking.open(site, `h${at}`, bundle)))
    const giving = new AbortController()
    const givenUp = hosts[0]!.once(where, 3, giving.signal)
    await wanted.promise
    giving.abort()
    expect(await givenUp).toMatchObject({ kind: 'failed', why: 'ended' })
    const others = hosts.slice(1).map((host) => host.piece(where, 3))
    opening.resolve()
    for (const answer of await Promise.all(others)) expect(shortOf(answer)).toEqual({ kind: 'piece', index: 3 })
    expect(asked.get(bundle.at[3]!)).toBe(1)
  })

  test('bytes go on while the rest is still to come, and the last one not before the whole is verified', async () => {
    const rest = Promise.withResolvers<void>()
    const source = await upstream(site, bundle, (index, response, bytes) => {
      if (index !== 3) return void response.end(bytes)
      response.write(bytes.subarray(0, -1))
      void rest.promise.then(() => response.end(bytes.subarray(-1)))
    })
    const { where } = await relayAt(site, 'r1', () => [source])
    const host = await Asking.open(site, 'h1', bundle)
    await host.root(where)
    let heard = 0
    const nearly = Promise.withResolvers<void>()
    const asking = host.once(where, 3, never, (chunk) => {
      heard += chunk.length
      if (heard === bytesOf(3).length - 1) nearly.resolve()
    })
    await nearly.promise
    rest.resolve()
    expect(await asking).toMatchObject({ kind: 'piece', bytes: bytesOf(3) })
  })
})

describe('upstreams', () => {
  test('what is no piece is neither kept nor given out, and whoever sent it is passed over', async () => {
    let lies = 0
    const liar = await upstream(site, bundle, (index, response, bytes) => {
      if (index !== 3) return void response.end(bytes)
      lies++
      response.end(Buffer.alloc(bytes.length, 1))
    })
    const coordinator = await origin(site, counting(bundle).piece)
    const { where, files, relay } = await relayAt(site, 'r1', () => [liar, coordinator.source])
    const host = await Asking.open(site, 'h1', bundle)
    await host.root(where)
    const outcomes: string[] = []
    let answer = await host.piece(where, 3)
    for (; answer.kind !== 'piece'; answer = await host.piece(where, 3)) outcomes.push(answer.kind)
    expect(answer.bytes.equals(bytesOf(3))).toBe(true)
    // whoever had begun to read saw a connection that broke, and no piece that is another
    expect(new Set(outcomes).isSubsetOf(new Set(['failed']))).toBe(true)
    expect(lies).toBe(1)
    await relay.close()
    expect((await files.read(bundle.at[3]!))!.equals(bytesOf(3))).toBe(true)
  })

  test('one that dies in the middle of a piece is followed by the next, and whoever reads notices nothing', async () => {
    const dying = await upstream(site, bundle, (index, response, bytes) => {
      if (index !== 3) return void response.end(bytes)
      response.write(bytes.subarray(0, 50_000), () => response.destroy())
    })
    const coordinator = await origin(site, counting(bundle).piece)
    const { where } = await relayAt(site, 'r1', () => [dying, coordinator.source])
    const host = await Asking.open(site, 'h1', bundle)
    await host.root(where)
    expect(await host.piece(where, 3)).toMatchObject({ kind: 'piece', bytes: bytesOf(3) })
  })

  test('a grant that one of them refuses is shown to the next', async () => {
    const refusing = await upstream(site, bundle, (_index, response) => void response.writeHead(403, { 'content-length': 0 }).end())
    const coordinator = await origin(site, counting(bundle).piece)
    const host = await Asking.open(site, 'h1', bundle)
    expect(await host.piece((await relayAt(site, 'r1', () => [refusing, coordinator.source])).where, 3)).toMatchObject({ kind: 'piece' })
    expect(await host.once((await relayAt(site, 'r2', () => [refusing])).where, 3)).toMatchObject({ kind: 'busy' })
  })

  test('what nobody has is missing; where nobody is there the answer is busy', async () => {
    const empty = await origin(site, () => Promise.resolve(null))
    const host = await Asking.open(site, 'h1', bundle)
    expect(await host.root(empty.where)).toMatchObject({ kind: 'missing' })
    expect(await host.root((await relayAt(site, 'r1', () => [empty.source])).where)).toMatchObject({ kind: 'missing' })
    expect(await host.once((await relayAt(site, 'r2', () => [])).where, 3)).toMatchObject({ kind: 'busy' })
  })
})

describe('what is kept', () => {
  test('is there after a restart, for whoever has leave', async () => {
    const dir = await temporary()
    const coordinator = await origin(site, counting(bundle).piece)
    const before = await relayAt(site, 'r1', () => [coordinator.source], { files: await PieceFiles.open(dir, 1024 ** 3) })
    await fetchAll(await Asking.open(site, 'h1', bundle), before)
    await before.relay.close()
    const after = await relayAt(site, 'r1', () => [], { files: await PieceFiles.open(dir, 1024 ** 3) })
    await fetchAll(await Asking.open(site, 'h2', bundle), after)
    expect(after.relay.figures().fetchedBytes).toBe(0)
  })

  test('all of it is fetched once a host has announced itself, without anybody asking for it', async () => {
    const { asked, piece } = counting(bundle)
    const coordinator = await origin(site, piece)
    const { where, files, relay } = await relayAt(site, 'r1', () => [coordinator.source], { isMine: () => true })
    const host = await Asking.open(site, 'h1', bundle)
    expect(await announced(host, where)).toMatchObject({ kind: 'announced', answer: { neighbours: [], mayAsk: true } })
    await vi.waitUntil(() => [...bundle.all.keys()].every((digest) => files.has(digest)), 10_000)
    expect(timesOfPacks(asked)).toEqual(Array(PACKS).fill(1))
    expect(relay.figures()).toMatchObject({ swarms: 1, hosts: 1, sentToHostsBytes: 0 })
  })

  test('of several relays in a datacenter each fetches its part', async () => {
    const { piece } = counting(bundle)
    const coordinator = await origin(site, piece)
    const mine = new Set(bundle.at.slice(1, 4))
    const { where, files } = await relayAt(site, 'r1', () => [coordinator.source], { isMine: (digest) => mine.has(digest) })
    await announced(await Asking.open(site, 'h1', bundle), where)
    await vi.waitUntil(() => [...mine].every((digest) => files.has(digest)), 10_000)
    expect(bundle.at.filter((digest) => files.has(digest))).toEqual(bundle.at.slice(0, 4))
  })

  test('where there is no room it goes through all the same', async () => {
    const files = await PieceFiles.open(await temporary(), 150_000)
    const coordinator = await origin(site, counting(bundle).piece)
    const relay = await relayAt(site, 'r1', () => [coordinator.source], { files, isMine: () => true })
    const host = await Asking.open(site, 'h1', bundle)
    await announced(host, relay.where)
    await fetchAll(host, relay)
    expect(files.usedBytes).toBeLessThanOrEqual(150_000)
  })
})

describe('who is let in', () => {
  const refused = async (host: Asking, where: Running['where']): Promise<string> => {
    const answer = await host.root(where)
    return answer.kind === 'refused' ? answer.message : answer.kind
  }

  test.each([
    ['another host', (one: Site, root: string) => one.grant('h2', [root]), 'the grant is for another host than the certificate'],
    ['other pieces', (one: Site) => one.grant('h1', ['f'.repeat(64)]), 'the grant is for other pieces'],
    ['nothing any more', (one: Site, root: string) => one.grant('h1', [root], { expiresAtMs: Date.now() - 1 }), 'the grant has expired, by the clock of this machine'],
    ['nobody', () => 'x.y.z', 'the grant is not signed by a coordinator that is known here'],
  ])('not with a grant for %s', async (_whom, grant, message) => {
    const { where, relay } = await origin(site, counting(bundle).piece)
    expect(await refused(await Asking.open(site, 'h1', bundle, grant(site, bundle.root)), where)).toBe(message)
    expect(relay.figures()).toMatchObject({ refused: 1, given: 0 })
  })

  test('a relay with the grant of one of its hosts is; an agent with another’s is not', async () => {
    const { where } = await origin(site, counting(bundle).piece)
    const dialer = new Dialer(await site.credentials('r1', 'relay'))
    const piece = { digest: bundle.at[2]!, sizeBytes: bytesOf(2).length }
    const asked = await askPiece(dialer, where, bundle.root, 2, piece, { grant: site.grant('h1', [bundle.root]), signal: never })
    dialer.close()
    expect(asked.kind).toBe('piece')
  })

  test('nobody, before a coordinator has said whose grants are good: ask again', async () => {
    const { where } = await origin(site, counting(bundle).piece, { grantKeys: () => new Map() })
    expect(await (await Asking.open(site, 'h1', bundle)).once(where, 1)).toMatchObject({ kind: 'busy' })
  })
})

test('hosts hear of each other in their own datacenter alone', async () => {
  const { where } = await origin(site, counting(bundle).piece)
  const here = await Promise.all(['h1', 'h2'].map((name) => Asking.open(site, name, bundle)))
  const there = await Asking.open(site, 'h3', bundle, site.grant('h3', [bundle.root], { dc: 'ams' }))
  for (const host of [here[0]!, there]) await announced(host, where)
  const answer = await announced(here[1]!, where)
  expect(answer.kind === 'announced' && answer.answer.neighbours).toEqual([{ host: 'h1', address: '127.0.0.1', port: 4611, rack: 'r7' }])
})


async function announced(host: Asking, where: Running['where']) {
  const about = { port: 4611, rack: 'r7', have: '', starving: false }
  for (;;) {
    const answer = await announce(host.dialer, where, bundle.root, about, { grant: host.grant, signal: never, stallMs: 10_000 })
    if (answer.kind !== 'busy') return answer
  }
}
