/** What people and programs see of a rollout: what its scripts printed, its changes as events that resume, and the document that describes the API. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { OutputView } from '../../shared/api/rollout.ts'
import { OUTPUT_TAIL_BYTES } from '../../shared/command.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { connection, feed } from './fleet/feed.ts'
import type { FeedEvent } from './fleet/feed.ts'
import { until } from './fleet/until.ts'
import { untilFile, WebService } from './web-service.ts'

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService
/** Of a rollout over both hosts that has ended. */
let ended: string

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2 })
  web = new WebService(fleet, 'web')
  await web.apply()
  await web.release('1', { check: 'for ((line = 1; line <= 1000; line++)); do echo "line $line of many"; done' })
  await web.release('2', { start: untilFile('go') })
  const rollout = await web.rollOut('1')
  expect(rollout.phase).toBe('succeeded')
  ended = rollout.id
})

describe('muster logs', () => {
  test('shows what each step printed on each host', async () => {
    const { code, stdout } = await fleet.muster('logs', ended)
    expect(code).toBe(0)
    for (const host of fleet.hosts) expect(stdout).toContain(`start of web 1 on ${host}\n`)
    expect(stdout).toMatch(/^== h1 {2}start, attempt 1, /m)
    const one = await fleet.muster('logs', ended, '--host', 'h2')
    expect(one.stdout).toContain('start of web 1 on h2\n')
    expect(one.stdout).not.toContain('on h1')
  })

  test('has the end of a long output, and says how much there was', async () => {
    const { stdout } = await fleet.muster('logs', ended, '--host', 'h1', '--json')
    const { hosts } = JSON.parse(stdout) as { hosts: OutputView[] }
    const check = hosts[0]?.outputs.find(({ step }) => step === 'check')
    expect(check?.tail).toMatch(/line 999 of many\nline 1000 of many\n/)
    expect(check?.tail).not.toContain('line 1 of many')
    expect(Buffer.byteLength(check?.tail ?? '')).toBeLessThanOrEqual(OUTPUT_TAIL_BYTES)
    expect(check?.totalBytes).toBeGreaterThan(2 * OUTPUT_TAIL_BYTES)
  })
})

describe('events', () => {
  test('resume after any event without a gap and without a repetition', async () => {
    const all = await Array.fromAsync(feed(fleet.coordinator.door, ended))
    expect(all.length).toBeGreaterThan(10)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const [index, { id }] of all.entries()) expect(await after(ended, id)).toEqual(all.slice(index + 1))
  })

  test('resume while the rollout goes on', async () => {
    const id = await web.start('2', { concurrency: 1 })
    await until('a script runs', () => web.ledgers(id).some(({ step }) => step === 'start'))
    const beginning = await some(id, 5)
    await Promise.all(fleet.hosts.map((host) => web.put(host, 'go')))
    const rest = await after(id, beginning.at(-1)!.id)
    expect([...beginning, ...rest]).toEqual(await Array.fromAsync(feed(fleet.coordinator.door, id)))
    expect(rest.at(-1)?.change).toEqual(expect.objectContaining({ kind: 'rollout', phase: 'succeeded' }))
  })
})

/** What one connection says after an event, until the rollout has ended. */
async function after(rollout: string, id: string): Promise<FeedEvent[]> {
  return Array.fromAsync(connection(fleet.coordinator.door, rollout, id, AbortSignal.timeout(30_000)))
}

/** The first events, on a connection that is then broken off. */
async function some(rollout: string, count: number): Promise<FeedEvent[]> {
  const events: FeedEvent[] = []
  const leave = new AbortController()
  for await (const event of connection(fleet.coordinator.door, rollout, null, leave.signal)) {
    events.push(event)
    if (events.length === count) break
  }
  leave.abort()
  return events
}

describe('the OpenAPI document', () => {
  const ROUTES = [
    'get /v1/health', 'get /v1/services', 'put /v1/services/{service}', 'get /v1/services/{service}',
    'post /v1/services/{service}/releases', 'get /v1/services/{service}/releases',
    'get /v1/services/{service}/releases/{version}', 'post /v1/services/{service}/preview', 'get /v1/services/{service}/variables',
    'get /v1/services/{service}/entries', 'get /v1/services/{service}/entries/{entry}', 'post /v1/services/{service}/entries/{entry}/restore',
    'get /v1/services/{service}/diff', 'post /v1/artifacts', 'get /v1/artifacts/{digest}',
    'post /v1/rollouts/plan', 'post /v1/rollouts', 'get /v1/rollouts', 'get /v1/rollouts/{id}', 'get /v1/rollouts/{id}/tasks',
    'get /v1/rollouts/{id}/events', 'get /v1/rollouts/{id}/outputs', 'get /v1/rollouts/{id}/outputs/{host}/{attempt}/{step}', 'get /v1/rollouts/{id}/failures', 'get /v1/drift', 'post /v1/services/{service}/inspect', 'get /v1/hosts', 'get /v1/hosts/{host}', 'delete /v1/hosts/{host}', 'get /v1/hosts/{host}/history', 'get /v1/audit',
    ...['pause', 'resume', 'promote', 'abort', 'rollback', 'retry', 'skip'].map((control) => `post /v1/rollouts/{id}/${control}`),
  ]

  test('is valid and names every route', async () => {
    const document = await fleet.api.get<{ paths: Record<string, object> }>('/v1/openapi.json')
    expect(await new Validator().validate(document)).toEqual(expect.objectContaining({ valid: true }))
    const named = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    expect(named).toEqual(expect.arrayContaining(ROUTES))
  })
})
