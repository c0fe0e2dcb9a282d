/** Asks every instance, all the time, and remembers what it saw. Knows nothing of Muster. */
import { request } from 'node:http'

export const POLL_EVERY_MS = 250
export const POLL_TIMEOUT_MS = 2000

export type Target = { host: string; url: string }
/** One answer: its version, or what went wrong. `fromMs`, `toMs`: when it was asked and when it answered. */
export type Sighting = { host: string; fromMs: number; toMs: number } & ({ version: string } | { failure: string })

export class Poller {
  readonly sightings: Sighting[] = []
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[]

  constructor(targets: readonly Target[]) {
    this.#loops = targets.map((target) => this.#poll(target))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #poll(target: Target): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.sightings.push(await look(target))
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
    }
  }
}

export async function look({ host, url }: Target): Promise<Sighting> {
  const fromMs = Date.now()
  const seen = await ask(url).catch((error: Error) => ({ failure: error.message }))
  return { host, fromMs, toMs: Date.now(), ...seen }
}

/** A fresh connection each time: a kept one would hide a service that accepts no new ones. */
function ask(url: string): Promise<{ version: string } | { failure: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, timeout: POLL_TIMEOUT_MS, headers: { accept: 'application/json' } }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve(
          response.statusCode === 200
            ? { version: (JSON.parse(body) as { version: string }).version }
            : { failure: `HTTP ${response.statusCode}` },
        ),
      )
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${POLL_TIMEOUT_MS} ms`)))
    call.on('error', reject)
    call.end()
  })
}
