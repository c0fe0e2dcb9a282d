/** Every route that there is, asked by nobody, by a viewer and by an admin. A new one that is open, or that lets a viewer change something, is seen here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProblemBody } from '../../../shared/api/problem.ts'
import { NOBODY, serve } from './served.ts'
import type { Served } from './served.ts'

/** Routes that ask for no token; those of identities check one of their own. */
const OPEN = new Set(['GET /v1/health', 'HEAD /v1/health', 'POST /v1/identity/enrol', 'POST /v1/identity/renew'])
/** Requests that only ask, although they are none of GET and HEAD. */
const ASKING = new Set(['POST /v1/services/:service/preview', 'POST /v1/services/:service/inspect', 'POST /v1/rollouts/plan'])

type Route = { name: string; method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'; path: string; url: string }

let http: Served
let routes: Route[]

beforeAll(async () => {
  http = await serve()
  await http.app.ready()
  routes = routesOf(http.app.printRoutes({ commonPrefix: false }))
})
afterAll(() => http.stop())

/** Out of Fastify's drawing of them, which has also those that the document hides. */
function routesOf(drawn: string): Route[] {
  const above: string[] = []
  return drawn.split('\n').flatMap((line) => {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (\S+) \(([A-Z, ]+)\)$/.exec(line) ?? []
    if (indent === undefined || part === undefined || methods === undefined) return []
    above.length = indent.length / 4
    above.push(part)
    const path = above.join('')
    const url = path.replace(':id', 'web-1').replace(':digest', 'a'.repeat(64)).replace(/:\w+/g, '1')
    return methods.split(', ').map((method) => ({ name: `${method} ${path}`, method: method as Route['method'], path, url }))
  })
}

/** The roles that the document says are enough; of HEAD, which it does not show, those of GET. */
function documented({ method, path }: Route): string[] {
  const operation = http.app.swagger().paths?.[path.replace(/:(\w+)/g, '{$1}')]?.[method === 'HEAD' ? 'get' : (method.toLowerCase() as 'get')]
  return (operation?.security ?? []).flatMap(({ token = [] }) => token)
}

async function ask({ method, url }: Route, headers: Record<string, string>): Promise<{ status: number; code: string | null; challenge: unknown }> {
  const answer = await http.app.inject({ method, url, headers, ...(method === 'POST' || method === 'PUT' ? { payload: {} } : {}) })
  const isProblem = answer.statusCode >= 400 && answer.body !== ''
  return { status: answer.statusCode, code: isProblem ? answer.json<ProblemBody>().error.code : null, challenge: answer.headers['www-authenticate'] }
}

describe('the routes', () => {
  it('are all here: what the document has, and what it hides', () => {
    const named = new Set(routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`))
    const inDocument = Object.entries(http.app.swagger().paths ?? {}).flatMap(([path, methods]) => Object.keys(methods ?? {}).map((method) => `${method} ${path}`))
    expect(inDocument.filter((one) => !named.has(one))).toEqual([])
    expect(inDocument.length).toBeGreaterThan(40)
    expect([...named]).toEqual(expect.arrayContaining(['get /metrics', 'get /v1/openapi.json']))
  })

  it('answer nobody, but for the open ones', async () => {
    for (const route of routes) {
      for (const headers of [NOBODY, { authorization: 'Bearer mst_token-of-ann_wrong' }, { authorization: 'Basic YW5uOmFubg==', 'muster-actor': 'ann' }]) {
        const { status, challenge } = await ask(route, headers)
        const isShut = status === 401 && challenge === 'Bearer'
        expect([route.name, isShut, challenge]).toEqual([route.name, !OPEN.has(route.name), OPEN.has(route.name) ? undefined : 'Bearer'])
      }
    }
  })

  it('let a viewer look, and change nothing', async () => {
    for (const route of routes.filter(({ name }) => !OPEN.has(name))) {
      const isLooking = route.method === 'GET' || route.method === 'HEAD' || ASKING.has(route.name)
      const { status } = await ask(route, http.as('vera'))
      const mayLook = isLooking && !documented(route).includes('admin')
      expect([route.name, status === 403, status === 401]).toEqual([route.name, !mayLook, false])
    }
  })

  it('let an admin do what the document says takes one', async () => {
    for (const route of routes.filter(({ name }) => !OPEN.has(name))) {
      const { status, code } = await ask(route, http.as('ann'))
      expect([route.name, [401, 403].includes(status), code]).toEqual([route.name, false, code])
    }
  })

  it('say in the document what they need', () => {
    for (const route of routes.filter(({ path, method }) => path.startsWith('/v1/') && method !== 'HEAD' && path !== '/v1/openapi.json')) {
      const isLooking = route.method === 'GET' || ASKING.has(route.name)
      const roles = documented(route)
      const isRight = OPEN.has(route.name) ? roles.length === 0 : roles.length === 1 && (isLooking || roles[0] === 'admin')
      expect([route.name, roles, isRight]).toEqual([route.name, roles, true])
    }
  })

  it('that are not there are nobody’s business', async () => {
    expect(await http.ask('GET', '/v1/nowhere', undefined, NOBODY)).toMatchObject({ status: 401 })
    expect(await http.ask('GET', '/v1/nowhere', undefined, http.as('vera'))).toMatchObject({ status: 404, body: { error: { code: 'route_unknown' } } })
  })
})
