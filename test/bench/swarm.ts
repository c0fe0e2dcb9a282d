/**
 * How long it takes until every host of a datacenter has a release: Muster, BitTorrent clients and plain downloads, one after another over the same network of namespaces, in
 * which every host has the same shaped link. Times are told beside what no system could beat; nobody's payload is compressible.
 *
 *   npm run bench:swarm -- [--case equal,fast,alone,bad,late] [--system muster,libtorrent,aria2,nginx+curl] [--hosts 12] [--rate 10] [--megabytes 10] [--repeat 1] [--json]
 *
 * `--rate`: Mbit/s of a host. Needs root.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Lab } from '../lab/lab.ts'
import { BUSY_SHARE } from '../lab/load.ts'
import { whyNoNamespaces } from '../lab/namespace.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'
import { aria2 } from './swarm/aria2.ts'
import { casesFor } from './swarm/cases.ts'
import type { Case } from './swarm/cases.ts'
import { download } from './swarm/download.ts'
import { areThere } from './swarm/install.ts'
import { libtorrent } from './swarm/libtorrent.ts'
import { limitS } from './swarm/limit.ts'
import { muster } from './swarm/muster.ts'
import { race } from './swarm/race.ts'
import type { Outcome } from './swarm/race.ts'
import type { Course, System } from './swarm/system.ts'

const SYSTEMS: readonly System[] = [download, aria2, libtorrent, muster]
/** As many times as long as the limit, and no system is waited for any more. */
const PATIENCE = 30

const { values } = parseArgs({
  options: {
    case: { type: 'string' }, system: { type: 'string' }, hosts: { type: 'string', default: '12' }, rate: { type: 'string', default: '10' },
    megabytes: { type: 'string', default: '10' }, repeat: { type: 'string', default: '1' }, json: { type: 'boolean', default: false },
  },
})
const rate = Number(values.rate)
const fileBytes = Number(values.megabytes) * 1e6
const cases = casesFor(Number(values.hosts))

const obstacle = whyNoNamespaces()
if (obstacle !== null) {
  console.error(`no lab here: ${obstacle}`)
  process.exit(1)
}
const measures: Measure[] = []
const dir = mkdtempSync(join(tmpdir(), 'muster-swarm-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
const systems = chosen(values.system, Object.fromEntries(SYSTEMS.map((system) => [system.name, system]))).filter(isThere)
for (const which of chosen(values.case, cases)) {
  for (const system of systems) {
    for (let round = 0; round < Number(values.repeat); round++) await measure(which, system)
  }
}
report(measures, values.json)
process.exit()

/** Those named, separated by commas; all of them, when none is. */
function chosen<T>(names: string | undefined, all: Readonly<Record<string, T>>): T[] {
  if (names === undefined) return Object.values(all)
  return names.split(',').map((name) => {
    if (all[name] !== undefined) return all[name]
    console.error(`${name}: expected one of ${Object.keys(all).join(', ')}`)
    process.exit(2)
  })
}

function isThere({ name, packages }: System): boolean {
  if (areThere(packages)) return true
  console.error(`${name}: not here, and not to be installed; left out`)
  return false
}

async function measure(which: Case, system: System): Promise<void> {
  const originMbits = rate * which.originTimes
  const names = Array.from({ length: which.hosts }, (_, index) => `h${index + 1}`)
  const lab = Lab.make({ hosts: [{ name: 'origin', mbits: originMbits }, ...names.map((name) => ({ name, mbits: rate }))] })
  const runDir = mkdtempSync(join(dir, 'run-'))
  try {
    const file = join(runDir, 'release')
    writeFileSync(file, randomBytes(fileBytes))
    const hosts = names.map((name) => lab.host(name))
    const limit = limitS({ fileBytes, hosts: which.hosts, originMbits, hostMbits: rate })
    const course: Course = { origin: lab.host('origin'), hosts, liars: system.lies ? hosts.slice(0, which.lying) : [], file, dir: runDir }
    const late = hosts.slice(hosts.length - which.late)
    const incidents = { dead: hosts.slice(1, 1 + which.dead), late, lateAfterMs: limit * 500, ignored: course.liars }
    const contestant = await system.prepare(course)
    const outcome = await race(contestant, course, incidents, limit * PATIENCE * 1000)
    await contestant.stop()
    add(which, system, limit, outcome)
  } catch (error) {
    console.error(`${which.name}, ${system.name}: ${(error as Error).message}`)
  } finally {
    lab.remove()
    rmSync(runDir, { recursive: true, force: true })
  }
}

function add(which: Case, { name: system }: System, limit: number, { seconds, originWireBytes, payloadBytes, load }: Outcome): void {
  const put = (metric: string, value: number, unit: string): void => void measures.push({ bench: 'swarm', case: which.name, system, metric, value, unit })
  const sorted = [...seconds.values()].sort((one, other) => one - other)
  // Those that come half-way need as long as a host does at least, from then on.
  const best = which.late === 0 ? limit : limit * 1.5
  if (!values.json) console.error(`${which.name}, ${system}: ${sorted.at(-1)!.toFixed(1)} s`)
  put('last host', sorted.at(-1)!, 's')
  put('last host over the limit', sorted.at(-1)! / best, 'ratio')
  put('median host over the limit', sorted[Math.floor(sorted.length / 2)]! / best, 'ratio')
  put('left the origin, as frames', originWireBytes / fileBytes, 'copies')
  if (payloadBytes !== null) put('left the origin, as payload', payloadBytes / fileBytes, 'copies')
  put('processors', load * 100, '%')
  if (load > BUSY_SHARE) console.error(`${which.name}, ${system}: the processors are ${Math.round(load * 100)} % busy, so this is a figure of theirs: take fewer hosts or a lower rate`)
}
