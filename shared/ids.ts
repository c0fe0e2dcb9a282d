/** Names and ids that travel between processes, and the one place that knows their shape. */

/** A host's or a service's name: what a DNS label sequence may be. */
export const NAME_PATTERN = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/
/** A version names a directory on the host and a part of a URL. */
export const VERSION_PATTERN = /^[A-Za-z0-9]([A-Za-z0-9._+-]{0,63})$/
export const VARIABLE_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/
/** An instance's name is a part of the names of variables in a script's environment. */
export const INSTANCE_PATTERN = /^[a-z][a-z0-9]{0,30}$/
export const LABEL_KEY_PATTERN = /^[a-z][a-z0-9_.-]{0,62}$/
export const LABEL_VALUE_PATTERN = /^[A-Za-z0-9]([A-Za-z0-9._:-]{0,62})$/

/** `<service>-<n>`: a person at 2 a.m. can read it, say it and type it. */
export type RolloutId = string
export type HostName = string
/** `<rollout>/<host>/<attempt>`: one attempt of one task on one host; `…/s<n>`: a script that runs once per rollout; `…/p<n>`: a prefetch. */
export type CommandId = string

/** Lanes that know nothing of each other: a host works on its task, runs a script for the whole rollout beside it, and fetches ahead of both. */
export type CommandLane = 'task' | 'script' | 'prefetch'
/** `attempt` counts within the lane: in `script`, the scripts of the rollout. */
export type CommandParts = { rollout: RolloutId; host: HostName; lane: CommandLane; attempt: number }

const MARKS = { task: '', script: 's', prefetch: 'p' } as const satisfies Record<CommandLane, string>

export function rolloutId(service: string, sequence: number): RolloutId {
  return `${service}-${sequence}`
}

/** The service that a rollout deploys. */
export function serviceOf(id: RolloutId): string {
  return id.slice(0, id.lastIndexOf('-'))
}

/** The number in `<service>-<n>`; it grows with every rollout of a service. */
export function sequenceOf(id: RolloutId): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}

export function commandId({ rollout, host, lane, attempt }: CommandParts): CommandId {
  return `${rollout}/${host}/${MARKS[lane]}${attempt}`
}

/** Null when `id` is not a command id; never throws, because it reads what the network sent. */
export function parseCommandId(id: CommandId): CommandParts | null {
  const [rollout, host, last, ...rest] = id.split('/')
  if (!rollout || !host || !last || rest.length > 0) return null
  const lane = last.startsWith(MARKS.script) ? 'script' : last.startsWith(MARKS.prefetch) ? 'prefetch' : 'task'
  const attempt = last.slice(MARKS[lane].length)
  if (!NAME_PATTERN.test(rollout) || !NAME_PATTERN.test(host) || !/^[1-9][0-9]{0,8}$/.test(attempt)) return null
  return { rollout, host, lane, attempt: Number(attempt) }
}
