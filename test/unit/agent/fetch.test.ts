/** Fetching over real HTTPS that breaks in all its ways. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { httpFetch } from '../../../agent/adapters/fetch.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import { ArtifactServer } from './artifacts.ts'

const keys = await testKeys()

let dir: string
let server: ArtifactServer
let url: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-fetch-'))
  server = new ArtifactServer()
  url = await server.listen()
})
afterEach(async () => {
  server.close()
  await rm(dir, { recursive: true, force: true })
})

const bytes = Buffer.alloc(300_000, 'muster ')
const file = () => join(dir, 'package.tar')
/** As who comes gets leave from a coordinator, and how often it was not accepted. */
const leave = { get: () => Promise.resolve('leave'), drop: () => undefined }
const options = () => ({ leave, onProgress: (): void => undefined, signal: new AbortController().signal })
const fetcher = () => httpFetch(() => Promise.resolve(url), () => keys.authority.trust().authorities)
const ranges = () => server.requests.map(({ range }) => range)

it('brings the whole artifact, and says how far it is', async () => {
  const artifact = server.add(bytes, 1)
  const progress: number[] = []
  await fetcher()(artifact, file(), { ...options(), onProgress: (done) => void progress.push(done) })
  expect(await readFile(file())).toEqual(bytes)
  expect(progress.at(-1)).toBe(bytes.length)
  await fetcher()(artifact, file(), options())
  expect(server.requests).toHaveLength(1)
})

it('goes on where an earlier fetch ended', async () => {
  const artifact = server.add(bytes, 1)
  await writeFile(`${file()}.part`, bytes.subarray(0, 100_000))
  await fetcher()(artifact, file(), options())
  expect(ranges()).toEqual(['bytes=100000-'])
  expect(await readFile(file())).toEqual(bytes)
})

it('goes on where a connection breaks', async () => {
  const artifact = server.add(bytes, 1)
  let arrived: (done: number) => void = () => undefined
  server.intercept = (_request, response, body) => {
    const start = (server.requests.length - 1) * 50_000
    if (!body || start >= 100_000) return false
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length - start })
    response.write(body.subarray(start, start + 50_000))
    arrived = (done) => {
      if (done === start + 50_000) response.destroy()
    }
    return true
  }
  await fetcher()(artifact, file(), { ...options(), onProgress: (done) => arrived(done) })
  expect(ranges()).toEqual([undefined, 'bytes=50000-', 'bytes=100000-'])
  expect(await readFile(file())).toEqual(bytes)
})

it('begins anew where a server knows no ranges', async () => {
  const artifact = server.add(bytes, 1)
  await writeFile(`${file()}.part`, 'something else')
  server.intercept = (_request, response, body) => {
    response.end(body)
    return true
  }
  await fetcher()(artifact, file(), options())
  expect(await readFile(file())).toEqual(bytes)
})

it('throws away what has the wrong digest, and tries again', async () => {
  const artifact = server.add(bytes, 1)
  await writeFile(`${file()}.part`, Buffer.alloc(100_000, 'x'))
  await fetcher()(artifact, file(), options())
  expect(ranges()).toEqual(['bytes=100000-', undefined])
  expect(await readFile(file())).toEqual(bytes)
})

it('is patient with a server that has trouble', async () => {
  const artifact = server.add(bytes, 1)
  let troubles = 2
  server.intercept = (_request, response) => {
    if (troubles === 0) return false
    troubles -= 1
    response.writeHead(503).end()
    return true
  }
  await fetcher()(artifact, file(), options())
  expect(server.requests).toHaveLength(3)
})

it('does not wait for what is not there', async () => {
  const artifact = { digest: 'f'.repeat(64), sizeBytes: 1, entries: 1 }
  await expect(fetcher()(artifact, file(), options())).rejects.toThrow(`artifact ${artifact.digest} is not at ${url}/${artifact.digest}`)
  expect(server.requests).toHaveLength(1)
})

it('goes nowhere else, wherever it is sent', async () => {
  const artifact = server.add(bytes, 1)
  server.intercept = (request, response) => {
    if (request.url?.includes('elsewhere')) return false
    response.writeHead(302, { location: `${url}/${artifact.digest}?elsewhere` }).end()
    return true
  }
  await expect(fetcher()(artifact, file(), options())).rejects.toThrow('sends this host elsewhere')
  expect(server.requests).toHaveLength(1)
})

it('takes no more than was declared', async () => {
  const artifact = { ...server.add(bytes, 1), sizeBytes: 1000 }
  await expect(fetcher()(artifact, file(), options())).rejects.toThrow('sends more than the 1000 bytes')
})

it('ends at once when it is not wanted any more', async () => {
  const artifact = server.add(bytes, 1)
  const ending = new AbortController()
  server.intercept = () => {
    ending.abort(new Error('withdrawn'))
    return true
  }
  await expect(fetcher()(artifact, file(), { ...options(), signal: ending.signal })).rejects.toThrow('withdrawn')
})

it('takes nothing from who is of another authority, and shows no grant there', async () => {
  const artifact = server.add(bytes, 1)
  const stranger = await makeKeys()
  const suspicious = httpFetch(() => Promise.resolve(url), () => stranger.authority.trust().authorities)
  await expect(suspicious(artifact, file(), options())).rejects.toThrow('cannot be fetched')
  expect(server.requests).toEqual([])
})
