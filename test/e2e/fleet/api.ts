/** The HTTP API as a program meets it. */
import { createHash } from 'node:crypto'
import type { ArtifactView } from '../../../shared/api/catalogue.ts'
import { reach } from './reach.ts'
import type { Door } from './reach.ts'

export type Answer<T = unknown> = { status: number; body: T }

const ANSWER_WITHIN_MS = 20_000

export class Api {
  readonly door: Door

  constructor(door: Door) {
    this.door = door
  }

  /** Whatever it answers. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await reach(this.door, path, { method, ...json, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    return { status: response.status, body: await response.json() as T }
  }

  /** @throws Error unless it answers 2xx */
  async get<T>(path: string): Promise<T> {
    return good('GET', path, await this.ask<T>('GET', path))
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return good('POST', path, await this.ask<T>('POST', path, body))
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return good('PUT', path, await this.ask<T>('PUT', path, body))
  }

  /** Uploads a package, with the digest of its bytes as they are unless another is given. */
  async upload(name: 'srv' | 'cmd', bytes: Buffer, digest = sha256(bytes)): Promise<Answer<ArtifactView>> {
    const response = await reach(this.door, `/v1/artifacts?package=${name}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    return { status: response.status, body: await response.json() as ArtifactView }
  }
}

function good<T>(method: string, path: string, { status, body }: Answer<T>): T {
  if (status < 300) return body
  throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`)
}

/** In base64, as RFC 9530 has it. */
function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64')
}
