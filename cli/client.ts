/** The HTTP API as functions, each a line over the types that are generated from the coordinator's own document. Refusals become a `Refusal`. */
import type {
  AppliedView, EntriesView, EntryDiffView, ReleasedView, ReleaseRequest, ReleasesView, ReleaseView, ServicesView, ServiceView, VariablesView,
} from '../shared/api/catalogue.ts'
import type { AuditPageView } from '../shared/api/audit.ts'
import type { FreezeRequest, FreezesView, FreezeView } from '../shared/api/freeze.ts'
import type { ScheduleRequest, SchedulesView, ScheduleView } from '../shared/api/schedule.ts'
import type { DriftView, InspectedView } from '../shared/api/drift.ts'
import type { FailuresView } from '../shared/api/failures.ts'
import type { HistoryView, HostDetailView, HostStatus, HostsView, RemovedHostView } from '../shared/api/host.ts'
import type { OutputsView, PlanView, RolloutPageView, RolloutRequest, RolloutView, RunRequest, TaskPageView } from '../shared/api/rollout.ts'
import type { RelaysView, RemovedRelayView } from '../shared/api/relay.ts'
import type { RevokedTokenView, TokenCreatedView, TokenRequest, TokensView } from '../shared/api/token.ts'
import type { DeliveriesView, DeliveryView, TryView, WebhookAddedView, WebhookRequest, WebhookView } from '../shared/api/webhook.ts'
import type { WhoamiView } from '../shared/api/whoami.ts'
import type { TaskState } from '../shared/states.ts'
import { Calls } from './calls.ts'
import { Uploads } from './package/uploads.ts'
import type { Endpoint } from './transport.ts'

export const CONTROLS = ['pause', 'resume', 'promote', 'abort', 'rollback', 'retry-script', 'skip-script'] as const
export type Control = (typeof CONTROLS)[number]

export type Reason = { reason?: string }
/** `overrideFreeze` is for a resume; `wave`, which the first is 1 of, for a rollback. */
export type ControlFlags = Reason & { overrideFreeze?: boolean; wave?: number }
export type Page = { limit?: number | undefined; cursor?: string | undefined }
/** `since`: milliseconds since the epoch. */
export type AuditQuery = Page & { actor?: string | undefined; target?: string | undefined; verb?: string | undefined; since?: number | undefined }

/** Every method throws a Refusal, or a MusterError `unavailable` or `certificate_refused` when there is no answer. */
export class Client {
  readonly url: string
  readonly uploads: Uploads
  readonly #calls: Calls

  /** `signal` aborts what is under way. */
  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.#calls = new Calls(endpoint, signal)
    this.url = this.#calls.url
    this.uploads = new Uploads(this.#calls)
  }

  health(): Promise<{ status: string }> {
    return this.#calls.data(this.#calls.api.GET('/v1/health'))
  }

  whoami(): Promise<WhoamiView> {
    return this.#calls.data(this.#calls.api.GET('/v1/whoami'))
  }

  applyService(service: string, document: unknown, { reason }: Reason): Promise<AppliedView> {
    return this.#calls.data(this.#calls.api.PUT('/v1/services/{service}', { params: { path: { service }, query: given({ reason }) }, body: entryOf(document) }))
  }

  previewService(service: string, document: unknown): Promise<AppliedView> {
    return this.#calls.data(this.#calls.api.POST('/v1/services/{service}/preview', { params: { path: { service } }, body: entryOf(document) }))
  }

  services(query: Page): Promise<ServicesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services', { params: { query: given(query) } }))
  }

  service(service: string): Promise<ServiceView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}', { params: { path: { service } } }))
  }

  entries(service: string, query: { limit?: number | undefined; cursor?: number | undefined }): Promise<EntriesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}/entries', { params: { path: { service }, query: given(query) } }))
  }

  entry(service: string, entry: number): Promise<ServiceView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}/entries/{entry}', { params: { path: { service, entry } } }))
  }

  restore(service: string, entry: number, body: Reason): Promise<AppliedView> {
    return this.#calls.data(this.#calls.api.POST('/v1/services/{service}/entries/{entry}/restore', { params: { path: { service, entry } }, body: given(body) }))
  }

  diff(service: string, query: { from?: number | undefined; to?: number | undefined }): Promise<EntryDiffView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}/diff', { params: { path: { service }, query: given(query) } }))
  }

  variables(service: string, host: string): Promise<VariablesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}/variables', { params: { path: { service }, query: { host } } }))
  }

  createRelease(service: string, body: ReleaseRequest): Promise<ReleasedView> {
    return this.#calls.data(this.#calls.api.POST('/v1/services/{service}/releases', { params: { path: { service } }, body: given(body) }))
  }

  releases(service: string, query: Page): Promise<ReleasesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}/releases', { params: { path: { service }, query: given(query) } }))
  }

  release(service: string, version: string): Promise<ReleaseView> {
    return this.#calls.data(this.#calls.api.GET('/v1/services/{service}/releases/{version}', { params: { path: { service, version } } }))
  }

  plan(request: RolloutRequest): Promise<PlanView> {
    return this.#calls.data(this.#calls.api.POST('/v1/rollouts/plan', { body: given(request) }))
  }

  start(request: RolloutRequest): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.POST('/v1/rollouts', { body: given(request) }))
  }

  /** Begins a command line on hosts. */
  run(request: RunRequest): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.POST('/v1/runs', { body: given(request) }))
  }

  rollouts(query: Page & { service?: string | undefined }): Promise<RolloutPageView> {
    return this.#calls.data(this.#calls.api.GET('/v1/rollouts', { params: { query: given(query) } }))
  }

  rollout(id: string): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.GET('/v1/rollouts/{id}', { params: { path: { id } } }))
  }

  tasks(id: string, { states, ...page }: Page & { states: readonly TaskState[] }): Promise<TaskPageView> {
    return this.#calls.data(this.#calls.api.GET('/v1/rollouts/{id}/tasks', { params: { path: { id }, query: { state: states.join(','), ...given(page) } } }))
  }

  control(id: string, control: Control, body: ControlFlags): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.POST(`/v1/rollouts/{id}/${control}`, { params: { path: { id } }, body: given(body) }))
  }

  retry(id: string, body: Reason & { hosts?: string[]; which?: 'failed' | 'not-started' }): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.POST('/v1/rollouts/{id}/retry', { params: { path: { id } }, body: given(body) }))
  }

  kill(id: string, body: Reason & { hosts: string[] }): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.POST('/v1/rollouts/{id}/kill', { params: { path: { id } }, body: given(body) }))
  }

  skip(id: string, body: Reason & { hosts: string[] }): Promise<RolloutView> {
    return this.#calls.data(this.#calls.api.POST('/v1/rollouts/{id}/skip', { params: { path: { id } }, body: given(body) }))
  }

  outputs(id: string, query: Page & { host?: string | undefined; after?: number }): Promise<OutputsView> {
    return this.#calls.data(this.#calls.api.GET('/v1/rollouts/{id}/outputs', { params: { path: { id }, query: given(query) } }))
  }

  /** All that a step has printed; the stream breaks when the host goes away. */
  async fullOutput(id: string, output: { host: string; attempt: number; step: string }, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { host, attempt, step } = output
    const path = [id, 'outputs', host, String(attempt), step].map(encodeURIComponent).join('/')
    return this.#calls.stream(`/v1/rollouts/${path}`, {}, signal)
  }

  failures(id: string): Promise<FailuresView> {
    return this.#calls.data(this.#calls.api.GET('/v1/rollouts/{id}/failures', { params: { path: { id } } }))
  }

  drift(service: string | undefined): Promise<DriftView> {
    return this.#calls.data(this.#calls.api.GET('/v1/drift', { params: { query: given({ service }) } }))
  }

  inspect(service: string, cursor: string | undefined): Promise<InspectedView> {
    return this.#calls.data(this.#calls.api.POST('/v1/services/{service}/inspect', { params: { path: { service }, query: given({ cursor }) } }))
  }

  hosts(query: Page & { selector?: string | undefined; status?: HostStatus | undefined } = {}): Promise<HostsView> {
    return this.#calls.data(this.#calls.api.GET('/v1/hosts', { params: { query: given(query) } }))
  }

  host(host: string): Promise<HostDetailView> {
    return this.#calls.data(this.#calls.api.GET('/v1/hosts/{host}', { params: { path: { host } } }))
  }

  hostHistory(host: string, query: Page): Promise<HistoryView> {
    return this.#calls.data(this.#calls.api.GET('/v1/hosts/{host}/history', { params: { path: { host }, query: given(query) } }))
  }

  removeHost(host: string, query: Reason): Promise<RemovedHostView> {
    return this.#calls.data(this.#calls.api.DELETE('/v1/hosts/{host}', { params: { path: { host }, query: given(query) } }))
  }

  addSchedule(body: ScheduleRequest): Promise<ScheduleView> {
    return this.#calls.data(this.#calls.api.POST('/v1/schedules', { body: given(body) }))
  }

  schedules(query: Page): Promise<SchedulesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/schedules', { params: { query: given(query) } }))
  }

  schedule(name: string): Promise<ScheduleView> {
    return this.#calls.data(this.#calls.api.GET('/v1/schedules/{name}', { params: { path: { name } } }))
  }

  pauseSchedule(name: string, query: Reason): Promise<ScheduleView> {
    return this.#calls.data(this.#calls.api.POST('/v1/schedules/{name}/pause', { params: { path: { name }, query: given(query) } }))
  }

  resumeSchedule(name: string, query: Reason): Promise<ScheduleView> {
    return this.#calls.data(this.#calls.api.POST('/v1/schedules/{name}/resume', { params: { path: { name }, query: given(query) } }))
  }

  removeSchedule(name: string, query: Reason): Promise<ScheduleView> {
    return this.#calls.data(this.#calls.api.DELETE('/v1/schedules/{name}', { params: { path: { name }, query: given(query) } }))
  }

  addFreeze(body: FreezeRequest): Promise<FreezeView> {
    return this.#calls.data(this.#calls.api.POST('/v1/freezes', { body: given(body) }))
  }

  freezes(query: Page): Promise<FreezesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/freezes', { params: { query: given(query) } }))
  }

  removeFreeze(name: string, query: Reason): Promise<FreezeView> {
    return this.#calls.data(this.#calls.api.DELETE('/v1/freezes/{name}', { params: { path: { name }, query: given(query) } }))
  }

  audit(query: AuditQuery): Promise<AuditPageView> {
    return this.#calls.data(this.#calls.api.GET('/v1/audit', { params: { query: given(query) } }))
  }

  createToken(body: TokenRequest): Promise<TokenCreatedView> {
    return this.#calls.data(this.#calls.api.POST('/v1/tokens', { body: given(body) }))
  }

  tokens(): Promise<TokensView> {
    return this.#calls.data(this.#calls.api.GET('/v1/tokens'))
  }

  revokeToken(id: string, query: Reason): Promise<RevokedTokenView> {
    return this.#calls.data(this.#calls.api.DELETE('/v1/tokens/{id}', { params: { path: { id }, query: given(query) } }))
  }

  relays(query: Page): Promise<RelaysView> {
    return this.#calls.data(this.#calls.api.GET('/v1/relays', { params: { query: given(query) } }))
  }

  removeRelay(relay: string, query: Reason): Promise<RemovedRelayView> {
    return this.#calls.data(this.#calls.api.DELETE('/v1/relays/{relay}', { params: { path: { relay }, query: given(query) } }))
  }

  addWebhook(body: WebhookRequest): Promise<WebhookAddedView> {
    return this.#calls.data(this.#calls.api.POST('/v1/webhooks', { body: given(body) }))
  }

  webhooks(): Promise<{ webhooks: WebhookView[] }> {
    return this.#calls.data(this.#calls.api.GET('/v1/webhooks'))
  }

  removeWebhook(name: string): Promise<{ name: string }> {
    return this.#calls.data(this.#calls.api.DELETE('/v1/webhooks/{name}', { params: { path: { name } } }))
  }

  testWebhook(name: string): Promise<TryView> {
    return this.#calls.data(this.#calls.api.POST('/v1/webhooks/{name}/test', { params: { path: { name } } }))
  }

  deliveries(name: string, query: Page): Promise<DeliveriesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/webhooks/{name}/deliveries', { params: { path: { name }, query: given(query) } }))
  }

  deadDeliveries(query: Page): Promise<DeliveriesView> {
    return this.#calls.data(this.#calls.api.GET('/v1/webhooks/dead', { params: { query: given(query) } }))
  }

  redeliver(name: string, message: string): Promise<DeliveryView> {
    return this.#calls.data(this.#calls.api.POST('/v1/webhooks/{name}/deliveries/{message}/redeliver', { params: { path: { name, message } } }))
  }

  /** The stream of a rollout's changes after the event `after` (null: all that are kept), until `signal` aborts. */
  async events(id: string, after: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = { accept: 'text/event-stream', ...(after === null ? {} : { 'last-event-id': after }) }
    return this.#calls.stream(`/v1/rollouts/${encodeURIComponent(id)}/events`, headers, signal)
  }
}

/** What is not a service's entry is for the coordinator to say. */
function entryOf(document: unknown): never {
  return document as never
}

/** Without what was left open: the API takes a field or none, and not `undefined`. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}
