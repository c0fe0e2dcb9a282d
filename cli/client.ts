/** The HTTP API as functions. Answers are trusted to be what the API's schemas say; refusals become a `Refusal`. */
import { openAsBlob } from 'node:fs'
import type {
  AppliedView, ArtifactView, EntriesView, EntryDiffView, ReleasedView, ReleasesView, ReleaseView, ServicesView, ServiceView, VariablesView,
} from '../shared/api/catalogue.ts'
import type { HostView } from '../shared/api/host.ts'
import type { OutputsView, PlanView, RolloutPageView, RolloutRequest, RolloutView, RunRequest, TaskPageView } from '../shared/api/rollout.ts'
import type { TaskState } from '../shared/states.ts'
import { problem } from '../shared/errors.ts'
import { toRefusal } from './refusal.ts'

export const REQUEST_TIMEOUT_MS = 30_000
export const UPLOAD_TIMEOUT_MS = 3_600_000

export const CONTROLS = ['pause', 'resume', 'promote', 'abort', 'rollback'] as const
export type Control = (typeof CONTROLS)[number]

export type Reason = { reason?: string }
export type Page = { limit?: number | undefined; cursor?: string | undefined }
/** `sha256` in hex, of the bytes as they are sent. */
export type Upload = { package: 'srv' | 'cmd'; file: string; sha256: string }

type Query = Record<string, string | number | undefined>
type Request = { query?: Query | undefined; body?: unknown; headers?: Record<string, string>; timeoutMs?: number | null }

const path = (strings: TemplateStringsArray, ...names: string[]) => String.raw({ raw: strings }, ...names.map(encodeURIComponent))

/** Every method throws a Refusal, or a MusterError `unavailable` when there is no answer. */
export class Client {
  readonly url: string
  readonly #actor: string | null
  readonly #signal: AbortSignal

  /** `signal` aborts what is under way. */
  constructor(url: string, actor: string | null, signal: AbortSignal) {
    this.url = url.replace(/\/+$/, '')
    this.#actor = actor
    this.#signal = signal
  }

  health(): Promise<{ status: string }> {
    return this.#json('GET', '/v1/health')
  }

  applyService(name: string, document: unknown, { reason }: Reason): Promise<AppliedView> {
    return this.#json('PUT', path`/v1/services/${name}`, { body: document, query: { reason } })
  }

  previewService(name: string, document: unknown): Promise<AppliedView> {
    return this.#json('POST', path`/v1/services/${name}/preview`, { body: document })
  }

  services(query: Page): Promise<ServicesView> {
    return this.#json('GET', '/v1/services', { query })
  }

  service(name: string): Promise<ServiceView> {
    return this.#json('GET', path`/v1/services/${name}`)
  }

  entries(service: string, query: Page): Promise<EntriesView> {
    return this.#json('GET', path`/v1/services/${service}/entries`, { query })
  }

  entry(service: string, entry: number): Promise<ServiceView> {
    return this.#json('GET', path`/v1/services/${service}/entries/${String(entry)}`)
  }

  restore(service: string, entry: number, body: Reason): Promise<AppliedView> {
    return this.#json('POST', path`/v1/services/${service}/entries/${String(entry)}/restore`, { body })
  }

  diff(service: string, query: { from?: number | undefined; to?: number | undefined }): Promise<EntryDiffView> {
    return this.#json('GET', path`/v1/services/${service}/diff`, { query })
  }

  variables(service: string, host: string): Promise<VariablesView> {
    return this.#json('GET', path`/v1/services/${service}/variables`, { query: { host } })
  }

  async upload({ package: name, file, sha256 }: Upload): Promise<ArtifactView> {
    const headers = { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` }
    return this.#json('POST', '/v1/artifacts', { query: { package: name }, body: await openAsBlob(file), headers, timeoutMs: UPLOAD_TIMEOUT_MS })
  }

  createRelease(service: string, release: { version: string; srv: string; cmd?: string }): Promise<ReleasedView> {
    return this.#json('POST', path`/v1/services/${service}/releases`, { body: release })
  }

  releases(service: string, query: Page): Promise<ReleasesView> {
    return this.#json('GET', path`/v1/services/${service}/releases`, { query })
  }

  release(service: string, version: string): Promise<ReleaseView> {
    return this.#json('GET', path`/v1/services/${service}/releases/${version}`)
  }

  plan(request: RolloutRequest): Promise<PlanView> {
    return this.#json('POST', '/v1/rollouts/plan', { body: request })
  }

  start(request: RolloutRequest): Promise<RolloutView> {
    return this.#json('POST', '/v1/rollouts', { body: request })
  }

  /** Begins a command line on hosts. */
  run(request: RunRequest): Promise<RolloutView> {
    return this.#json('POST', '/v1/runs', { body: request })
  }

  rollouts(query: Page & { service?: string | undefined }): Promise<RolloutPageView> {
    return this.#json('GET', '/v1/rollouts', { query })
  }

  rollout(id: string): Promise<RolloutView> {
    return this.#json('GET', path`/v1/rollouts/${id}`)
  }

  tasks(id: string, { states, ...page }: Page & { states: readonly TaskState[] }): Promise<TaskPageView> {
    return this.#json('GET', path`/v1/rollouts/${id}/tasks`, { query: { state: states.join(','), ...page } })
  }

  control(id: string, control: Control, body: Reason): Promise<RolloutView> {
    return this.#json('POST', path`/v1/rollouts/${id}/${control}`, { body })
  }

  retry(id: string, body: Reason & { hosts?: string[] }): Promise<RolloutView> {
    return this.#json('POST', path`/v1/rollouts/${id}/retry`, { body })
  }

  skip(id: string, body: Reason & { hosts: string[] }): Promise<RolloutView> {
    return this.#json('POST', path`/v1/rollouts/${id}/skip`, { body })
  }

  outputs(id: string, query: Page & { host?: string | undefined }): Promise<OutputsView> {
    return this.#json('GET', path`/v1/rollouts/${id}/outputs`, { query })
  }

  hosts(selector?: string): Promise<{ hosts: HostView[] }> {
    return this.#json('GET', '/v1/hosts', { query: { selector } })
  }

  host(name: string): Promise<HostView> {
    return this.#json('GET', path`/v1/hosts/${name}`)
  }

  /** The stream of a rollout's changes after the event `after` (null: all that are kept), until `signal` aborts. */
  async events(id: string, after: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = { accept: 'text/event-stream', ...(after === null ? {} : { 'last-event-id': after }) }
    const response = await this.#send('GET', path`/v1/rollouts/${id}/events`, { headers, timeoutMs: null }, signal)
    if (response.body === null) throw this.#unreachable(new Error('an answer without a body'))
    return response.body
  }

  async #json<T>(method: string, route: string, request: Request = {}): Promise<T> {
    const response = await this.#send(method, route, request, this.#signal)
    try {
      return await response.json() as T
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  async #send(method: string, route: string, request: Request, abort: AbortSignal): Promise<Response> {
    const { query = {}, body, timeoutMs = REQUEST_TIMEOUT_MS } = request
    const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]))
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
    const headers = { ...(this.#actor === null ? {} : { 'muster-actor': this.#actor }), ...request.headers }
    const signal = timeoutMs === null ? abort : AbortSignal.any([abort, AbortSignal.timeout(timeoutMs)])
    let response: Response
    try {
      response = await fetch(this.url + route + search, { method, signal, ...withBody(body, headers) })
    } catch (error) {
      throw this.#unreachable(error)
    }
    if (!response.ok) throw await toRefusal(response)
    return response
  }

  #unreachable(error: unknown): Error {
    const reason = reasonOf(error)
    return problem('unavailable', `cannot reach the coordinator at ${this.url}: ${reason}`, {
      field: '--url', expected: 'the address of a running coordinator; muster dev starts one on this machine',
    })
  }
}

function withBody(body: unknown, headers: Record<string, string>): RequestInit {
  if (body === undefined) return { headers }
  if (body instanceof Blob) return { headers, body }
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0])
  return cause instanceof Error ? reasonOf(cause) : error.message
}
