/** Who dials whom for pieces, over real TLS; and that a question comes to an end whatever the other side does. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { request } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ALMOST_BYTES, endOnArrival } from '../../../shared/pieces/arrival.ts'
import { askAny, askPiece, askRoot, followHave } from '../../../shared/pieces/ask.ts'
import { closed } from '../../../shared/pieces/closed.ts'
import { exchange } from '../../../shared/pieces/exchange.ts'
import type { Exchange } from '../../../shared/pieces/exchange.ts'
import { createPieceServer, Dialer, peerOf } from '../../../shared/pieces/tls.ts'
import type { Expected, Peer } from '../../../shared/pieces/tls.ts'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { pieceOf } from '../../../shared/distribution/manifest-codec.ts'
import { makeKeys } from '../../keys.ts'
import { Site } from './site.ts'
import type { Changing } from './site.ts'

const never = new AbortController().signal
const BYTES = Buffer.from('a piece')
const PIECE = pieceOf(BYTES)

let site: Site
beforeAll(async () => {
  site = await Site.open()
})

async function serving(credentials: Changing, answer: RequestListener = (_request, response) => void response.end(BYTES)): Promise<string> {
  const server = createPieceServer(credentials, answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function dialler(of: Changing | null = null): Promise<Dialer> {
  const dialer = new Dialer(of ?? await site.credentials('h1', 'agent'))
  onTestFinished(() => dialer.close())
  return dialer
}

const get = (dialer: Dialer, url: string, expected: Expected, more: Partial<Exchange> = {}) =>
  exchange(dialer, { url, expected }, { method: 'GET', path: '/', headers: {}, signal: never, limitBytes: () => 1000, ...more })

const AGENT: Expected = { role: 'agent', host: 'h2' }

describe('who answers is who was meant', () => {
  test.each<[string, () => Promise<Changing>, Expected, 'answered' | 'unverified']>([
    ['an agent by its name', () => site.credentials('h2', 'agent'), AGENT, 'answered'],
    ['another agent', () => site.credentials('h3', 'agent'), AGENT, 'unverified'],
    ['a relay of an agent’s name', () => site.credentials('h2', 'relay'), AGENT, 'unverified'],
    ['a coordinator', () => site.coordinator(), { role: 'coordinator' }, 'answered'],
    ['an agent, for a coordinator', () => site.credentials('h2', 'agent'), { role: 'coordinator' }, 'unverified'],
    ['a coordinator, for an agent', () => site.coordinator(), AGENT, 'unverified'],
    ['any relay, as an upstream', () => site.credentials('r9', 'relay'), { role: 'upstream' }, 'answered'],
    ['an agent, as an upstream', () => site.credentials('h2', 'agent'), { role: 'upstream' }, 'unverified'],
    ['an agent of another site', async () => (await Site.open(await makeKeys())).credentials('h2', 'agent'), AGENT, 'unverified'],
  ])('or is told nothing: %s', async (_who, credentials, expected, outcome) => {
    const answer = await get(await dialler(), await serving(await credentials()), expected)
    expect(answer.kind === 'failed' ? answer.why : answer.kind).toBe(outcome)
  })

  test('a program that trusts the authority takes no machine for a server of any name', async () => {
    const url = new URL(await serving(await site.credentials('localhost', 'agent')))
    const { key, chain, authorities } = (await site.credentials('h1', 'agent')).now()!
    const socket = connect({ host: url.hostname, port: Number(url.port), servername: 'localhost', key, cert: chain, ca: [...authorities] })
    await expect(once(socket, 'secureConnect')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })
})

describe('who asks', () => {
  test('is known by the certificate', async () => {
    const peers: (Peer | null)[] = []
    const url = await serving(await site.credentials('h2', 'agent'), (asked, response) => {
      peers.push(peerOf(asked.socket))
      response.end()
    })
    await get(await dialler(), url, AGENT)
    await get(await dialler(await site.credentials('r1', 'relay')), url, AGENT)
    expect(peers).toMatchObject([{ role: 'agent', host: 'h1' }, { role: 'relay', host: 'r1' }])
  })

  test('without a certificate, or with one of another authority, is not heard', async () => {
    let heard = 0
    const url = await serving(await site.credentials('h2', 'agent'), (_asked, response) => {
      heard++
      response.end()
    })
    const stranger = await (await Site.open(await makeKeys())).credentials('h1', 'agent')
    stranger.set({ ...stranger.now()!, authorities: site.authorities })
    expect(await get(await dialler(stranger), url, AGENT)).toMatchObject({ kind: 'failed' })
    const bare = request(url, { ca: site.authorities, checkServerIdentity: () => undefined, agent: false })
    await expect(once(bare.end(), 'response')).rejects.toThrow(/certificate required|hang up|ECONNRESET/)
    expect(heard).toBe(0)
  })

  test('new credentials count from the next connection on, at both ends, and none are no accident', async () => {
    const other = await Site.open(await makeKeys())
    const [server, client] = [await site.credentials('h2', 'agent'), await site.credentials('h1', 'agent')]
    const [url, dialer] = [await serving(server), await dialler(client)]
    expect((await get(dialer, url, AGENT)).kind).toBe('answered')
    client.set((await other.credentials('h1', 'agent')).now())
    expect(await get(dialer, url, AGENT)).toMatchObject({ why: 'unverified' })
    server.set((await other.credentials('h2', 'agent')).now())
    expect((await get(dialer, url, AGENT)).kind).toBe('answered')
    client.set(null)
    expect(await get(dialer, url, AGENT)).toMatchObject({ why: 'unreachable' })
  })

  test('uses a connection again, and takes a new one where the other end has hung up on it', async () => {
    const heardOf = new Map<unknown, number>()
    const url = await serving(await site.credentials('h2', 'agent'), (asked, response) => {
      const heard = (heardOf.get(asked.socket) ?? 0) + 1
      heardOf.set(asked.socket, heard)
      if (heard === 3) asked.socket.destroy()
      else response.end(BYTES)
    })
    const dialer = await dialler()
    for (const _ of [1, 2, 3]) expect((await get(dialer, url, AGENT)).kind).toBe('answered')
    expect([...heardOf.values()]).toEqual([3, 1])
  })
})

describe('a question ends', () => {
  const asked = async (answer: (response: ServerResponse) => void, more: Partial<Exchange> = {}) =>
    get(await dialler(), await serving(await site.credentials('h2', 'agent'), (_request, response) => answer(response)), AGENT, more)

  test.each<[string, (response: ServerResponse) => void, Partial<Exchange>, string]>([
    ['without a byte', () => undefined, { stallMs: 50 }, 'stalled'],
    ['in the middle', (response) => void response.writeHead(200, { 'content-length': 7 }).write('a'), { stallMs: 50 }, 'stalled'],
    ['cut off', (response) => response.writeHead(200, { 'content-length': 7 }).write('a', () => response.destroy()), {}, 'broken'],
    ['announced as too long', (response) => void response.writeHead(200, { 'content-length': 2000 }).write('a'), {}, 'nonsense'],
    ['too long', (response) => void response.end(Buffer.alloc(2000)), {}, 'nonsense'],
    ['too long, piece by piece', (response) => { response.write(Buffer.alloc(900)); response.end(Buffer.alloc(900)) }, {}, 'nonsense'],
    ['that nobody asked for', (response) => void response.end('a'), { limitBytes: () => null }, 'nonsense'],
  ])('where the answer stalls, breaks off, or is longer than what was asked for: %s', async (_how, answer, more, why) => {
    expect(await asked(answer, more)).toMatchObject({ kind: 'failed', why })
  })

  test('where nobody is, where nobody speaks TLS, and by our own signal', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const dialer = await dialler()
    expect(await get(dialer, url, AGENT, { connectMs: 50 })).toMatchObject({ why: 'unreachable' })
    expect(await get(dialer, 'https://127.0.0.1:1', AGENT)).toMatchObject({ why: 'unreachable' })
    expect(await get(dialer, 'https://no address:1', AGENT)).toMatchObject({ why: 'unreachable' })
    const giving = new AbortController()
    const pending = asked(() => giving.abort(), { signal: giving.signal })
    expect(await pending).toMatchObject({ why: 'ended' })
    expect(await get(dialer, url, AGENT, { signal: giving.signal })).toMatchObject({ why: 'ended' })
  })
})

describe('answers as they are told', () => {
  const from = async (answer: RequestListener) => [await dialler(), { url: await serving(await site.credentials('h2', 'agent'), answer), expected: AGENT }] as const
  const options = { grant: 'g', signal: never }
  const root = 'a'.repeat(64)

  test('a piece is the one that was asked for, or corrupt', async () => {
    const [dialer, where] = await from((asked, response) => void response.setHeader('muster-have', 'Aw').end(asked.url?.endsWith('/3') ? BYTES : 'another'))
    expect(await askPiece(dialer, where, root, 3, PIECE, options)).toEqual({ kind: 'piece', index: 3, bytes: BYTES, have: 'Aw' })
    expect(await askPiece(dialer, where, root, 4, PIECE, options)).toEqual({ kind: 'corrupt' })
    expect(await askRoot(dialer, where, PIECE.digest, 7, options)).toEqual({ kind: 'corrupt' })
  })

  test('any piece must be one that was wanted', async () => {
    let index = '1'
    const [dialer, where] = await from((_asked, response) => void response.setHeader('muster-piece', index).end(BYTES))
    const any = () => askAny(dialer, where, root, Bitmap.of(4, [1, 2]), () => PIECE, options)
    expect(await any()).toMatchObject({ kind: 'piece', index: 1 })
    for (index of ['3', '-1', 'x', '']) expect(await any()).toMatchObject({ kind: 'failed', why: 'nonsense' })
  })

  test('busy, missing, refused, and what makes no sense', async () => {
    const [dialer, where] = await from((asked, response) => {
      const index = Number(asked.url?.split('/').at(-1))
      if (index === 0) response.writeHead(503, { 'muster-retry-ms': '77', 'muster-have': 'AQ' }).end()
      if (index === 1) response.writeHead(503, { 'muster-retry-ms': 'soon' }).end()
      if (index === 2) response.writeHead(404).end()
      if (index === 3) response.writeHead(403).end(JSON.stringify({ error: { code: 'grant_refused', message: 'no' } }))
      if (index === 4) response.writeHead(302, { location: 'https://elsewhere' }).end()
      if (index === 5) response.writeHead(500).end(Buffer.alloc(100_000))
    })
    const answers = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => askPiece(dialer, where, root, index, PIECE, options)))
    expect(answers).toMatchObject([
      { kind: 'busy', retryMs: 77, have: 'AQ' }, { kind: 'busy', retryMs: 500, have: null }, { kind: 'missing' }, { kind: 'refused', message: 'no' },
      { kind: 'failed', why: 'nonsense', message: 'answers 302' }, { kind: 'failed', why: 'nonsense' },
    ])
  })

  test('what somebody has is heard line by line, also of one that comes in two parts', async () => {
    const [dialer, where] = await from((_request, response) => {
      response.write('AQ\n\nAw')
      setImmediate(() => response.end('AA\n'))
    })
    const heard: string[] = []
    expect(await followHave(dialer, where, root, (have) => heard.push(have), options)).toEqual({ kind: 'over' })
    expect(heard).toEqual(['AQ', 'AwAA'])
  })

  test('a request for a piece ends when almost all of the answer has come, which the other side waits for, and the connection is used again', async () => {
    const bytes = randomBytes(ALMOST_BYTES + 2000)
    const begun = Promise.withResolvers<ServerResponse>()
    const ports = new Set<number | undefined>()
    const [dialer, where] = await from(({ url, socket }, response) => {
      ports.add(socket.remotePort)
      if (url!.endsWith('/pieces/1')) return void response.end(BYTES)
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 1000))
      begun.resolve(response)
    })
    const answer = askPiece(dialer, where, root, 0, pieceOf(bytes), options)
    const response = await begun.promise
    await delay(100)
    expect(response.req.complete).toBe(false)
    response.write(bytes.subarray(1000, 2500))
    await vi.waitUntil(() => response.req.complete)
    response.write(bytes.subarray(2500))
    await endOnArrival(response, never)
    expect(await answer).toMatchObject({ kind: 'piece' })
    expect(await askPiece(dialer, where, root, 1, PIECE, options)).toMatchObject({ kind: 'piece' })
    expect(ports.size).toBe(1)
  })

  test('who does not leave the request open is not waited for, and who goes away neither', async () => {
    const gone = new AbortController()
    const ends: Promise<unknown>[] = []
    const url = await serving(await site.credentials('h2', 'agent'), (asked, response) => {
      response.writeHead(200, { 'content-length': BYTES.length }).write(BYTES)
      ends.push(endOnArrival(response, gone.signal).then(() => 'over', () => `${asked.url} has gone`))
    })
    expect((await get(await dialler(), url, AGENT, { path: '/closed' })).kind).toBe('answered')
    const open = request(`${url}/open`, { ...(await dialler()).options(AGENT), headers: { 'transfer-encoding': 'chunked' } })
    open.on('error', () => undefined).flushHeaders()
    await once(open, 'response')
    gone.abort()
    expect(await Promise.all(ends)).toEqual(['over', '/open has gone'])
    open.destroy()
  })

  test('whoever breaks off with a request that stands behind another one does no harm', async () => {
    const over: string[] = []
    const url = new URL(await serving(await site.credentials('h2', 'agent'), ({ url: path }, response) => {
      response.on('error', () => undefined)
      response.writeHead(200).write(Buffer.alloc(path === '/first' ? 50_000_000 : 1000))
      endOnArrival(response, closed(response)).catch(() => over.push(path!))
    }))
    const { key, chain, authorities } = (await site.credentials('h1', 'agent')).now()!
    const checkServerIdentity = () => undefined
    const socket = connect({ host: url.hostname, port: Number(url.port), key, cert: chain, ca: [...authorities], checkServerIdentity })
    await once(socket, 'secureConnect')
    for (const path of ['/first', '/second']) socket.write(`GET ${path} HTTP/1.1\r\nhost: h2\r\n${path === '/second' ? 'transfer-encoding: chunked\r\n' : ''}\r\n`)
    await delay(100)
    socket.destroy()
    await vi.waitUntil(() => over.length === 2)
    expect(over).toEqual(expect.arrayContaining(['/first', '/second']))
  })

  test('an answer that nobody wants any more keeps its connection when little is left of it, and loses it when much is', async () => {
    for (const [leftBytes, connections] of [[10_000, 1], [100_000, 2]] as const) {
      const ports = new Set<number | undefined>()
      const [dialer, where] = await from(({ url, socket }, response) => {
        ports.add(socket.remotePort)
        if (url!.endsWith('/pieces/1')) return void response.end(BYTES)
        response.writeHead(200, { 'content-length': leftBytes + 1 }).write('.')
        setTimeout(() => response.end(Buffer.alloc(leftBytes)), 20)
      })
      const enough = new AbortController()
      const left = askPiece(dialer, where, root, 0, { ...PIECE, sizeBytes: leftBytes + 1 }, { ...options, signal: enough.signal, onBytes: () => enough.abort() })
      expect(await left).toMatchObject({ kind: 'failed', why: 'ended' })
      await delay(100)
      expect(await askPiece(dialer, where, root, 1, PIECE, options)).toMatchObject({ kind: 'piece' })
      expect(ports.size, `${leftBytes} bytes left`).toBe(connections)
    }
  })

  test('who tells nothing any more is given up, and so is who never stops', async () => {
    const [dialer, where] = await from(({ headers }, response) => {
      response.write(headers['muster-have'] === undefined ? 'AQ\n' : '\n'.repeat(100_000))
    })
    expect(await followHave(dialer, where, root, () => undefined, { ...options, stallMs: 50 })).toMatchObject({ kind: 'failed', why: 'stalled' })
    const talkative = await followHave(dialer, where, root, () => undefined, { ...options, have: new Bitmap(8) })
    expect(talkative).toMatchObject({ kind: 'failed', why: 'nonsense' })
  })
})
