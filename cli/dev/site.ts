/** Where everything of one `muster dev` lies: its directory, its ports, its hosts. A host keeps its port as long as the directory is kept. */
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { problem } from '../../shared/errors.ts'
import { hold } from './hold.ts'
import { claimPort, freePorts } from './ports.ts'

/** `port`: where a service of this host may listen; its label `port`. */
export type DevHost = { host: string; port: number; labels: string; dataDir: string; root: string }
export type Site = { dir: string; temporary: boolean; http: number; grpc: number; pieces: number; hosts: DevHost[]; lock: Server }
/** `dataDir` undefined: a temporary one. A port of 0 is chosen. */
export type SiteFlags = { agents: number; dataDir?: string | undefined; http: number; grpc: number; pieces: number }

/** From the HTTP port to the first port of a service. */
const SERVICE_PORTS_AFTER = 100
const DATACENTERS = ['fra', 'sin']
const RACKS_PER_DATACENTER = 2

/** @throws MusterError flag_invalid: a port is taken, the directory cannot be made or another `muster dev` uses it */
export async function openSite({ agents, dataDir, http, grpc, pieces }: SiteFlags): Promise<Site> {
  const dir = dataDir === undefined ? await mkdtemp(join(await realpath(tmpdir()), 'muster-dev-')) : await keptDirectory(dataDir)
  const temporary = dataDir === undefined
  try {
    const lock = await lockDirectory(dir)
    const httpPort = await claimPort(http, '--http')
    const grpcPort = await claimPort(grpc, '--grpc', new Set([httpPort]))
    const piecesPort = await claimPort(pieces, '--pieces', new Set([httpPort, grpcPort]))
    const names = Array.from({ length: agents }, (_, index) => `dev-${String(index + 1).padStart(Math.max(2, String(agents).length), '0')}`)
    const ports = await portsOf(dir, names, httpPort + SERVICE_PORTS_AFTER, new Set([httpPort, grpcPort, piecesPort]))
    const hosts = names.map((host, index): DevHost => ({
      host, port: ports[host]!, labels: labelsOf(index, ports[host]!), dataDir: join(dir, 'agents', host), root: join(dir, 'hosts', host),
    }))
    const places = [join(dir, 'coordinator'), join(dir, 'logs'), ...hosts.flatMap((host) => [host.dataDir, host.root])]
    for (const place of places) await mkdir(place, { recursive: true })
    return { dir, temporary, http: httpPort, grpc: grpcPort, pieces: piecesPort, hosts, lock }
  } catch (error) {
    if (temporary) await rm(dir, { recursive: true, force: true })
    throw error
  }
}

/** Lets go of the directory, and removes it when it was temporary. */
export async function closeSite({ dir, temporary, lock }: Site): Promise<void> {
  if (temporary) await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  lock.close()
}

async function keptDirectory(path: string): Promise<string> {
  const dir = resolve(path)
  try {
    await mkdir(dir, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw problem('flag_invalid', `${dir} cannot be made: ${code}`, { field: '--data-dir', expected: 'a directory that you may write to' })
  }
  return realpath(dir)
}

async function lockDirectory(dir: string): Promise<Server> {
  const { dev, ino } = await stat(dir)
  const lock = await hold(`muster-dev/${dev}/${ino}`)
  if (lock !== null) return lock
  throw problem('flag_invalid', `another muster dev runs on ${dir}`, { field: '--data-dir', expected: 'a directory of its own for each' })
}

type Ports = Record<string, number>

async function portsOf(dir: string, names: readonly string[], from: number, taken: ReadonlySet<number>): Promise<Ports> {
  const file = join(dir, 'ports.json')
  const kept = await readFile(file, 'utf8').then((text) => JSON.parse(text) as Ports, (): Ports => ({}))
  const missing = names.filter((name) => kept[name] === undefined)
  const fresh = await freePorts(missing.length, from, new Set([...taken, ...Object.values(kept)]))
  const ports = { ...kept, ...Object.fromEntries(missing.map((name, index) => [name, fresh[index]!])) }
  await writeFile(file, `${JSON.stringify(ports, null, 2)}\n`)
  return ports
}

/** Half of the hosts in each datacenter, in two racks each. */
function labelsOf(index: number, port: number): string {
  const dc = DATACENTERS[index % DATACENTERS.length]!
  const rack = `${dc}-${1 + Math.floor(index / DATACENTERS.length) % RACKS_PER_DATACENTER}`
  return `env=dev,dc=${dc},rack=${rack},port=${port}`
}
