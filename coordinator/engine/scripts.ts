/** Where the scripts that run once per rollout run, and which hosts a test is told of. Reads the world; decides nothing that the machine decides. */
import type { HostName } from '../../shared/ids.ts'
import { parseSelector, selects } from '../../shared/selector.ts'
import { byName } from '../rollout/order.ts'
import type { Rollout, Script, Task } from '../rollout/state.ts'
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
  for await (const tasks of pages(ports, rollout, wave, MAX_PAGES)) {
    const hosts = tasks.map(({ host }) => host)
    const connected = await ports.hosts.connected(hosts, now)
    const first = hosts.find((host) => connected.has(host))
    if (first !== undefined) return first
  }
  return null
}

/** What a test is about: those of its wave that run the release. */
export async function testedHosts(ports: Ports, rollout: Rollout, wave: number): Promise<HostName[]> {
  const hosts: HostName[] = []
  for await (const tasks of pages(ports, rollout, wave)) hosts.push(...tasks.filter(({ state }) => state === 'succeeded').map(({ host }) => host))
  return hosts
}

/** The rollout's rows in their order; with `wave`, those of that wave alone: they lie together, and rows are paged by their place in the order. */
async function* pages(ports: Ports, rollout: Rollout, wave: number | null, atMost = Infinity): AsyncGenerator<Task[]> {
  const before = rollout.waves.slice(0, wave ?? 0).reduce((sum, { size }) => sum + size, 0)
  let cursor = before === 0 ? null : String(before - 1)
  for (let page = 0; page < atMost; page++) {
    const { tasks, next } = await ports.rollouts.page(rollout.id, { states: null, cursor, limit: LOOKED_AT })
    const members = wave === null ? tasks : tasks.filter((task) => task.wave === wave)
    yield members
    if (next === null || members.length < tasks.length) return
    cursor = next
  }
}
