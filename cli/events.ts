/** A rollout's changes, each once and in order, however often the connection breaks: every new one resumes after the last event that was seen whole. */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { RolloutChange } from '../shared/api/change.ts'
import { problem } from '../shared/errors.ts'
import type { Client } from './client.ts'
import { backOff, MAX_TRIES, mayPass } from './back-off.ts'

/** A coordinator says something every 10 s; a connection that has been silent for this long is broken. */
export const SILENT_AFTER_MS = 45_000
/** A connection that has lasted this long was a good one, whether or not there was anything to say. */
export const STEADY_AFTER_MS = 10_000
export const MAX_EVENT_CHARS = 1024 * 1024

export type EventsOptions = {
  signal: AbortSignal
  /** Told when the connection breaks (why), and when it is back (null). */
  onTrouble?: (why: string | null) => void
}

/** Ends when the rollout has ended. @throws Refusal, MusterError unavailable (after MAX_TRIES without an event), or what `signal` aborts with */
export async function* rolloutChanges(client: Client, id: string, { signal, onTrouble = () => {} }: EventsOptions): AsyncGenerator<RolloutChange> {
  let last: string | null = null
  for (let broken = 0; ; broken++) {
    const connectedAtMs = performance.now()
    let why = 'the connection ended early'
    try {
      for await (const event of connection(client, id, last, signal)) {
        if (broken > 0) onTrouble(null)
        broken = 0
        if (event.event === 'end') return
        if (event.event !== 'change') continue
        last = event.id ?? last
        yield JSON.parse(event.data) as RolloutChange
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error)) throw error
      why = error instanceof Error ? error.message : String(error)
    }
    if (performance.now() - connectedAtMs > STEADY_AFTER_MS) broken = 0
    if (broken >= MAX_TRIES) throw problem('unavailable', `lost the coordinator at ${client.url} while watching ${id}: ${why}`)
    onTrouble(why)
    await backOff(broken, signal)
  }
}

/** The events of one connection. What a broken one had begun to say is not among them, and is said again by the next. */
async function* connection(client: Client, id: string, after: string | null, signal: AbortSignal) {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error(`nothing heard for ${SILENT_AFTER_MS / 1000} s`)), SILENT_AFTER_MS)
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      timer.refresh()
      controller.enqueue(chunk)
    },
  })
  try {
    const bytes = await client.events(id, after, AbortSignal.any([signal, silence.signal]))
    yield* bytes.pipeThrough(heard).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_EVENT_CHARS }))
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}
