/**
 * `/metrics` for Prometheus. What is counted over all coordinators is the same on each of them (take the max); requests, agents held back, event loop
 * and memory are this one's own. Labels take values from short fixed lists, routes as they are written in the code, and names of relays: no host, service
 * or rollout is ever a label.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { CERTIFICATE_STATES, certificateState } from '../../../engine/certificate-state.ts'
import { FETCH_SOURCES } from '../../../engine/ports/fetches.ts'
import { measureWorkload } from '../../../engine/workload.ts'
import type { App, HttpDeps } from '../deps.ts'
import { relayGauges } from '../relay-metrics.ts'
import { relayViews } from '../relay-views.ts'

/** However often it is scraped: looking at ten thousand hosts costs a few dozen milliseconds. */
export const MEASURED_EVERY_MS = 2000

const DURATION_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

type Gauges = ReturnType<typeof gaugesIn>
type SetRelays = ReturnType<typeof relayGauges>

export function metricRoutes(app: App, deps: HttpDeps): void {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  collectDefaultMetrics({ register: registry })
  const gauges = gaugesIn(registers)
  const setRelays = relayGauges(registers)
  const build = new Gauge({ name: 'muster_build_info', help: 'Always 1; the version of this coordinator.', labelNames: ['version'], registers })
  build.set({ version: deps.version }, 1)
  const redisErrors = new Counter({ name: 'muster_redis_errors_total', help: 'Times that the connection for commands to Redis failed.', registers })
  const throttled = new Counter({
    name: 'muster_agents_throttled_seconds_total', help: 'For how long this coordinator has let agents wait that say more than they may.', registers,
  })
  const fetched = new Counter({
    name: 'muster_fetched_bytes_total', help: 'Bytes that hosts have fetched, as this coordinator has heard first, by where they came from.',
    labelNames: ['source'], registers,
  })
  let measuredAtMs = -Infinity
  let measuring: Promise<void> = Promise.resolve()

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const now = performance.now()
    if (now - measuredAtMs > MEASURED_EVERY_MS) {
      measuredAtMs = now
      measuring = measure(gauges, setRelays, deps)
    }
    await measuring
    redisErrors.reset()
    redisErrors.inc(deps.vitals.redisErrors())
    throttled.reset()
    throttled.inc(deps.throttled.waitedSeconds())
    fetched.reset()
    const { bytes } = deps.fetches.counted()
    for (const source of FETCH_SOURCES) fetched.inc({ source }, bytes[source])
    return reply.type(registry.contentType).send(await Registry.merge([registry, deps.relayMetrics]).metrics())
  })
  timeRequests(app, registers)
}

/** On the root, so that it is told of every route. */
function timeRequests(app: App, registers: Registry[]): void {
  const duration = new Histogram({
    name: 'muster_http_request_duration_seconds', help: 'Time from a request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'], buckets: DURATION_BUCKETS_S, registers,
  })
  app.addHook('onResponse', async (request, reply) => {
    duration.observe({ method: request.method, route: request.routeOptions.url ?? 'unknown', status: reply.statusCode }, reply.elapsedTime / 1000)
  })
}

function gaugesIn(registers: Registry[]) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) => new Gauge({ name, help, labelNames, registers })
  return {
    redisUp: gauge('muster_redis_up', 'Whether Redis could be asked for the numbers below; 0: they are not there.'),
    rollouts: gauge('muster_rollouts', 'Rollouts that have not come to rest, by phase.', 'phase'),
    tasks: gauge('muster_tasks', 'Tasks of those rollouts, by state.', 'state'),
    slotsUsed: gauge('muster_slots_used', 'Hosts that hold a slot.'),
    slotsWindow: gauge('muster_slots_window', 'Hosts that may hold a slot at once, over all rollouts that move.'),
    commandsOpen: gauge('muster_commands_open', 'Commands that lie with hosts or on their way to them.'),
    hosts: gauge('muster_hosts', 'Hosts, by whether they are there.', 'status'),
    fetching: gauge('muster_hosts_fetching', 'Hosts here that are fetching.'),
    warming: gauge('muster_hosts_warming', 'Hosts that are asked to fetch ahead of their turn and have not answered.'),
    throttled: gauge('muster_agents_throttled', 'Agents here that say more than they may, and were held back within the last minute.'),
    certificates: gauge('muster_machine_certificates', 'Machines that have joined, by how their certificates stand.', 'state'),
    queueJobs: gauge('muster_queue_jobs', 'Jobs in BullMQ, by queue and state.', 'queue', 'state'),
    deliveries: gauge('muster_webhook_deliveries', 'Messages to webhooks that have not arrived: waiting for their next try, or dead.', 'state'),
    auditEntries: gauge('muster_audit_entries', 'Entries in the record of changes.'),
  }
}

/** What cannot be measured is left out: an old number would be believed. */
async function measure(gauges: Gauges, setRelays: SetRelays, deps: HttpDeps): Promise<void> {
  const { ports, identities, relays, vitals, throttled, fetches, webhooks, audit } = deps
  for (const gauge of Object.values(gauges)) gauge.reset()
  setRelays(null)
  gauges.throttled.set(throttled.agents())
  gauges.fetching.set(fetches.counted().fetching)
  try {
    const [load, machines, queues, deliveries, entries, views] = await Promise.all([
      measureWorkload(ports), identities.all(), vitals.queues(), webhooks.counts(), audit.size(), relayViews({ identities, relays }, ports.clock()),
    ])
    for (const [phase, count] of Object.entries(load.rollouts)) gauges.rollouts.set({ phase }, count)
    for (const [state, count] of Object.entries(load.tasks)) gauges.tasks.set({ state }, count)
    for (const [status, count] of Object.entries(load.hosts)) gauges.hosts.set({ status }, count)
    const certificates = machines.map(({ certificate }) => certificateState(certificate, ports.clock()))
    for (const state of CERTIFICATE_STATES) gauges.certificates.set({ state }, certificates.filter((one) => one === state).length)
    for (const [state, count] of Object.entries(deliveries)) gauges.deliveries.set({ state }, count)
    for (const { queue, state, jobs } of queues) gauges.queueJobs.set({ queue, state }, jobs)
    setRelays(views)
    gauges.warming.set(load.hostsWarming)
    gauges.slotsUsed.set(load.slotsUsed)
    gauges.slotsWindow.set(load.slotsWindow)
    gauges.commandsOpen.set(load.commandsOpen)
    gauges.auditEntries.set(entries)
    gauges.redisUp.set(1)
  } catch (error) {
    ports.log.warn({ err: error }, 'cannot measure for /metrics')
    gauges.redisUp.set(0)
  }
}
