/** Packages on their way to hosts: from an origin, from one another, and out of what is here; whatever breaks or lies. */
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import type { Artifact, Goal } from '../../../shared/command.ts'
import { sha256, tar } from '../artifacts/tar-fixture.ts'
import { goal } from './commands.ts'
import { FalsePeer } from './false-peer.ts'
import { SwarmSite } from './swarm-site.ts'
import type { TestPeer } from './swarm-site.ts'

// generous: several hosts' worth of TLS on a busy machine
vi.setConfig({ testTimeout: 60_000 })

const FILE_BYTES = 100_000

/** Files of bytes that do not compress: `fresh` of them new, the others always the same. */
function packageOf(files: number, fresh = files): Buffer {
  const content = (n: number): Buffer => (n < fresh ? randomBytes(FILE_BYTES) : createHash('shake256', { outputLength: FILE_BYTES }).update(`${n}`).digest())
  return tar(Array.from({ length: files }, (_, n) => ({ path: `file-${String(n).padStart(3, '0')}`, content: content(n) })))
}

async function isRight(host: TestPeer, artifact: Artifact): Promise<boolean> {
  return sha256(await host.tar(artifact)) === artifact.digest
}

const goalOf = (srv: Artifact): Goal => ({ ...goal('1.0'), srv, cmd: null })

it('a lone host gets a package from the origin, whole and right, and once only', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(10))
  const host = await site.host()
  await host.fetch(artifact)
  expect(host.transfer).toMatchObject({ fromPeersBytes: 0, fromRelayBytes: 0, reusedBytes: 0, delta: false })
  expect(host.transfer!.fromOriginBytes).toBe(site.sentBytes)
  expect(await isRight(host, artifact)).toBe(true)
  const before = site.given.length
  await host.fetch(artifact)
  expect(await isRight(host, artifact)).toBe(true)
  expect(site.given).toHaveLength(before)
})

it('a little package is asked for and no more: nobody announces himself for it, or is asked by others', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(tar([{ path: 'start', content: randomBytes(20_000) }]))
  const hosts = await Promise.all([site.host(), site.host(), site.host()])
  await Promise.all(hosts.map((host) => host.fetch(artifact)))
  for (const host of hosts) {
    expect(await isRight(host, artifact)).toBe(true)
    expect(host.transfer!.fromPeersBytes).toBe(0)
  }
  expect(site.members).toBe(0)
})

it('services that unpack the same package at the same time do not take it from each other', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(10))
  const host = await site.host()
  await host.fetch(artifact)
  const unpacked = await Promise.all(['a', 'b', 'c', 'd'].map((service) => host.tar(artifact, service)))
  expect(unpacked.map((bytes) => sha256(bytes))).toEqual(Array.from({ length: 4 }, () => artifact.digest))
  expect(await readdir(join(host.dir, 'packages/streams'))).toEqual([])
})

it('three hosts take about one copy from the origin, and the rest from each other', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(30))
  const hosts = await Promise.all([1, 2, 3].map(() => site.host()))
  await Promise.all(hosts.map((host) => host.fetch(artifact)))
  for (const host of hosts) expect(await isRight(host, artifact)).toBe(true)
  const fromPeers = hosts.reduce((sum, { transfer }) => sum + transfer!.fromPeersBytes, 0)
  expect(fromPeers).toBeGreaterThan(artifact.sizeBytes / 2)
  // headers of tars are hardly anything once they are packed
  expect(site.sentBytes + fromPeers).toBeGreaterThan(2.95 * artifact.sizeBytes)
  expect(site.sentBytes).toBeLessThan(2.5 * artifact.sizeBytes)
})

it('a peer that sends something else is found out, asked no more, and harms nothing', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(20))
  const liar = await FalsePeer.join(site, artifact, 'garbage')
  const said: string[] = []
  const host = await site.host({ log: pino({ level: 'warn' }, { write: (line: string) => void said.push(line) }) })
  await host.fetch(artifact)
  expect(await isRight(host, artifact)).toBe(true)
  expect(liar.asked).toBeGreaterThan(0)
  expect(said.filter((line) => line.includes('not those of the piece') && line.includes(liar.name))).toHaveLength(1)
})

it('a peer that dies in the middle of a piece, and one that says nothing any more, cost a moment and no more', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(20))
  const peers = [await FalsePeer.join(site, artifact, 'dying'), await FalsePeer.join(site, artifact, 'silent')]
  const host = await site.host()
  await host.fetch(artifact)
  expect(await isRight(host, artifact)).toBe(true)
  for (const { asked } of peers) expect(asked).toBeGreaterThan(0)
})

it('goes on after a crash with what was here', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(30))
  const first = await site.host()
  const crash = new AbortController()
  const fetching = first.fetch(artifact, crash.signal)
  await first.got(10 * FILE_BYTES)
  crash.abort()
  await expect(fetching).rejects.toThrow('aborted')
  first.sharing.close()
  const here = await piecesIn(first)
  const before = site.given.length
  const again = await site.host({ dir: first.dir, name: first.name })
  await again.fetch(artifact)
  expect(await isRight(again, artifact)).toBe(true)
  expect(again.transfer!.reusedBytes).toBeGreaterThan(5 * FILE_BYTES)
  expect(site.given.slice(before).filter((digest) => here.has(digest))).toEqual([])
})

describe('a host that holds the release before', () => {
  const twoReleases = async (): Promise<{ site: SwarmSite; base: Artifact; next: Artifact; root: string }> => {
    const site = await SwarmSite.open()
    const [base, next] = [await site.put(packageOf(8, 0)), await site.put(packageOf(8, 1))]
    const { root } = await site.delta(base, next)
    return { site, base, next, root: root.digest }
  }
  const held = async (site: SwarmSite, base: Artifact): Promise<TestPeer> => {
    const host = await site.host()
    await host.fetch(base)
    await host.tar(base)
    return host
  }

  it('gets the difference, and can build on that again, also after a restart', async () => {
    const { site, base, next } = await twoReleases()
    const host = await held(site, base)
    await host.fetch(next)
    expect(host.transfer).toMatchObject({ delta: true })
    expect(host.transfer!.fromOriginBytes).toBeLessThan(2 * FILE_BYTES)
    expect(await isRight(host, next)).toBe(true)
    host.sharing.close()
    const last = await site.put(packageOf(8, 2))
    await site.delta(next, last)
    const again = await site.host({ dir: host.dir, name: host.name })
    expect(again.sharing.distribution.basesFor('web')[0]).toBe(next.digest)
    await again.fetch(last)
    expect(again.transfer).toMatchObject({ delta: true })
    expect(await isRight(again, last)).toBe(true)
  })

  it('gives the difference to others', async () => {
    const { site, base, next, root } = await twoReleases()
    const [first, second] = [await held(site, base), await held(site, base)]
    await first.fetch(next)
    // the origin has nothing more to give but the root
    site.intercept = (digest) => Promise.resolve(digest === root ? undefined : null)
    await second.fetch(next)
    expect(second.transfer!.fromPeersBytes).toBeGreaterThan(FILE_BYTES / 2)
    expect(await isRight(second, next)).toBe(true)
  })

  it('fetches all of it when what it holds is damaged, and holds neither wrong', async () => {
    const { site, base, next } = await twoReleases()
    const before = await held(site, base)
    before.sharing.close()
    for (const file of await pieceFiles(before)) {
      const bytes = await readFile(file)
      await writeFile(file, bytes.fill(0, Math.floor(bytes.length / 2)))
    }
    const host = await site.host({ dir: before.dir, name: before.name })
    await host.fetch(next)
    expect(await isRight(host, next)).toBe(true)
    expect(host.sharing.distribution.basesFor('web')).toEqual([next.digest])
    await host.fetch(base)
    expect(await isRight(host, base)).toBe(true)
  })

  it('finds out at the last moment that a piece has been damaged, and fetches that one again', async () => {
    const { site, base } = await twoReleases()
    const host = await site.host()
    await host.fetch(base)
    await host.sharing.distribution.unstage(base, new AbortController().signal)
    const [file] = await pieceFiles(host)
    await writeFile(file!, 'something else')
    expect(await isRight(host, base)).toBe(true)
  })
})

describe('under a budget', () => {
  it('keeps what services run and ran before, and drops the rest', async () => {
    const site = await SwarmSite.open()
    const artifacts = [await site.put(packageOf(10)), await site.put(packageOf(10)), await site.put(packageOf(10)), await site.put(packageOf(10))] as const
    const use = { current: [goalOf(artifacts[1])], previous: [goalOf(artifacts[0])] }
    const host = await site.host({ cache: 35 * FILE_BYTES, inUse: () => use })
    for (const artifact of artifacts) {
      await host.fetch(artifact)
      expect(await isRight(host, artifact)).toBe(true)
    }
    const bases = host.sharing.distribution.basesFor('web')
    expect(new Set(bases)).toEqual(new Set([artifacts[0].digest, artifacts[1].digest, artifacts[3].digest]))
  })

  it('gives up what ran before when it holds no more, and fetches what is larger than all of it', async () => {
    const site = await SwarmSite.open()
    const [before, now, large] = [await site.put(packageOf(10)), await site.put(packageOf(10)), await site.put(packageOf(40))]
    const said: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) })
    const host = await site.host({ cache: 15 * FILE_BYTES, inUse: () => ({ current: [goalOf(now)], previous: [goalOf(before)] }), log })
    for (const artifact of [before, now]) {
      await host.fetch(artifact)
      expect(await isRight(host, artifact)).toBe(true)
    }
    expect(said.join()).toContain('the cache is too small')
    expect(host.sharing.distribution.basesFor('web')).toEqual([now.digest])
    await host.fetch(large)
    expect(await isRight(host, large)).toBe(true)
    await host.sharing.distribution.dropSpare()
    const bytes = (await Promise.all((await pieceFiles(host)).map((file) => readFile(file)))).reduce((sum, { length }) => sum + length, 0)
    expect(bytes).toBeLessThan(15 * FILE_BYTES)
  })
})

async function pieceFiles({ dir }: TestPeer): Promise<string[]> {
  const entries = await readdir(join(dir, 'packages/pieces'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

async function piecesIn(host: TestPeer): Promise<Set<string>> {
  return new Set((await pieceFiles(host)).map((file) => file.slice(file.lastIndexOf('/') + 1)))
}
