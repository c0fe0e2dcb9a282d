/**
 * Fetches artifacts by HTTPS from where the session says, from nobody but a coordinator. Owns resumption: `<file>.part` holds what has arrived, a
 * broken transfer goes on from there, and `file` appears only with the right digest.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Agent, Response } from 'undici'
import type { Artifact } from '../../shared/command.ts'
import { pemOf } from '../../shared/identity/pem.ts'
import { COORDINATOR_NAME } from '../../shared/identity/names.ts'
import { isUnverified } from '../../shared/machine/unverified.ts'
import type { Fetch, FetchOptions } from '../ports.ts'

/** In a row without a byte more than before. */
const MAX_FRUITLESS_TRIES = 8
const BACKOFF_BASE_MS = 200
const BACKOFF_CAP_MS = 10_000
/** A connection that brings nothing for so long is dead. */
const IDLE_TIMEOUT_MS = 20_000

/** The grant has run out, or is no good any more. */
const NOT_GRANTED: ReadonlySet<number> = new Set([401, 403])

/** It will not be otherwise next time. */
class HopelessError extends Error {}

/**
 * @param baseUrl resolves when a coordinator has said where artifacts lie; an artifact is at `<baseUrl>/<digest>`
 * @param authorities DER; whoever serves artifacts has a coordinator's certificate of one of them
 */
export function httpFetch(baseUrl: (signal: AbortSignal) => Promise<string>, authorities: () => Uint8Array[]): Fetch {
  return async (artifact, file, options) => {
    if (await sizeOf(file) === artifact.sizeBytes && await digestOf(file) === artifact.digest) return
    const part = `${file}.part`
    let fruitless = 0
    for (;;) {
      const before = await sizeOf(part)
      // loaded when it is needed: it is large, and agents that have nothing to do are small
      const { Agent } = await import('undici')
      const dispatcher = new Agent({ connect: { ca: pemOf(authorities()), allowPartialTrustChain: true, servername: COORDINATOR_NAME } })
      try {
        await transfer(`${await baseUrl(options.signal)}/${artifact.digest}`, artifact, part, { ...options, dispatcher })
        await verify(part, artifact)
        await rename(part, file)
        return
      } catch (error) {
        options.signal.throwIfAborted()
        fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1
        if (error instanceof HopelessError || fruitless >= MAX_FRUITLESS_TRIES) throw error
        await delay(Math.random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** fruitless), undefined, { signal: options.signal })
      } finally {
        void dispatcher.destroy()
      }
    }
  }
}

type Transfer = FetchOptions & { dispatcher: Agent }

/** Appends what is missing of the artifact to `part`. */
async function transfer(url: string, { digest, sizeBytes }: Artifact, part: string, { onProgress, leave, signal, dispatcher }: Transfer): Promise<void> {
  const size = await sizeOf(part)
  if (size === sizeBytes) return
  const have = size < sizeBytes ? size : 0
  const authorization = `Grant ${await leave.get(signal)}`
  const idle = new AbortController()
  const idleTimer = setTimeout(() => idle.abort(new Error(`nothing came from ${url} for ${IDLE_TIMEOUT_MS / 1000} s`)), IDLE_TIMEOUT_MS)
  try {
    const headers = { authorization, ...(have > 0 ? { range: `bytes=${have}-` } : {}) }
    const { fetch } = await import('undici')
    const response = await fetch(url, { headers, dispatcher, redirect: 'manual', signal: AbortSignal.any([signal, idle.signal]) })
    if (NOT_GRANTED.has(response.status)) leave.drop()
    const start = startOf(response, have, url, digest)
    const file = createWriteStream(part, { flags: start > 0 ? 'a' : 'w' })
    await once(file, 'open')
    const written = once(file, 'close')
    written.catch(() => undefined)
    try {
      let done = start
      for await (const chunk of response.body ?? []) {
        idleTimer.refresh()
        done += chunk.length
        if (done > sizeBytes) throw new HopelessError(`${url} sends more than the ${sizeBytes} bytes that were declared`)
        if (!file.write(chunk)) await Promise.race([once(file, 'drain'), written])
        onProgress(done)
      }
    } finally {
      file.end()
      await written
    }
    if ((await sizeOf(part)) < sizeBytes) throw new Error(`${url} ended early, ${await sizeOf(part)} of ${sizeBytes} bytes are there`)
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'fetch failed') throw error
    const failure = `${url} cannot be fetched: ${reasonOf(error)}`
    throw isUnverified(error) ? new HopelessError(failure) : new Error(failure, { cause: error })
  } finally {
    clearTimeout(idleTimer)
  }
}

/** Where the body begins in the artifact. */
function startOf(response: Response, have: number, url: string, digest: string): number {
  if (response.status === 206) return have
  if (response.status === 200) return 0
  void response.body?.cancel()
  if (response.status >= 300 && response.status < 400) throw new HopelessError(`${url} sends this host elsewhere, and no coordinator does that`)
  if (response.status === 404) throw new HopelessError(`artifact ${digest} is not at ${url}`)
  throw new Error(`${url} answered ${response.status}`)
}

/** A wrong file is removed, so that the next try begins anew. */
async function verify(part: string, artifact: Artifact): Promise<void> {
  const digest = await digestOf(part)
  if (digest === artifact.digest) return
  await rm(part)
  throw new Error(`what was fetched has SHA-256 ${digest}, expected ${artifact.digest}`)
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}

function reasonOf(error: Error): string {
  const { message, code } = (error.cause ?? error) as NodeJS.ErrnoException
  return message || code || error.message
}
