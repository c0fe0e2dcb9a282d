/** Whom a host gives pieces, and when. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { decodeManifest, decodePage } from '../../../shared/distribution/manifest-codec.ts'
import { askPiece, askRoot, followHave } from '../../../shared/pieces/ask.ts'
import type { AskOptions, RootAnswer } from '../../../shared/pieces/ask.ts'
import type { Where } from '../../../shared/pieces/exchange.ts'
import { Dialer } from '../../../shared/pieces/tls.ts'
import { HOST_LIMITS } from '../../../shared/swarm/upload.ts'
import { tar } from '../artifacts/tar-fixture.ts'
import { SwarmSite } from './swarm-site.ts'
import type { HostOptions, TestPeer } from './swarm-site.ts'

vi.setConfig({ testTimeout: 60_000 })

const options = (grant: string): AskOptions => ({ grant, signal: new AbortController().signal, stallMs: 10_000 })

async function seeding(more: HostOptions = {}, sizeBytes = 200_000) {
  const site = await SwarmSite.open()
  const artifact = await site.put(tar([{ path: 'file', content: randomBytes(sizeBytes) }]))
  const host = await site.host(more)
  await host.fetch(artifact)
  const { manifest } = await site.granted('h', artifact.digest, [])
  return { site, artifact, host, root: manifest.digest }
}

function whereIs({ name, sharing }: TestPeer): Where {
  return { url: `https://127.0.0.1:${sharing.port}`, expected: { role: 'agent', host: name } }
}

async function dialerFor(site: SwarmSite, name: string): Promise<Dialer> {
  const dialer = new Dialer(await site.site.credentials(name, 'agent'))
  onTestFinished(() => dialer.close())
  return dialer
}

it('a host gives what it has to whoever has a grant for it in its datacenter', async () => {
  const { site, artifact, host, root } = await seeding()
  const dialer = await dialerFor(site, 'asker')
  const { grant } = await site.granted('asker', artifact.digest, [])
  expect(await askRoot(dialer, whereIs(host), root, null, options(grant))).toMatchObject({ kind: 'root', bytes: await site.piece(root) })
  const heard = Promise.withResolvers<string>()
  const enough = new AbortController()
  const following = followHave(dialer, whereIs(host), root, heard.resolve, { ...options(grant), signal: enough.signal })
  expect(await heard.promise).toMatch(/^./)
  enough.abort()
  expect(await following).toMatchObject({ kind: 'failed', why: 'ended' })
  expect(await askPiece(dialer, whereIs(host), root, 4000, { digest: root, sizeBytes: 1 }, options(grant))).toMatchObject({ kind: 'missing' })
})

describe('nobody else', () => {
  const refused = { kind: 'refused', message: expect.stringContaining('grant') as string }
  const root = async (name: string, grantOf: (site: SwarmSite, digest: string, root: string) => Promise<string>): Promise<RootAnswer> => {
    const opened = await seeding()
    const dialer = await dialerFor(opened.site, name)
    return await askRoot(dialer, whereIs(opened.host), opened.root, null, options(await grantOf(opened.site, opened.artifact.digest, opened.root)))
  }

  it('with the grant of another host', async () => {
    expect(await root('thief', async (site, digest) => (await site.granted('asker', digest, [])).grant)).toMatchObject(refused)
  })

  it('of another datacenter', async () => {
    expect(await root('asker', async (site, digest) => (await site.granted('asker', digest, [], 'ams')).grant)).toMatchObject(refused)
  })

  it('with a grant for something else, one that is over, or none', async () => {
    expect(await root('asker', (site) => Promise.resolve(site.site.grant('asker', ['0'.repeat(64)])))).toMatchObject(refused)
    expect(await root('asker', (site, _digest, one) => Promise.resolve(site.site.grant('asker', [one], { expiresAtMs: Date.now() - 1 })))).toMatchObject(refused)
    expect(await root('asker', () => Promise.resolve('nothing'))).toMatchObject(refused)
  })
})

it('under a low cap a piece comes in small parts, so that whoever waits for it does not give up', async () => {
  const { site, artifact, host } = await seeding({ upload: 20_000 }, 100_000)
  const dialer = await dialerFor(site, 'asker')
  const { grant, manifest } = await site.granted('asker', artifact.digest, [])
  const { pages } = await decodeManifest(await site.piece(manifest.digest))
  const { packs } = await decodePage(await site.piece(pages[0]!.digest))
  // the layout has a pack of its own, a small one
  const index = pages.length + packs.length - 1
  const answer = await askPiece(dialer, whereIs(host), manifest.digest, index, packs.at(-1)!, { grant, signal: new AbortController().signal })
  expect(answer).toMatchObject({ kind: 'piece', index })
})

it('a place is free again when whoever had it says that the piece has come, and not when it has been sent', async () => {
  const { site, artifact, host, root } = await seeding()
  const dialer = await dialerFor(site, 'asker')
  const { grant } = await site.granted('asker', artifact.digest, [])
  const { url, expected } = whereIs(host)
  const headers = { authorization: `Grant ${grant}`, 'transfer-encoding': 'chunked' }
  const held = await Promise.all(Array.from({ length: HOST_LIMITS.slots + HOST_LIMITS.line }, async () => {
    const asked = request(`${url}/v1/swarms/${root}/pieces/0`, { ...dialer.options(expected), headers })
    asked.on('error', () => undefined).flushHeaders()
    const [response] = await once(asked, 'response') as [IncomingMessage]
    await buffer(response)
    return asked
  }))
  const another = () => askPiece(dialer, whereIs(host), root, 0, { digest: root, sizeBytes: 200_000 }, options(grant))
  expect(await another()).toMatchObject({ kind: 'busy' })
  held[0]!.end()
  // it is another piece than this digest says; here it only matters that it comes
  await vi.waitUntil(async () => (await another()).kind === 'corrupt')
  for (const asked of held) asked.destroy()
})

it('a host that is deploying says that it is busy, and goes on afterwards', async () => {
  let isDeploying = true
  const { site, artifact, host, root } = await seeding({ isDeploying: () => isDeploying })
  const dialer = await dialerFor(site, 'asker')
  const { grant } = await site.granted('asker', artifact.digest, [])
  expect(await askRoot(dialer, whereIs(host), root, null, options(grant))).toMatchObject({ kind: 'busy', retryMs: expect.any(Number) as number })
  isDeploying = false
  expect(await askRoot(dialer, whereIs(host), root, null, options(grant))).toMatchObject({ kind: 'root' })
})
