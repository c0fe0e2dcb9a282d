/**
 * A real server that speaks S3: Debian's Swift with s3api, one replica, four processes, everything in a directory of its own. /etc/swift/swift.conf, which
 * Swift reads wherever its other files lie, is the one that its package brings.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../e2e/fleet/ports.ts'

const PACKAGES = ['swift', 'swift-proxy', 'swift-account', 'swift-container', 'swift-object']
const INSTALL_WITHIN_MS = 5 * 60_000
const START_WITHIN_MS = 90_000
const KINDS = ['account', 'container', 'object'] as const

export type Swift = { endpoint: string; bucket: string; stop: () => Promise<void> }

/** What the suite signs its requests with. */
export const SWIFT_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test:tester', AWS_SECRET_ACCESS_KEY: 'testing' }

/** Installing takes most of a minute, so that is done only where somebody asks for it: `npm run test:s3`. */
export function swiftIsHere(): boolean {
  const isHere = () => [...KINDS, 'proxy'].every((kind) => existsSync(`/usr/bin/swift-${kind}-server`)) && existsSync('/etc/swift/swift.conf')
  if (isHere() || process.env['MUSTER_TEST_S3'] !== 'install') return isHere()
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { env, timeout: INSTALL_WITHIN_MS })
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], { env, timeout: INSTALL_WITHIN_MS, stdio: 'inherit' })
  if (!isHere()) throw new Error(`Swift is not to be had here; install ${PACKAGES.join(' ')} as root`)
  return true
}

export async function startSwift(): Promise<Swift> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-test-'))
  await mkdir(join(directory, 'devices/d1'), { recursive: true })
  const first = await freePorts(KINDS.length + 1)
  for (const [index, kind] of KINDS.entries()) {
    makeRing(directory, kind, first + index)
    await writeFile(join(directory, `${kind}.conf`), storageServer(directory, kind, first + index))
  }
  const port = first + KINDS.length
  await writeFile(join(directory, 'proxy.conf'), proxyServer(directory, port))
  const processes = await Promise.all([...KINDS, 'proxy'].map((kind) => start(directory, kind)))
  const stop = async () => {
    await Promise.all(processes.map(end))
    await rm(directory, { recursive: true, force: true })
  }
  const bucket = 'muster'
  try {
    await makeBucket(`http://127.0.0.1:${port}`, bucket)
  } catch (error) {
    const log = await readFile(join(directory, 'proxy.log'), 'utf8')
    await stop()
    throw new Error(`Swift does not answer: ${log}`, { cause: error })
  }
  return { endpoint: `http://127.0.0.1:${port}`, bucket, stop }
}

function makeRing(directory: string, kind: string, port: number): void {
  const builder = `${kind}.builder`
  const device = ['--region', '1', '--zone', '1', '--ip', '127.0.0.1', '--port', String(port), '--device', 'd1', '--weight', '1']
  for (const args of [['create', '2', '1', '0'], ['add', ...device], ['rebalance']]) {
    const { status, stdout, stderr } = spawnSync('swift-ring-builder', [builder, ...args], { cwd: directory, encoding: 'utf8' })
    if (status !== 0) throw new Error(`swift-ring-builder ${args[0]}: ${stdout}${stderr}`)
  }
}

function common(directory: string, port: number): string {
  return `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nuser = ${userInfo().username}\nswift_dir = ${directory}\n`
}

function storageServer(directory: string, kind: string, port: number): string {
  return `${common(directory, port)}devices = ${directory}/devices\nmount_check = false\nfallocate_reserve = 0
[pipeline:main]\npipeline = ${kind}-server\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`
}

function proxyServer(directory: string, port: number): string {
  const filters = ['catch_errors', 'cache', 'listing_formats', 'bulk', 's3api', 'tempauth', 'copy', 'slo']
  const settings: Record<string, string> = { cache: 'memcache_servers = 127.0.0.1:1', s3api: 'location = us-east-1', tempauth: 'user_test_tester = testing .admin' }
  const sections = filters.map((name) => `[filter:${name}]\nuse = egg:swift#${name === 'cache' ? 'memcache' : name}\n${settings[name] ?? ''}\n`)
  return `${common(directory, port)}[pipeline:main]\npipeline = ${filters.join(' ')} proxy-server
[app:proxy-server]\nuse = egg:swift#proxy\nallow_account_management = true\naccount_autocreate = true\n${sections.join('')}`
}

async function start(directory: string, kind: string): Promise<ChildProcess> {
  const log = await open(join(directory, `${kind}.log`), 'w')
  const child = spawn(`swift-${kind}-server`, [`${kind}.conf`, '-v'], { cwd: directory, stdio: ['ignore', log.fd, log.fd] })
  await log.close()
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** The proxy answers before its servers do, so what counts is the bucket. */
async function makeBucket(endpoint: string, Bucket: string): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = SWIFT_CREDENTIALS
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } })
  const deadline = performance.now() + START_WITHIN_MS
  for (;;) {
    try {
      await client.send(new CreateBucketCommand({ Bucket }))
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(200)
    }
  }
}
