/** Contexts: which of flags, environment and files wins, who may read a token, and what is said of a file that is broken. */
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endpointOf } from '../../../cli/endpoint.ts'
import { currentContext, readContext, saveContext, useContext } from '../../../cli/contexts/store.ts'
import type { Context } from '../../../cli/contexts/store.ts'
import { coordinatorTls } from './certificates.ts'
import { muster, NOW_MS } from './muster.ts'

const DAY_MS = 86_400_000

let home: string
let dir: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-contexts-'))
  dir = join(home, 'muster')
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

const context = (name: string, given: Partial<Context> = {}): Context => ({
  url: `https://${name}:4600`, token: `mst_${name}_secret`, ca: null, actor: 'ann', role: 'admin', expiresAtMs: null, madeBy: 'login', ...given,
})
const env = () => ({ XDG_CONFIG_HOME: home })

describe('where a verb goes is said by', () => {
  beforeEach(async () => {
    for (const name of ['prod', 'test', 'third']) await saveContext(dir, name, context(name))
    await useContext(dir, 'prod')
  })

  test('the current context, and before it MUSTER_CONTEXT, and before it MUSTER_URL, and before it flags', async () => {
    expect(await endpointOf(env(), {})).toMatchObject({ url: 'https://prod:4600', token: 'mst_prod_secret' })
    expect(await endpointOf({ ...env(), MUSTER_CONTEXT: 'test' }, {})).toMatchObject({ url: 'https://test:4600', token: 'mst_test_secret' })
    const variables = { ...env(), MUSTER_CONTEXT: 'test', MUSTER_URL: 'https://e:1', MUSTER_TOKEN: 'mst_e_1' }
    expect(await endpointOf(variables, {})).toEqual({ url: 'https://e:1', token: 'mst_e_1', ca: null })
    expect(await endpointOf(variables, { context: 'third' })).toMatchObject({ url: 'https://third:4600', token: 'mst_third_secret' })
    expect(await endpointOf(variables, { url: 'https://f:1' })).toEqual({ url: 'https://f:1', token: 'mst_e_1', ca: null })
  })

  test('one of them alone: a context\'s token goes to no other address', async () => {
    expect(await endpointOf({ ...env(), MUSTER_URL: 'https://e:1' }, {})).toEqual({ url: 'https://e:1', token: null, ca: null })
    expect(await endpointOf(env(), { url: 'https://f:1' })).toEqual({ url: 'https://f:1', token: null, ca: null })
  })

  test('MUSTER_CA, which is a file with a certificate; a key beside it stays there', async () => {
    const file = join(home, 'ca.pem')
    await writeFile(file, 'nothing of the kind')
    const variables = { ...env(), MUSTER_URL: 'https://e:1', MUSTER_CA: file }
    await expect(endpointOf(variables, {})).rejects.toMatchObject({ problem: { code: 'flag_invalid', field: 'MUSTER_CA' } })
    const { ca, key } = await coordinatorTls()
    await writeFile(file, `${key}\n${ca}`)
    expect(await endpointOf(variables, {})).toMatchObject({ ca })
  })
})

test('a muster dev is found when no context was chosen, and no other is', async () => {
  await saveContext(dir, 'prod', context('prod'))
  expect(await endpointOf(env(), {})).toMatchObject({ token: null })
  await saveContext(dir, 'dev', context('dev', { madeBy: 'dev' }))
  expect(await endpointOf(env(), {})).toMatchObject({ url: 'https://dev:4600' })
  await useContext(dir, 'prod')
  expect(await endpointOf(env(), {})).toMatchObject({ url: 'https://prod:4600' })
})

test.each(['http://coordinator.example:4600', 'http://10.0.0.7:4600'])('a token is not sent to %s', async (url) => {
  await expect(endpointOf({ ...env(), MUSTER_URL: url, MUSTER_TOKEN: 'mst_a_b' }, {})).rejects.toMatchObject({ problem: { field: 'MUSTER_URL', expected: 'https://…' } })
})

describe('a token', () => {
  test('is readable by its owner alone, and lies in one whole file', async () => {
    await mkdir(dir, { mode: 0o755 })
    await saveContext(dir, 'prod', context('prod'))
    const modes = await Promise.all([dir, join(dir, 'contexts'), join(dir, 'contexts/prod.json')].map(async (path) => (await stat(path)).mode & 0o777))
    expect(modes).toEqual([0o700, 0o700, 0o600])
    expect(await readdir(join(dir, 'contexts'))).toEqual(['prod.json'])
  })

  test.each([0o640, 0o604, 0o620])('in a file of mode %o is not used', async (mode) => {
    await saveContext(dir, 'prod', context('prod'))
    const file = join(dir, 'contexts/prod.json')
    await chmod(file, mode)
    const ran = await muster('host list --context prod', { env: env() })
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toBe(`error: ${file} holds a token, and others may read it\n  field:    --context\n  expected: chmod 600 ${file}\n`)
  })

  test('is never shown', async () => {
    await saveContext(dir, 'prod', context('prod'))
    for (const verb of ['context list', 'context show prod', 'context use prod', 'context list --json', 'context show --json', 'context remove prod']) {
      const ran = await muster(verb, { env: env() })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toContain('prod')
      expect(ran.stdout).not.toContain('secret')
    }
  })
})

test.each(['', '{', 'null', '{"url":"https://a"}', '{"url":"javascript:1","token":"t","ca":null,"actor":"a","role":"admin","expiresAtMs":null,"madeBy":"login"}'])(
  'a file with %j is no context, and stands in nobody\'s way', async (text) => {
    await saveContext(dir, 'prod', context('prod'))
    await saveContext(dir, 'test', context('test'))
    const file = join(dir, 'contexts/prod.json')
    await writeFile(file, text)
    await expect(readContext(dir, 'prod')).rejects.toMatchObject({ problem: { code: 'config_invalid', message: `${file} is not a context` } })
    const { code, stdout } = await muster('context list', { env: env() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/prod +.* is not a context/)
    expect(stdout).toMatch(/test +https:\/\/test:4600/)
    expect(await muster('context remove prod', { env: env() })).toMatchObject({ code: 0 })
  },
)

test('a context that is not there is missed by its name, with those that are', async () => {
  await saveContext(dir, 'prod', context('prod'))
  const ran = await muster('host list --context staging', { env: env() })
  expect(ran).toMatchObject({ code: 2 })
  expect(ran.stderr).toBe('error: there is no context staging\n  field:    --context\n  expected: one of prod; muster login URL makes another\n')
  expect(await muster('context use ../../etc/passwd', { env: env() })).toMatchObject({ code: 2 })
})

test('the list marks the current one, and says which token ends soon or has ended', async () => {
  await saveContext(dir, 'late', context('late', { expiresAtMs: NOW_MS - 1 }))
  await saveContext(dir, 'long', context('long', { expiresAtMs: NOW_MS + 8 * DAY_MS }))
  await saveContext(dir, 'soon', context('soon', { expiresAtMs: NOW_MS + 6 * DAY_MS }))
  await useContext(dir, 'long')
  const { stdout } = await muster('context list', { env: env() })
  const [, late, long, soon] = stdout.split('\n')
  expect(late).toMatch(/^ +late .*expired .*: muster login --context late$/)
  expect(long).toMatch(/^\* +long .*:04$|^\* +long .*\d$/)
  expect(soon).toMatch(/^ +soon .*, soon$/)
})

test('one that is removed is current no more', async () => {
  await saveContext(dir, 'prod', context('prod'))
  await useContext(dir, 'prod')
  await muster('context remove prod', { env: env() })
  expect(await currentContext(dir)).toBeNull()
  expect(await muster('context remove prod', { env: env() })).toMatchObject({ code: 2 })
})

test('names of contexts complete', async () => {
  await saveContext(dir, 'prod', context('prod'))
  for (const line of ['context use ', 'context remove p', 'host list --context ']) {
    expect((await muster(['__complete', '--', ...line.split(' ')], { env: env() })).stdout).toBe('prod\n')
  }
})
