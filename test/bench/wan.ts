/**
 * What crosses the line between two datacenters while a release reaches all hosts of both: Muster with a relay in each, and others that know of no datacenters. The origin is in
 * the first one; the line is much slower than any host's link.
 *
 *   npm run bench:wan -- [--system muster,libtorrent,aria2,nginx+curl] [--hosts 6] [--rate 100] [--line 20] [--megabytes 10] [--json]
 *
 * `--hosts`: in each datacenter. `--rate`, `--line`: Mbit/s. Needs root.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Lab } from '../lab/lab.ts'
import type { Site } from '../lab/lab.ts'
import { BUSY_SHARE } from '../lab/load.ts'
import { whyNoNamespaces } from '../lab/namespace.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'
import { aria2 } from './swarm/aria2.ts'
import { download } from './swarm/download.ts'
import { areThere } from './swarm/install.ts'
import { libtorrent } from './swarm/libtorrent.ts'
import { prepare } from './swarm/muster.ts'
import { race } from './swarm/race.ts'
import type { Outcome } from './swarm/race.ts'
import type { Contestant, Course, System } from './swarm/system.ts'

/** One that takes part, wherever it has to be set up. */
type Entrant = Pick<System, 'name' | 'packages'> & { prepared: (lab: Lab, course: Course) => Promise<Contestant> }

const SITES: readonly Site[] = ['a', 'b']
const PATIENCE = 30

const { values } = parseArgs({
  options: {
    system: { type: 'string' }, hosts: { type: 'string', default: '6' }, rate: { type: 'string', default: '100' }, line: { type: 'string', default: '20' },
    megabytes: { type: 'string', default: '10' }, json: { type: 'boolean', default: false },
  },
})
const mbits = Number(values.rate)
const lineMbits = Number(values.line)
const fileBytes = Number(values.megabytes) * 1e6
/** All of it has to cross the line once, or to come down one host's link. */
const limitS = (fileBytes * 8) / 1e6 / Math.min(lineMbits, mbits)
const RELAYS = SITES.map((site) => ({ name: `relay-${site}`, mbits, site }))
const names = SITES.flatMap((site) => Array.from({ length: Number(values.hosts) }, (_, index) => `${site}${index + 1}`))

const obstacle = whyNoNamespaces()
if (obstacle !== null) {
  console.error(`no lab here: ${obstacle}`)
  process.exit(1)
}
const measures: Measure[] = []
const dir = mkdtempSync(join(tmpdir(), 'muster-wan-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
const wanted = values.system?.split(',')
for (const { name, packages, prepared } of [musterWithRelays(), ...[libtorrent, aria2, download].map(knowingNoSites)]) {
  if (wanted !== undefined && !wanted.includes(name)) continue
  if (areThere(packages)) await measure(name, prepared)
  else console.error(`${name}: not here, and not to be installed; left out`)
}
report(measures, values.json)
process.exit()

/** One in each datacenter; the far one counts what it fetches, which is what crosses the line. */
function musterWithRelays(): Entrant {
  const far = 'relay-b'
  return {
    name: 'muster',
    packages: {},
    async prepared(lab, course) {
      const relays = new Map(SITES.map((site) => [site, lab.host(`relay-${site}`)]))
      const contestant = await prepare(course, { relays, dcOf: ({ name }) => name[0]! })
      return { ...contestant, payloadBytes: () => contestant.site.fetchedBytes(lab.host(far)) }
    },
  }
}

function knowingNoSites(system: System): Entrant {
  return { name: system.name, packages: system.packages, prepared: (_lab, course) => system.prepare(course) }
}

async function measure(system: string, prepared: Entrant['prepared']): Promise<void> {
  const lab = Lab.make({ hosts: [{ name: 'origin', mbits, site: 'a' }, ...RELAYS, ...names.map((name) => ({ name, mbits, site: name[0] as Site }))], linkMbits: lineMbits })
  const runDir = mkdtempSync(join(dir, 'run-'))
  try {
    const file = join(runDir, 'release')
    writeFileSync(file, randomBytes(fileBytes))
    const course = { origin: lab.host('origin'), hosts: names.map((name) => lab.host(name)), liars: [], file, dir: runDir }
    const contestant = await prepared(lab, course)
    const before = lab.linkBytes('a')
    const outcome = await race(contestant, course, { dead: [], late: [], lateAfterMs: 0, ignored: [] }, limitS * PATIENCE * 1000)
    add(system, outcome, lab.linkBytes('a') - before)
    await contestant.stop()
  } catch (error) {
    console.error(`${system}: ${(error as Error).message}`)
  } finally {
    lab.remove()
    rmSync(runDir, { recursive: true, force: true })
  }
}

function add(system: string, { seconds, payloadBytes, load }: Outcome, lineBytes: number): void {
  const put = (metric: string, value: number, unit: string): void => {
    measures.push({ bench: 'wan', case: `2 x ${values.hosts} hosts, ${lineMbits} Mbit/s between them`, system, metric, value, unit })
  }
  const last = Math.max(...seconds.values())
  put('last host', last, 's')
  put('last host over the limit', last / limitS, 'ratio')
  put('over the line, as frames', lineBytes / fileBytes, 'copies')
  if (payloadBytes !== null) put('over the line, as payload', payloadBytes / fileBytes, 'copies')
  put('processors', load * 100, '%')
  if (load > BUSY_SHARE) console.error(`${system}: the processors are ${Math.round(load * 100)} % busy, so this is a figure of theirs: take fewer hosts or lower rates`)
}
