/** The rights that operations need, in the OpenAPI document, as the door of the API asks for them. */
import { accessOf } from './access.ts'
import type { RouteAccess } from './access.ts'
import type { App } from './deps.ts'

export const SECURITY_SCHEMES = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'mst_<id>_<secret>', description: 'A token of `muster token create`; its role is viewer or admin.' },
} as const

type Requirement = Partial<Record<keyof typeof SECURITY_SCHEMES, string[]>>

/** Any one of them is enough; none: nobody is asked. The texts are roles. */
const REQUIREMENTS: Record<RouteAccess, Requirement[]> = {
  anyone: [],
  viewer: [{ token: ['viewer'] }],
  admin: [{ token: ['admin'] }],
}

/** To be called before any route is added. */
export function describeRights(app: App): void {
  app.addHook('onRoute', (route) => {
    const access = accessOf({ method: String(route.method), routeOptions: { url: route.url, config: route.config ?? {} } })
    route.schema = { ...route.schema, security: REQUIREMENTS[access] }
  })
}
