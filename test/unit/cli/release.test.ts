/** `muster release create` and `muster key create` against a real API: who signs what, and where it says that it comes from. */
import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measure } from '../../../cli/package/measure.ts'
import { preparePackage } from '../../../cli/package/prepare.ts'
import type { ReleaseView } from '../../../shared/api/catalogue.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { tar } from '../artifacts/tar-fixture.ts'
import { serve } from '../http/served.ts'
import type { Served } from '../http/served.ts'
import { cannedApi } from './canned-api.ts'
import { DIGEST, service } from './fixtures.ts'
import { muster } from './muster.ts'
import type { Ran } from './muster.ts'

let dir: string
let http: Served
let url: string
let pin: string

const at = (name: string) => join(dir, name)

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-release-'))
  http = await serve()
  url = await http.listen()
  await writeFile(at('ca.pem'), http.ca)
  const archive = tar([{ path: 'bin', type: 'Directory', mode: 0o755 }, { path: 'bin/run', mode: 0o755, content: '#!/bin/sh\n'.repeat(5000) }])
  await writeFile(at('web.tar'), archive)
  await writeFile(at('web.tar.gz'), gzipSync(archive))
  await writeFile(at('web.tar.zst'), zstdCompressSync(archive))
  await mkdir(at('web/bin'), { recursive: true })
  await writeFile(at('web/bin/run'), '#!/bin/sh\n', { mode: 0o755 })
  const made = JSON.parse((await asked(['--json', 'key', 'create', at('web.key')])).stdout) as { publicKey: string; pin: string }
  pin = made.pin
  for (const [name, releaseKeys] of [['web', []], ['owned', [made.publicKey]]] as const) {
    await http.bench.ports.catalogue.apply(serviceSchema.parse({ service: name, path: `/srv/${name}`, releaseKeys }), 'ann', 1)
  }
})

afterAll(async () => {
  await http.stop()
  await rm(dir, { recursive: true, force: true })
})

const asked = (argv: string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  muster(argv, { url, env: { MUSTER_TOKEN: http.as('ann').authorization.replace('Bearer ', ''), MUSTER_CA: at('ca.pem'), ...env } })

async function created(argv: string[], env: NodeJS.ProcessEnv = {}): Promise<ReleaseView> {
  const { code, stdout, stderr } = await asked(['--json', 'release', 'create', ...argv], env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return (JSON.parse(stdout) as { release: ReleaseView }).release
}

test('a pair of keys is made once, and the private one is for its owner alone', async () => {
  expect((await stat(at('web.key'))).mode & 0o777).toBe(0o600)
  const key = createPrivateKey(await readFile(at('web.key'), 'utf8'))
  const line = (await readFile(at('web.key.pub'), 'utf8')).trim()
  expect([key.asymmetricKeyType, pinOfKey(createPublicKey(key))]).toEqual(['ed25519', pin])
  expect(createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')).toBe(line)
  const before = await readFile(at('web.key'))
  const again = await muster(['key', 'create', at('web.key')])
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('web.key is there already, and is not overwritten')])
  expect(await readFile(at('web.key'))).toEqual(before)
  await writeFile(at('half.key.pub'), 'mine')
  expect((await muster(['key', 'create', at('half.key')])).code).toBe(2)
  await expect(stat(at('half.key'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect((await muster(['key', 'create', at('other.key')])).stdout).toMatch(/^.*other\.key is the private key, .*: sha256:[0-9a-f]{64}\nreleaseKeys: \[[A-Za-z0-9+/=]+\]\n$/)
})

test.each(['web.tar', 'web.tar.gz', 'web.tar.zst', 'web'])('%s is measured here as the coordinator measures it', async (name) => {
  const { file, sha256, cleanup } = await preparePackage(at(name), 'srv')
  expect(await measure(file)).toEqual(await http.deps.artifacts.put(createReadStream(file), { field: 'srv', declaredDigest: sha256 }))
  await cleanup()
})

test('a release is signed by the coordinator, and by an owner\'s key where one is given', async () => {
  const plain = await created(['web', '1', '--srv', at('web.tar')])
  expect(plain).toMatchObject({ fault: null, provenance: { by: 'ann', commit: null, build: null }, signers: [{ of: 'coordinator' }] })
  for (const [index, name] of ['web.tar', 'web.tar.gz', 'web.tar.zst', 'web'].entries()) {
    const release = await created(['owned', `1.${index}`, '--srv', at(name), '--cmd', at('web.tar'), '--sign', at('web.key'), '--by', 'olga'])
    expect(release).toMatchObject({ fault: null, provenance: { by: 'olga' }, createdBy: 'ann', signers: [{ of: 'coordinator' }, { of: 'owner', key: pin }] })
  }
  expect((await created(['owned', '1.0', '--srv', at('web.tar'), '--cmd', at('web.tar'), '--sign', at('web.key')])).provenance?.by).toBe('olga')
})

test('a service that names keys takes no release without them', async () => {
  const { code, stderr } = await asked(['release', 'create', 'owned', '9', '--srv', at('web.tar')])
  expect([code, stderr]).toEqual([2, 'error: owned takes only releases that one of its releaseKeys has signed\n  field:    --sign\n'
    + '  expected: a signed statement: muster release create --sign KEYFILE\n'])
})

test.each<[string, () => Promise<unknown>, string]>([
  ['none', async () => {}, 'does not exist'],
  ['open', async () => writeFile(at('open'), await readFile(at('web.key')), { mode: 0o644 }), 'can be read by others: its mode is 644'],
  ['public', async () => writeFile(at('public'), await readFile(at('web.key.pub'))), 'is no Ed25519 private key'],
  ['p256', async () => execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('p256')], { stdio: 'ignore' }), 'is no Ed25519'],
])('--sign with %s is refused before anything is sent', async (name, make, why) => {
  await make()
  await using api = await cannedApi({})
  const { code, stderr } = await muster(['release', 'create', 'web', '1', '--srv', at('web.tar'), '--sign', at(name)], { url: api.url })
  expect([code, stderr, api.asked]).toEqual([2, expect.stringContaining(why), []])
  expect(stderr).toContain('field:    --sign')
})

test('a coordinator that says something else of the packages gets no signature', async () => {
  const truth = await measure(at('web.tar'))
  for (const lie of [{ digest: DIGEST }, { sizeBytes: 1 }, { entries: 1 }]) {
    await using api = await cannedApi({ 'GET /v1/services/owned': service, 'POST /v1/artifacts': { ...truth, ...lie } })
    const { code, stderr } = await muster(['release', 'create', 'owned', '2', '--srv', at('web.tar'), '--sign', at('web.key')], { url: api.url })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/nothing was signed\n {2}field: {4}--srv/)])
    expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/services/owned', 'POST /v1/artifacts'])
  }
})

describe('where a release comes from', () => {
  const git = (...args: string[]) => execFileSync('git', ['-C', at('checkout'), '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { stdio: 'pipe' }).toString().trim()
  const originIn = async (version: string, path: string, env: NodeJS.ProcessEnv, ...flags: string[]) => {
    const { commit, build } = (await created(['web', version, '--srv', path, ...flags], env)).provenance!
    return [commit, build]
  }

  test.each<[string, NodeJS.ProcessEnv, [string, string]]>([
    ['GitHub', { GITHUB_ACTIONS: 'true', GITHUB_SHA: 'c1', GITHUB_SERVER_URL: 'https://gh', GITHUB_REPOSITORY: 'o/r', GITHUB_RUN_ID: '7' }, ['c1', 'https://gh/o/r/actions/runs/7']],
    ['GitLab', { GITLAB_CI: 'true', CI_COMMIT_SHA: 'c2', CI_JOB_URL: 'https://gl/7' }, ['c2', 'https://gl/7']],
    ['Jenkins', { JENKINS_URL: 'https://j', GIT_COMMIT: 'c3', BUILD_URL: 'https://j/7' }, ['c3', 'https://j/7']],
    ['Buildkite', { BUILDKITE: 'true', BUILDKITE_COMMIT: 'c4', BUILDKITE_BUILD_URL: 'https://b/7' }, ['c4', 'https://b/7']],
  ])('is said by %s', async (name, env, origin) => {
    expect(await originIn(`ci-${name}`, at('web.tar'), env)).toEqual(origin)
    expect(await originIn(`said-${name}`, at('web.tar'), env, '--commit', 'mine', '--build', 'my desk')).toEqual(['mine', 'my desk'])
  })

  test('is said by the checkout that the directory lies in, and whether it was changed', async () => {
    await mkdir(at('checkout/dist'), { recursive: true })
    await writeFile(at('checkout/dist/run'), '1')
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '--message', 'first')
    const head = git('rev-parse', 'HEAD')
    expect(await originIn('git-1', at('checkout/dist'), { BUILDKITE: 'true', BUILDKITE_COMMIT: 'c4', BUILDKITE_BUILD_URL: 'https://b/7' })).toEqual([head, 'https://b/7'])
    await writeFile(at('checkout/dist/run'), '2')
    expect(await originIn('git-2', at('checkout/dist'), {})).toEqual([`${head}-dirty`, null])
  })

  test('is shown', async () => {
    await created(['owned', 'shown', '--srv', at('web.tar'), '--sign', at('web.key'), '--by', 'olga', '--commit', 'c0ffee', '--build', 'https://ci.example/7'])
    const { stdout } = await asked(['release', 'show', 'owned', 'shown'])
    expect(stdout).toMatch(new RegExp(`  signed by the coordinator  sha256:[0-9a-f]{64}\n  signed by an owner         ${pin}\n  stated by                  olga, .*\n`
      + '  commit                     c0ffee\n  build                      https://ci.example/7\n$'))
  })

  test.each([['--commit', 129], ['--build', 513], ['--by', 129]])('%s has an end', async (flag, chars) => {
    const { code, stderr } = await asked(['release', 'create', 'web', 'x', '--srv', at('web.tar'), flag, 'x'.repeat(chars)])
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${flag} is too long`)])
  })
})
