/** The owner's file: what it says, and that whatever is wrong with it allows nothing. */
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { policyOf, readPolicy } from '../../../agent/policy/policy-file.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'

const dir = await mkdtemp(join(tmpdir(), 'muster-policy-'))
afterAll(() => rm(dir, { recursive: true }))

async function fileWith(text: string, mode = 0o644): Promise<string> {
  const file = join(dir, `${Math.random()}.yaml`)
  await writeFile(file, text)
  await chmod(file, mode)
  return file
}

test('all that it can say', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const file = await fileWith(`services: [web, 'db-*']\naccounts: [www-data]\npaths: [/srv/, /]\nrun: true\ncommands: [uptime, 'df *']\nreleaseKeys: [${key}]\n`)
  const read = await readPolicy(file)
  expect(read?.policy).toEqual({
    services: ['web', 'db-*'], accounts: ['www-data'], paths: ['/srv', '/'], run: true, commands: ['uptime', 'df *'], releaseKeys: [pinOfKey(publicKey)], broken: null,
  })
  expect([...read?.keys.keys() ?? []]).toEqual([pinOfKey(publicKey)])
})

test.each([
  ['no word of command lines allows none', 'services: [web]', false],
  ['true allows all', 'run: true', true],
  ['an empty mapping allows all but command lines', '{}', false],
])('%s', (_name, yaml, run) => {
  expect(policyOf(yaml, 'policy.yaml').policy).toMatchObject({ run, broken: null })
})

test.each([
  ['an unknown field', 'service: [web]', /service: there is no such field/],
  ['no mapping', '- web', /policy\.yaml/],
  ['nothing at all', '', /policy\.yaml/],
  ['no YAML', 'services: [web', /policy\.yaml/],
  ['a relative path', 'paths: [srv]', /paths\[0\]: expected an absolute path/],
  ['a path that climbs', 'paths: [/srv/../etc]', /paths\[0\]/],
  ['a key that is none', 'releaseKeys: [abc]', /releaseKeys\[0\]: expected an Ed25519 public key/],
  ['an alias bomb', 'services: &a [web]\naccounts: *a', /policy\.yaml/],
])('%s allows nothing and says why', (_name, yaml, why) => {
  const { policy } = policyOf(yaml, 'policy.yaml')
  expect(policy).toMatchObject({ run: false, broken: expect.stringMatching(why) })
})

test('a file that others may write allows nothing', async () => {
  expect((await readPolicy(await fileWith('run: true', 0o666)))?.policy.broken).toMatch(/can be written by others/)
})

test('a file that was named has to be there', async () => {
  expect((await readPolicy(join(dir, 'nowhere.yaml')))?.policy.broken).toMatch(/ENOENT/)
})
