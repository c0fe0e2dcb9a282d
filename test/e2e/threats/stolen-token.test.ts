/** Whoever has a token that was made for somebody else: what it was made for is what it is good for, until it is revoked. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditPageView } from '../../../shared/api/audit.ts'
import type { HostView } from '../../../shared/api/host.ts'
import type { TokenCreatedView } from '../../../shared/api/token.ts'
import { hello } from '../../unit/sessions/agent.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { Api } from '../fleet/api.ts'
import { until } from '../fleet/until.ts'
import { enrol, sessionWith } from './machine.ts'

/** What a viewer may ask with a POST, besides what every machine may. */
const ASKING = ['post /v1/rollouts/plan', 'post /v1/services/{service}/preview', 'post /v1/services/{service}/inspect']
const OF_MACHINES = ['post /v1/identity/enrol', 'post /v1/identity/renew']

stopFleetsAfterwards()

let fleet: Fleet
beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 1 })
})

const given = (wanted: Record<string, unknown>) => fleet.api.post<TokenCreatedView>('/v1/tokens', wanted)
const holding = (token: string) => new Api({ ...fleet.coordinator.door, token })
const NOT_GOOD = { status: 401, body: { error: { code: 'token_invalid' } } }

describe('a join token', () => {
  test('lets in the names that it is for, as often as it says, as what it says, and nobody to the API', async () => {
    const { text } = await given({ role: 'agent', hosts: 'web-*', uses: 2 })
    expect(await enrol(fleet, text, 'db-1')).toMatchObject(NOT_GOOD)
    expect(await enrol(fleet, text, 'web-1', 'relay')).toMatchObject(NOT_GOOD)
    expect((await enrol(fleet, text, 'web-1')).status).toBe(200)
    expect((await enrol(fleet, text, 'web-2')).status).toBe(200)
    expect(await enrol(fleet, text, 'web-3')).toMatchObject(NOT_GOOD)
    expect((await holding(text).ask('GET', '/v1/hosts')).status).toBe(401)
  })

  test('takes nobody’s place, unless it was made to', async () => {
    const { text } = await given({ role: 'agent', hosts: 'h1', uses: 2 })
    expect(await enrol(fleet, text, 'h1')).toMatchObject({ status: 409, body: { error: { code: 'host_enrolled' } } })
    const { hosts } = await fleet.api.get<{ hosts: HostView[] }>('/v1/hosts')
    expect(hosts).toMatchObject([{ host: 'h1', status: 'connected' }])
  })

  test('gives the labels that it was made with, whatever the machine claims', async () => {
    const { text } = await given({ role: 'agent', hosts: 'web-4', labels: { env: 'test' } })
    const { paper } = await enrol(fleet, text, 'web-4')
    await sessionWith(fleet, paper, 'web-4').say(hello({ labels: { env: 'prod', rack: 'r1' } })).hears('welcome')
    expect(await fleet.api.get('/v1/hosts/web-4')).toMatchObject({ labels: { env: 'test', rack: 'r1' }, ignoredLabels: { env: 'prod' } })
  })

  test('lets in nobody once it is revoked', async () => {
    const { id, text } = await given({ role: 'agent', uses: 2 })
    expect((await enrol(fleet, text, 'app-1')).status).toBe(200)
    await fleet.api.ask('DELETE', `/v1/tokens/${id}`)
    expect(await enrol(fleet, text, 'app-2')).toMatchObject(NOT_GOOD)
  })
})

describe('an API token', () => {
  test('of a viewer changes nothing', async () => {
    const viewer = holding((await given({ role: 'viewer', name: 'vera' })).text)
    const { paths } = await viewer.get<{ paths: Record<string, Record<string, unknown>> }>('/v1/openapi.json')
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    const changing = routes.filter((route) => !route.startsWith('get ') && !OF_MACHINES.includes(route))
    expect(changing).toEqual(expect.arrayContaining([...ASKING, 'post /v1/runs', 'delete /v1/hosts/{host}', 'post /v1/tokens']))
    for (const route of changing) {
      const [method = '', path = ''] = route.split(' ')
      const { status } = await viewer.ask(method.toUpperCase(), path.replace(/\{\w+\}/g, 'h1'), method === 'delete' ? undefined : {})
      expect([route, status === 403]).toEqual([route, !ASKING.includes(route)])
    }
    const { entries } = await fleet.api.get<AuditPageView>('/v1/audit?actor=vera')
    expect(entries.filter(({ outcome }) => outcome !== 'refused')).toEqual([])
  })

  test.each(['viewer', 'admin'] as const)('of a %s is out within seconds of being revoked', async (role) => {
    const { id, text } = await given({ role, name: `eve-${role}` })
    const thief = holding(text)
    expect((await thief.ask('GET', '/v1/hosts')).status).toBe(200)
    await fleet.api.ask('DELETE', `/v1/tokens/${id}`)
    await until('the token is refused', async () => (await thief.ask('GET', '/v1/hosts')).status === 401, 5000)
  })

  test('of an admin does whatever an admin may, under the name that it was made with', async () => {
    const { text } = await given({ role: 'admin', name: 'alice' })
    await holding(text).post('/v1/freezes', { name: 'night', from: '1980-01-01 00:00', to: '1980-01-02 00:00', tz: 'UTC', reason: 'not by alice' })
    const { entries } = await fleet.api.get<AuditPageView>('/v1/audit?actor=alice')
    expect(entries).toMatchObject([{ verb: 'freeze.add', targets: ['freeze/night'], outcome: 'done' }])
  })
})
