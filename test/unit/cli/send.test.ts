/** A large package on its way over connections that break, to a real coordinator's API. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../../../cli/client.ts'
import { preparePackage } from '../../../cli/package/prepare.ts'
import { sendPackage, STRETCH_BYTES, WHOLE_UP_TO_BYTES } from '../../../cli/package/send.ts'
import { noise, sha256, tar } from '../artifacts/tar-fixture.ts'
import { serve } from '../http/served.ts'
import type { Served } from '../http/served.ts'

const MIB = 1024 * 1024
const BYTES = tar([{ path: 'a', content: Buffer.alloc(36 * MIB, noise('a', 300_000)) }])
const { signal } = new AbortController()

let dir: string
let http: Served
let url: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-send-'))
  http = await serve()
  url = await http.listen()
  await writeFile(join(dir, 'large.tar'), BYTES)
})
afterAll(async () => {
  await http.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Passes on to the coordinator, and breaks each connection once it has carried as much as the next of `lives` says; the others live. */
async function breaking(lives: number[]): Promise<{ port: number; carried: () => number; close: () => void }> {
  let carriedBytes = 0
  const server = createServer((socket) => {
    const onward = connect(Number(new URL(url).port), new URL(url).hostname)
    const most = lives.shift() ?? Infinity
    let here = 0
    socket.on('data', (bytes) => {
      carriedBytes += bytes.length
      here += bytes.length
      if (here > most) socket.destroy()
      else if (!onward.write(bytes)) { socket.pause(); onward.once('drain', () => socket.resume()) }
    })
    onward.on('data', (bytes) => socket.write(bytes))
    socket.on('close', () => onward.destroy()).on('error', () => undefined)
    onward.on('close', () => socket.destroy()).on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, carried: () => carriedBytes, close: () => server.close() }
}

test('what has arrived is not sent again when connections break', async () => {
  expect(BYTES.length).toBeGreaterThan(WHOLE_UP_TO_BYTES + STRETCH_BYTES)
  const proxy = await breaking([6 * MIB, 9 * MIB, 5 * MIB])
  const token = http.as('ann').authorization.replace('Bearer ', '')
  const client = new Client({ url: `https://127.0.0.1:${proxy.port}`, token, ca: http.ca }, signal)
  const prepared = await preparePackage(join(dir, 'large.tar'), 'srv')
  const seen: number[] = []
  const artifact = await sendPackage(client, prepared, { name: 'srv', signal, onProgress: (sentBytes) => seen.push(sentBytes) })
  proxy.close()
  expect(artifact).toEqual({ digest: sha256(BYTES), sizeBytes: BYTES.length, entries: 1 })
  expect(await http.deps.artifacts.stat(artifact.digest)).toEqual(artifact)
  expect([seen.at(-1), seen.every((sent, n) => sent >= (seen[n - 1] ?? 0))]).toEqual([BYTES.length, true])
  expect(proxy.carried()).toBeLessThan(1.6 * BYTES.length)
}, 90_000)

test('a package that is refused is not sent again', async () => {
  const client = new Client({ url, token: http.as('ann').authorization.replace('Bearer ', ''), ca: http.ca }, signal)
  const prepared = await preparePackage(join(dir, 'large.tar'), 'srv')
  const sending = sendPackage(client, { ...prepared, sha256: '0'.repeat(64) }, { name: 'srv', signal, onProgress: () => undefined })
  await expect(sending).rejects.toMatchObject({ problem: { code: 'digest_mismatch', field: 'srv' } })
}, 60_000)
