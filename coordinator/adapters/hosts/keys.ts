/** Every key and channel by which hosts, their mailboxes, assignments and outputs lie in Redis. docs/redis-keys.md describes them. */
import type { CommandLane, HostName, RolloutId } from '../../../shared/ids.ts'

/** One registry of all hosts, each part a hash (or sorted set) by host name, so that ten thousand are read in a few replies. */
export const HOSTS = {
  records: '{hosts}:records',
  installed: '{hosts}:installed',
  loads: '{hosts}:loads',
  firstSeen: '{hosts}:first-seen',
  seen: '{hosts}:seen',
  sessions: '{hosts}:sessions',
  epochs: '{hosts}:epochs',
  revoked: '{hosts}:revoked',
} as const

export function mailboxKey(host: HostName): string {
  return `{h:${host}}:mailbox`
}

/** The last attempt of the rollout's lane that is over on the host. */
export function overKey(host: HostName, rollout: RolloutId, lane: CommandLane): string {
  return `{h:${host}}:over:${rollout}:${lane}`
}

export function historyEntriesKey(host: HostName): string {
  return `{h:${host}}:history`
}

/** When each entry of the history happened. */
export function historyOrderKey(host: HostName): string {
  return `{h:${host}}:history-order`
}

export function assignedKey(service: string): string {
  return `{s:${service}}:assigned`
}

export function tailsKey(rollout: RolloutId, host: HostName): string {
  return `{r:${rollout}}:tails:${host}`
}

export function keptKey(rollout: RolloutId): string {
  return `{r:${rollout}}:kept`
}

/** When each host printed last. */
export function printedKey(rollout: RolloutId): string {
  return `{r:${rollout}}:printed`
}

export function linesKey(rollout: RolloutId): string {
  return `{r:${rollout}}:lines`
}

/** How far each host is with what it fetches. */
export function fetchesKey(rollout: RolloutId): string {
  return `{r:${rollout}}:fetches`
}

export function fetchSumsKey(rollout: RolloutId): string {
  return `{r:${rollout}}:fetch-sums`
}

/** Where a coordinator hears what the hosts whose streams it holds are asked. */
export function asksChannel(coordinator: string): string {
  return `coordinator:${coordinator}:asks`
}

/** Where a coordinator hears what hosts have answered to its questions. */
export function answersChannel(coordinator: string): string {
  return `coordinator:${coordinator}:answers`
}

/** Where a coordinator hears which host's mailbox to look into. */
export function coordinatorChannel(coordinator: string): string {
  return `coordinator:${coordinator}`
}
