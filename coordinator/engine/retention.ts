/**
 * Which packages are kept: those of each service's latest releases, and whatever any host runs or should run, any rollout that has not ended needs forward
 * or back, and anything that is to come names. The others, and all that only they needed, are taken away once an hour. What somebody is about to need he
 * holds first.
 */
import { problem } from '../../shared/errors.ts'
import type { MusterError } from '../../shared/errors.ts'
import type { Collected } from './ports/artifacts.ts'
import type { Release } from './ports/catalogue.ts'
import type { Ports } from './ports/ports.ts'

export const COLLECT_EVERY_MS = 3_600_000
/** What is left then goes the next time. */
const COLLECT_WITHIN_MS = 15 * 60_000
/** Rows of a rollout that are read at once. */
const PAGE_ROWS = 500

const collectedAtMs = new WeakMap<Ports, number>()

/** Goes on beside the sweep, which has others to find meanwhile. */
export async function retainReleases(ports: Ports): Promise<void> {
  const now = ports.clock()
  if (now - (collectedAtMs.get(ports) ?? -Infinity) < COLLECT_EVERY_MS) return
  collectedAtMs.set(ports, now)
  collectUnneeded(ports).then(
    (collected) => ports.log.info(collected, 'packages that nobody needs are taken away'),
    (error: unknown) => ports.log.warn({ err: error }, 'packages that nobody needs are not all taken away; the next time'),
  )
}

/** @throws MusterError unavailable, and then nothing that is needed is gone */
export async function collectUnneeded(ports: Ports): Promise<Collected> {
  const signal = AbortSignal.timeout(COLLECT_WITHIN_MS)
  return ports.packages.collect(await neededArtifacts(ports), signal)
}

/** From now on its packages stay for a day, in which whoever asks has made them needed. @throws MusterError release_retired */
export async function holdRelease({ packages }: Pick<Ports, 'packages'>, release: Release): Promise<void> {
  const held = await Promise.all(digestsOf(release).map((digest) => packages.hold(digest)))
  if (held.includes(null)) throw retired(release)
}

function retired({ service, version }: Release): MusterError {
  const expected = 'a later release, or its packages once more: muster release create with the same version'
  return problem('release_retired', `the packages of ${service} ${version} are no longer kept`, { field: 'release', expected })
}

/** The digests of all artifacts that must stay. */
export async function neededArtifacts(ports: Ports): Promise<Set<string>> {
  const needed = new Set<string>()
  const hosts = await ports.hosts.all()
  const revisions = new Set(hosts.flatMap(({ installed }) => installed.map(({ revision }) => revision)))
  for (const id of await ports.rollouts.active()) for await (const revision of revisionsOf(ports, id)) revisions.add(revision)
  const names = hosts.map(({ host }) => host)
  for (const { spec: { service } } of await ports.catalogue.services()) {
    for (const release of await releasesOf(ports, service)) for (const digest of digestsOf(release)) needed.add(digest)
    for (const { revision } of (await ports.assignments.of(service, names)).values()) if (revision !== null) revisions.add(revision)
  }
  for (const { goal } of (await ports.catalogue.revisions([...revisions])).values()) for (const digest of digestsOf(goal)) needed.add(digest)
  return needed
}

/** What its hosts go to, and what they would go back to. */
async function* revisionsOf({ rollouts }: Ports, id: string): AsyncGenerator<string> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof rollouts.page>> = await rollouts.page(id, { states: null, cursor, limit: PAGE_ROWS })
    for (const { revision, before } of page.tasks) {
      yield revision
      if (before?.revision) yield before.revision
    }
    cursor = page.next
  } while (cursor !== null)
}

/** The latest, and those that rollouts that can be opened again, intents and schedules name. */
async function releasesOf(ports: Ports, service: string): Promise<Release[]> {
  const releases = await ports.catalogue.releases(service)
  const named = new Set((await ports.intents.of(service)).map(({ release }) => release))
  for (const schedule of await ports.schedules.all()) if (schedule.service === service) named.add(schedule.release)
  for (const id of await ports.rollouts.hot(service)) named.add((await ports.rollouts.load(id))?.rollout.release ?? '')
  return releases.filter(({ version }, place) => place < ports.packages.retain || named.has(version))
}

export function digestsOf({ srv, cmd }: Pick<Release, 'srv' | 'cmd'>): string[] {
  return cmd === null ? [srv.digest] : [srv.digest, cmd.digest]
}
