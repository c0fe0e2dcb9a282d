/** Packages on their way to hosts: from an origin, from one another, and out of what is here; whatever breaks or lies. */
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Artifact } from '../../../shared/command.ts'
import { sha256, tar } from '../artifacts/tar-fixture.ts'
import { SwarmSite } from './swarm-site.ts'

/** Incompressible, in files of a fair size. */
function packageOf(sizeBytes: number, files = 16): Buffer {
  return tar(Array.from({ length: files }, (_, n) => ({ path: `file-${n}`, content: randomBytes(Math.floor(sizeBytes / files)) })))
}

it('a lone host gets a package from the origin, whole and right, and once only', async () => {
  const site = await SwarmSite.open()
  const bytes = packageOf(3_000_000)
  const artifact = await site.put(bytes)
  const host = await site.host()
  await host.fetch(artifact)
  expect(sha256(await host.tar(artifact))).toBe(artifact.digest)
  expect(host.transfer).toMatchObject({ fromPeersBytes: 0, fromRelayBytes: 0, reusedBytes: 0, delta: false })
  expect(host.transfer!.fromOriginBytes).toBe(site.sentBytes)
  const before = site.given.length
  await host.fetch(artifact)
  expect(site.given).toHaveLength(before)
})

it('three hosts take about one copy from the origin, and the rest from each other', async () => {
  const site = await SwarmSite.open()
  const artifact = await site.put(packageOf(6_000_000))
  const hosts = await Promise.all([1, 2, 3].map(() => site.host()))
  await Promise.all(hosts.map((host) => host.fetch(artifact)))
  for (const host of hosts) expect(sha256(await host.tar(artifact))).toBe(artifact.digest)
  const fromPeers = hosts.reduce((sum, { transfer }) => sum + transfer!.fromPeersBytes, 0)
  expect(fromPeers).toBeGreaterThan(artifact.sizeBytes)
  expect(site.sentBytes).toBeLessThan(1.7 * artifact.sizeBytes)
})
