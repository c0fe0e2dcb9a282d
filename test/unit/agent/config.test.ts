/** Settings of the agent: where they come from, and what is said of bad ones. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sessionCredentials } from '../../../agent/credentials.ts'
import { configSchema } from '../../../agent/config.ts'
import type { Config } from '../../../agent/config.ts'
import { loadConfig } from '../../../shared/config.ts'

type Given = { flags?: Record<string, unknown>; env?: Record<string, string>; file?: string | null }

const read = ({ flags = {}, env = {}, file = null }: Given): Config => loadConfig(configSchema, { envPrefix: 'MUSTER_AGENT', flags, env, file })

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-config-'))))
afterEach(async () => await rm(dir, { recursive: true, force: true }))

it('has a default for everything', () => {
  expect(read({})).toMatchObject({ coordinator: '127.0.0.1:4601', host: hostname().toLowerCase(), root: '', labels: {}, insecure: false, 'kill-grace': 10_000 })
})

it('a flag wins over the environment, the environment over the file, the file over the default', async () => {
  const file = join(dir, 'agent.yaml')
  await writeFile(file, 'host: from-file\ncoordinator: file:1\nroot: /file/\nlabels: { dc: fra, rack: 7 }\n')
  const env = { MUSTER_AGENT_HOST: 'from-env', MUSTER_AGENT_COORDINATOR: 'env:2', MUSTER_AGENT_INSECURE: 'true' }
  expect(read({ flags: { host: 'from-flag', 'kill-grace': '3s' }, env, file })).toMatchObject({
    host: 'from-flag', coordinator: 'env:2', root: '/file', labels: { dc: 'fra', rack: '7' }, insecure: true, 'kill-grace': 3000, 'log-level': 'info',
  })
})

describe('a bad value is refused with where it came from and what would be right', () => {
  it.each<[Given, RegExp]>([
    [{ flags: { host: 'Web_1' } }, /^--host: expected lower-case letters/],
    [{ flags: { coordinator: 'muster' } }, /^--coordinator: "muster" is not an address; expected HOST:PORT/],
    [{ flags: { labels: 'dc=fra,Rack=7' } }, /^--labels: "Rack=7" is not a label; expected KEY=VALUE/],
    [{ env: { MUSTER_AGENT_LABELS: 'dc' } }, /^MUSTER_AGENT_LABELS: "dc=" is not a label/],
    [{ env: { MUSTER_AGENT_KILL_GRACE: 'soon' } }, /^MUSTER_AGENT_KILL_GRACE: "soon" is not a duration/],
    [{ flags: { 'log-level': 'loud' } }, /^--log-level: expected one of trace, debug/],
    [{ env: { MUSTER_AGENT_INSECURE: 'maybe' } }, /^MUSTER_AGENT_INSECURE: /],
    [{ file: '/no/such/file' }, /no such file/],
  ])('%j', (given, message) => {
    expect(() => read(given)).toThrow(message)
  })
})

describe('a session without certificates', () => {
  const config = (flags: Record<string, unknown> = {}) => read({ flags })
  it('is had on this machine, and elsewhere when it is asked for', () => {
    expect(sessionCredentials(config())._isSecure()).toBe(false)
    expect(sessionCredentials(config({ coordinator: '10.0.0.1:4601', insecure: true }))._isSecure()).toBe(false)
    expect(() => sessionCredentials(config({ coordinator: '10.0.0.1:4601' }))).toThrow('10.0.0.1:4601 is not on this machine, and there is no certificate')
  })

  it('is not had by half a certificate or by a file that is not there', () => {
    expect(() => sessionCredentials(config({ cert: 'x' }))).toThrow('a certificate and its key belong together')
    expect(() => sessionCredentials(config({ ca: '/no/such.pem' }))).toThrow('/no/such.pem cannot be read')
    expect(sessionCredentials(config({ ca: '/dev/null' }))._isSecure()).toBe(true)
  })
})

it('the process says in one line what is wrong, and exits with 2', () => {
  const main = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url))
  const run = (...argv: string[]) => spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' })
  expect(run('--host', 'Web_1')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^muster agent: --host: .*\n$/) as string })
  expect(run('--hots', 'web-1')).toMatchObject({ status: 2 })
  const help = run('--help')
  expect(help).toMatchObject({ status: 0 })
  expect(help.stdout).toContain('Examples:')
})
