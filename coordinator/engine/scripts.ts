/** Where the scripts that run once per rollout run, and which hosts a test is told of. Reads the world; decides nothing that the machine decides. */
import type { HostName } from '../../shared/ids.ts'
import { parseSelector, selects } from '../../shared/selector.ts'
import { byName } from '../rollout/order.ts'
import type { Rollout, Script } from '../rollout/state.ts'
import type { Ports } from './ports/ports.ts'

/** Hosts of the rollout looked at in one go, and in all: who looks for a host among so many that are away looks again later. */
const LOOKED_AT = 500
const MAX_PAGES = 40

/**
 * A host that is here and may run the script: one that the service names, else the first of the rollout (for a test, of its wave). What undoes a
 * script runs where that one ran, if it can. Null: none is here.
 */
export async function hostFor(ports: Ports, rollout: Rollout, script: Script, now: number): Promise<HostName | null> {
  const former = script.undoes === null ? null : (rollout.scripts[script.undoes]?.host ?? null)
  if (former !== null && (await ports.hosts.connected([former], now)).has(former)) return former
  const named = (await ports.catalogue.service(rollout.service))?.spec.scriptsOn ?? null
  return named === null ? firstOfRollout(ports, rollout, script.wave, now) : firstNamed(ports, named, now)
}

async function firstNamed(ports: Ports, hosts: string, now: number): Promise<HostName | null> {
  const parsed = parseSelector(hosts)
  if (!parsed.ok) return null
  const named = (await ports.hosts.all()).filter((host) => selects(parsed.selector, host)).map(({ host }) => host).sort(byName)
  const connected = await ports.hosts.connected(named, now)
  return named.find((host) => connected.has(host)) ?? null
}

async function firstOfRollout(ports: Ports, rollout: Rollout, wave: number | null, now: number): Promise<HostName | null> {
  let cursor = wave === null ? null : cursorBefore(rollout, wave)
  for (let page = 0; page < MAX_PAGES; page++) {
    const { tasks, next } = await ports.rollouts.page(rollout.id, { states: null, cursor, limit: LOOKED_AT })
    const hosts = tasks.filter((task) => wave === null || task.wave === wave).map(({ host }) => host)
    const connected = await ports.hosts.connected(hosts, now)
    const first = hosts.find((host) => connected.has(host))
    if (first !== undefined) return first
    if (next === null || hosts.length < tasks.length) return null
    cursor = next
  }
  return null
}

/** What a test is about: those of its wave that run the release. */
export async function testedHosts(ports: Ports, rollout: Rollout, wave: number): Promise<HostName[]> {
  const limit = rollout.waves[wave]?.size ?? 0
  const { tasks } = await ports.rollouts.page(rollout.id, { states: null, cursor: cursorBefore(rollout, wave), limit })
  return tasks.filter(({ state }) => state === 'succeeded').map(({ host }) => host)
}

/** Rows are paged by their place in the rollout's order. */
function cursorBefore({ waves }: Rollout, wave: number): string | null {
  const before = waves.slice(0, wave).reduce((sum, { size }) => sum + size, 0)
  return before === 0 ? null : String(before - 1)
}
