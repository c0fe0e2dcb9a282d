/** A redis-server or valkey-server that Muster can start for itself is on the path, or installed from the system's packages. */
import { spawnSync } from 'node:child_process'
import { failureOf, SetupError } from './failure.mjs'

const OLDEST_MAJOR = 7
const ANSWER_TIMEOUT_MS = 10_000
const INSTALL_TIMEOUT_MS = 10 * 60_000
const SERVERS = ['redis-server', 'valkey-server']

const ADVICE =
  `Muster needs redis-server or valkey-server, version ${OLDEST_MAJOR} or later. Install it from your system's packages ` +
  '(apt-get install redis-server, dnf install valkey, apk add valkey, brew install valkey) and try again.'

/** @type {{ tool: string, refresh: string[] | null, install: string[], packages: string[] }[]} in `packages`, the first that installs is taken */
const INSTALLERS = [
  { tool: 'apt-get', refresh: ['update', '-qq'], install: ['install', '-y', '-qq', '--no-install-recommends'], packages: ['redis-server', 'valkey-server'] },
  { tool: 'dnf', refresh: null, install: ['install', '-y', '-q'], packages: ['valkey', 'redis'] },
  { tool: 'apk', refresh: null, install: ['add', '--no-cache', '-q'], packages: ['valkey', 'redis'] },
]

/** Whether neither server is on the path in a version that Muster can use. */
export function redisGap() {
  return !SERVERS.some((server) => {
    const { stdout } = spawnSync(server, ['--version'], { encoding: 'utf8', timeout: ANSWER_TIMEOUT_MS })
    return Number(/v=(\d+)\./.exec(stdout ?? '')?.[1] ?? 0) >= OLDEST_MAJOR
  })
}

/** Only root can, and only where a package manager is known; else the person is told what to install. */
export function installRedis() {
  const installer = process.getuid?.() === 0 ? INSTALLERS.find(({ tool }) => spawnSync(tool, ['--version']).status === 0) : undefined
  if (installer === undefined) throw new SetupError(ADVICE)
  const { tool, refresh, install, packages } = installer
  console.log('Installing Redis…')
  if (refresh !== null) run(tool, refresh) // unreachable lists are no reason to stop: the install says what is missing
  let attempt = { stdout: '', stderr: '' }
  for (const name of packages) {
    const servedBefore = systemctl('is-active', name)
    attempt = run(tool, [...install, name])
    if (redisGap()) continue
    // Debian starts what it installs, for everybody, on port 6379. Muster runs its own.
    if (!servedBefore) systemctl('disable', '--now', name)
    return
  }
  throw failureOf(ADVICE, attempt)
}

/** @param {string[]} args @returns {boolean} false also where there is no systemd */
function systemctl(...args) {
  return spawnSync('systemctl', args, { stdio: 'ignore', timeout: ANSWER_TIMEOUT_MS }).status === 0
}

/** @param {string} tool @param {string[]} args */
function run(tool, args) {
  return spawnSync(tool, args, { encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}
