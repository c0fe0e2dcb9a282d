/** Settings of the agent: where they come from, and what is said of bad ones. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dialing } from '../../../agent/credentials.ts'
import { configSchema } from '../../../agent/config.ts'
import type { Config } from '../../../agent/config.ts'
import { MACHINE_VALID_MS } from '../../../coordinator/adapters/keys/authority.ts'
import { loadConfig } from '../../../shared/config.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import { machine, testKeys } from '../../keys.ts'
import { enrolled } from '../machine/shown.ts'

type Given = { flags?: Record<string, unknown>; env?: Record<string, string>; file?: string | null }

const read = ({ flags = {}, env = {}, file = null }: Given): Config => loadConfig(configSchema, { envPrefix: 'MUSTER_AGENT', flags, env, file })

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-config-'))))
afterEach(async () => await rm(dir, { recursive: true, force: true }))

it('has a default for everything', () => {
  expect(read({})).toMatchObject({ host: hostname().toLowerCase(), root: '', labels: {}, 'kill-grace': 10_000 })
})

it('a flag wins over the environment, the environment over the file, the file over the default', async () => {
  const file = join(dir, 'agent.yaml')
  await writeFile(file, 'host: from-file\ncoordinator: file:1\nroot: /file/\nlabels: { dc: fra, rack: 7 }\n')
  const env = { MUSTER_AGENT_HOST: 'from-env', MUSTER_AGENT_COORDINATOR: 'env:2' }
  expect(read({ flags: { host: 'from-flag', 'kill-grace': '3s' }, env, file })).toMatchObject({
    host: 'from-flag', coordinator: 'env:2', root: '/file', labels: { dc: 'fra', rack: '7' }, 'kill-grace': 3000, 'log-level': 'info',
  })
})

it('takes sizes as people write them', () => {
  const given = read({ flags: { cache: '1.5GiB', upload: '50MB', download: '300 KB', peers: 'off' } })
  expect(given).toMatchObject({ cache: 1.5 * 1024 ** 3, upload: 50_000_000, download: 300_000, peers: null })
  expect(read({ flags: { peers: '[::]:0', cache: '0' } })).toMatchObject({ cache: 0, peers: { host: '::', port: 0, otherwise: 'fail' } })
  for (const address of ['web-1.example.com', 'fd00::7']) expect(read({ flags: { 'peer-address': address } })).toMatchObject({ 'peer-address': address })
  expect(read({})).toMatchObject({ cache: 4 * 1024 ** 3, peers: { host: '0.0.0.0', port: 4611, otherwise: 'any-port' } })
})

describe('a bad value is refused with where it came from and what would be right', () => {
  it.each<[Given, RegExp]>([
    [{ flags: { host: 'Web_1' } }, /^--host: expected lower-case letters/],
    [{ flags: { coordinator: 'muster' } }, /^--coordinator: "muster" is not an address; expected HOST:PORT/],
    [{ flags: { labels: 'dc=fra,Rack=7' } }, /^--labels: "Rack=7" is not a label; expected KEY=VALUE/],
    [{ env: { MUSTER_AGENT_LABELS: 'dc' } }, /^MUSTER_AGENT_LABELS: "dc=" is not a label/],
    [{ env: { MUSTER_AGENT_KILL_GRACE: 'soon' } }, /^MUSTER_AGENT_KILL_GRACE: "soon" is not a duration/],
    [{ flags: { cache: 'much' } }, /^--cache: "much" is not a size; expected for instance 500MB or 2GiB/],
    [{ flags: { peers: '4611' } }, /^--peers: "4611" is not an address; expected HOST:PORT such as 0.0.0.0:4611, or off/],
    [{ flags: { 'peer-address': '10.0.0.7:4611' } }, /^--peer-address: expected a name or an address without a port/],
    [{ flags: { upload: '0' } }, /^--upload: expected bytes a second/],
    [{ flags: { 'log-level': 'loud' } }, /^--log-level: expected one of trace, debug/],
    [{ file: '/no/such/file' }, /no such file/],
  ])('%j', (given, message) => {
    expect(() => read(given)).toThrow(message)
  })
})

it('speaks to nobody before it has joined', () => {
  expect(() => dialing(read({}), { kept: null })).toThrow('this host has not joined')
  expect(() => dialing(read({ flags: { coordinator: '127.0.0.1:4601' } }), { kept: null })).toThrow('this host has not joined')
})

describe('a host that has joined', () => {
  it('goes where it was told to when it joined, unless a setting says otherwise, and always by TLS', async () => {
    const kept = await enrolled(await testKeys(), join(dir, 'identity'), 'h1', '10.0.0.1:4601')
    expect(dialing(read({}), { kept })).toMatchObject({ address: '10.0.0.1:4601', options: { 'grpc.ssl_target_name_override': COORDINATOR_NAME } })
    const elsewhere = dialing(read({ flags: { coordinator: '127.0.0.1:9' } }), { kept })
    expect(elsewhere.address).toBe('127.0.0.1:9')
    expect(elsewhere.credentials._isSecure()).toBe(true)
  })

  it('does not speak with a certificate that has expired, and says which times it compares', async () => {
    const keys = await testKeys()
    const expired = await machine(keys, 'h1', 'agent', Date.now() - 2 * MACHINE_VALID_MS)
    const kept = await enrolled(keys, join(dir, 'identity'), 'h1', '10.0.0.1:4601', expired)
    expect(() => dialing(read({}), { kept })).toThrow(/this host's clock says .*, its certificate is good from .* to /)
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
