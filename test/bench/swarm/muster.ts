/** Muster: the coordinator's own relay is the origin, every host has an agent with nothing in its cache; the release is begun by a rollout on all hosts at once. */
import { readFileSync } from 'node:fs'
import type { Host } from '../../lab/lab.ts'
import { Arrivals } from '../../lab/arrivals.ts'
import { MusterInLab } from '../../lab/muster.ts'
import type { Contestant, Course, System } from './system.ts'

/** Two services have the same package, so that hosts that come later have a rollout of their own. */
const SERVICES = ['first', 'later'] as const
const LIAR = new URL('../../lab/liar.ts', import.meta.url).href

/** `relays`: hosts on which one runs, by their datacenters; none: the coordinator's own is the only one. `dcOf`: where a host is. */
type Layout = { relays: ReadonlyMap<string, Host>; dcOf: (host: Host) => string }

export const muster: System = { name: 'muster', lies: true, packages: {}, prepare: (course) => prepare(course, { relays: new Map(), dcOf: () => 'a' }) }

export async function prepare({ origin, hosts, liars, file, dir }: Course, { relays, dcOf }: Layout): Promise<Contestant & { site: MusterInLab }> {
  const site = await MusterInLab.start(origin, dir)
  for (const service of SERVICES) await site.release(service, readFileSync(file))
  for (const [dc, host] of relays) await site.relay(host, dc)
  await site.agents(hosts, (host) => ({ labels: { dc: dcOf(host) }, ...(liars.includes(host) ? { preload: LIAR } : {}) }))
  const begun: { hosts: readonly Host[]; arrivals: Arrivals }[] = []
  return {
    site,
    begin: (now) => void begun.push({ hosts: now, arrivals: Arrivals.begin(site, SERVICES[begun.length]!, now) }),
    done: (host) => begun.find((one) => one.hosts.includes(host))!.arrivals.of(host),
    payloadBytes: () => site.sentBytes(),
    stop: () => site.stop(),
  }
}
