/** Which right a request needs, read off its route. A route that says nothing is closed: who adds one has to open it by name. */
import { changesSomething } from './verb.ts'
import type { Asked } from './verb.ts'

export type RouteAccess = 'anyone' | 'viewer' | 'admin'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** When it is not what its method says: looking is for viewers, changing is for admins. */
    access?: RouteAccess
  }
}

/** What is not there takes a viewer to be told so. */
export function accessOf(request: Asked): RouteAccess {
  return request.routeOptions.config.access ?? (changesSomething(request) ? 'admin' : 'viewer')
}
