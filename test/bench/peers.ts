/** Tools that people use today for a command on many hosts, timed on the same work. They run on this machine alone, without a network between. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const INSTALL_TIMEOUT_MS = 10 * 60_000
const RUN_TIMEOUT_MS = 10 * 60_000

export type Peer = { system: string; program: string; package: string; arguments: (job: PeerJob) => string[] }
/** `workS`: how long the command takes on each host. */
export type PeerJob = { hosts: number; forks: number; workS: number; inventory: string }

export const PEERS: readonly Peer[] = [
  {
    system: 'ansible-core', program: 'ansible', package: 'ansible-core',
    arguments: ({ forks, workS, inventory }) => ['all', '-i', inventory, '-c', 'local', '-f', String(forks), '-m', 'command', '-a', `sleep ${workS}`],
  },
  {
    system: 'clustershell', program: 'clush', package: 'clustershell',
    arguments: ({ hosts, forks, workS }) => ['-R', 'exec', '-w', `h[1-${hosts}]`, '-f', String(forks), `sleep ${workS}`],
  },
]

/** Seconds; null where it is not there and cannot be installed. @throws Error when it fails */
export async function timePeer(peer: Peer, job: Omit<PeerJob, 'inventory'>): Promise<number | null> {
  if (!isThere(peer) && !install(peer)) return null
  const dir = await mkdtemp(join(tmpdir(), 'muster-peer-'))
  try {
    const inventory = join(dir, 'inventory')
    await writeFile(inventory, Array.from({ length: job.hosts }, (_, i) => `h${i + 1}\n`).join(''))
    const began = performance.now()
    const ran = spawnSync(peer.program, peer.arguments({ ...job, inventory }), { cwd: dir, encoding: 'utf8', timeout: RUN_TIMEOUT_MS })
    const seconds = (performance.now() - began) / 1000
    if (ran.status !== 0) throw new Error(`${peer.program} ended with ${ran.status}: ${ran.stderr.slice(-2000)}`)
    return seconds
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function isThere({ program }: Peer): boolean {
  return spawnSync(program, ['--version']).status === 0
}

/** Debian's package, where we may. */
function install({ package: name }: Peer): boolean {
  if (process.getuid?.() !== 0) return false
  return spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { timeout: INSTALL_TIMEOUT_MS }).status === 0
}
