/** What a request does, read off its route: the one name in the OpenAPI document is also the verb in the record of changes. */
import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import { serviceOf } from '../../../shared/ids.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A POST that only asks. */
    changesNothing?: boolean
  }
  interface FastifySchema {
    operationId?: string
    summary?: string
    hide?: boolean
  }
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What can be said of a route before there is a request. */
export type Asked = { method: string; routeOptions: { url?: string | undefined; config: FastifyContextConfig } }

export function changesSomething({ method, routeOptions }: Asked): boolean {
  return !SAFE.has(method) && routeOptions.url !== undefined && routeOptions.config.changesNothing !== true
}

/** `rollout.pause`, from `pauseRollout`. */
export function verbOf(request: FastifyRequest): string {
  const [, verb, noun] = /^([a-z]+)([A-Z]\w*)$/.exec(request.routeOptions.schema?.operationId ?? '') ?? []
  if (verb === undefined || noun === undefined) return `${nounOf(request)}.${request.method.toLowerCase()}`
  return `${noun.charAt(0).toLowerCase()}${noun.slice(1)}.${verb}`
}

/** `rollout`, of `/v1/rollouts/:id/pause`. A run is one. */
function nounOf({ routeOptions }: FastifyRequest): string {
  const noun = (routeOptions.url ?? '').split('/')[2]?.replace(/s$/, '') ?? ''
  return noun === 'run' ? 'rollout' : noun
}

/** `rollout/web-7`, `service/web`: what a request is about, by what its path, its body and its answer name; first what it changes. */
export function targetsOf(request: FastifyRequest, answer: unknown): string[] {
  const noun = nounOf(request)
  const inPath = Object.entries(request.params as Record<string, unknown>)
  const params = inPath.map(([name, value]) => targetOf(name === 'id' || name === 'name' ? noun : name, value))
  const { service, hosts, host } = fieldsOf(request.body)
  const made = fieldsOf(answer)
  const created = params.length === 0 ? (made['id'] ?? made['name'] ?? made['digest']) : undefined
  const named = [
    targetOf(noun, created), ...params.reverse(), targetOf('service', service), targetOf('host', host),
    ...(Array.isArray(hosts) ? hosts.map((one) => targetOf('host', one)) : []),
  ].filter((target) => target !== null)
  const rollouts = named.filter((target) => target.startsWith('rollout/') && !target.startsWith('rollout/run-'))
  return [...new Set([...named, ...rollouts.map((target) => `service/${serviceOf(target.slice('rollout/'.length))}`)])]
}

function targetOf(kind: string, name: unknown): string | null {
  return typeof name === 'string' ? `${kind}/${name}` : null
}

/** None of what is not an object: a stream, a text. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) === Object.prototype
    ? (value as Record<string, unknown>)
    : {}
}
