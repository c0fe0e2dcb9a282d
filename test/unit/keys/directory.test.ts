import { execFile } from 'node:child_process'
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { adminTokenIn } from '../../../coordinator/adapters/keys/key-directory.ts'
import { openKeyring } from '../../../coordinator/adapters/keys/keyring.ts'
import { addAuthority } from '../../../coordinator/adapters/keys/rotation.ts'
import { made, temporary } from './fixture.ts'

const FILES = ['admin-token', 'authority-1.pem', 'issuer', 'orders.key', 'releases.key', 'secret']
const OPEN = new URL('./open-process.ts', import.meta.url).pathname

async function newDirectory(): Promise<string> {
  const dir = join(await temporary(), 'keys')
  await openKeyring(dir, Date.now())
  return dir
}

function refusal(field: string, message: RegExp, expected: RegExp = /./) {
  const problem = { code: 'config_invalid', field, message: expect.stringMatching(message), expected: expect.stringMatching(expected) }
  return expect.objectContaining({ problem })
}

test('a new directory has everything, and is nobody else’s business', async () => {
  const dir = await newDirectory()
  expect((await readdir(dir)).sort()).toEqual(FILES)
  const modes = await Promise.all([dir, ...FILES.map((name) => join(dir, name))].map(async (path) => (await stat(path)).mode & 0o777))
  expect(modes).toEqual([0o700, ...FILES.map(() => 0o600)])
})

test('coordinators that start at once on a new directory end with the same keys', async () => {
  const dir = join(await temporary(), 'shared', 'keys')
  const starts = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, [OPEN, dir])))
  const found = starts.map(({ stdout }) => stdout)
  expect(found[0]).toMatch(/^sha256:[0-9a-f]{64} .{80,}\n$/)
  expect(new Set(found).size).toBe(1)
  expect((await readdir(dir)).sort()).toEqual(FILES)
})

test('a start that was cut off is taken up again, with what it had made', async () => {
  const dir = await newDirectory()
  const before = await readFile(join(dir, 'authority-1.pem'), 'utf8')
  for (const name of ['secret', 'admin-token', 'issuer']) await rm(join(dir, name))
  await openKeyring(dir, Date.now())
  expect((await readdir(dir)).sort()).toEqual(FILES)
  expect(await readFile(join(dir, 'authority-1.pem'), 'utf8')).toBe(before)
})

test.each(FILES.filter((name) => name !== 'admin-token'))('%s that others can read is refused', async (name) => {
  const dir = await newDirectory()
  const file = join(dir, name)
  await chmod(file, 0o640)
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(file, /open to others: its mode is 640/, new RegExp(`^chmod 600 ${file}$`)))
})

test('a directory that others can enter is refused', async () => {
  const dir = await newDirectory()
  await chmod(dir, 0o755)
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(dir, /its mode is 755/, /^chmod 700 /))
})

test.each(['authority-1.pem', 'issuer', 'orders.key', 'releases.key'])('%s is never made anew once it was there', async (name) => {
  const dir = await newDirectory()
  await rm(join(dir, name))
  const names = name === 'authority-1.pem' ? 'issuer' : name
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(join(dir, names), /missing|is not there/, /backup/))
  expect(await readdir(dir)).not.toContain(name)
})

test('a secret that is gone after a rotation is not taken for one that was never made', async () => {
  const dir = await newDirectory()
  await addAuthority(dir, null, Date.now())
  await rm(join(dir, 'secret'))
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(join(dir, 'secret'), /missing/))
})

test('an authority whose key is another one’s, or gone, is refused by its file', async () => {
  const dir = await newDirectory()
  const file = join(dir, 'authority-1.pem')
  const { certificate } = await made()
  const { key } = await made()
  await writeFile(file, certificate + key)
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(file, /holds the key of another certificate/))
  await writeFile(file, certificate)
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(file, /holds no key/))
  await writeFile(file, key)
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(file, /holds no certificate/))
})

test.each(['orders.key', 'releases.key', 'secret'])('%s that is damaged is refused by its file', async (name) => {
  const dir = await newDirectory()
  const file = join(dir, name)
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -10))
  await expect(openKeyring(dir, Date.now())).rejects.toEqual(refusal(file, /is damaged/))
})

test('the bootstrap token is made once, and stays away when it was removed', async () => {
  const dir = await newDirectory()
  expect(await adminTokenIn(dir)).toMatch(/^mst_admin_[A-Za-z0-9_-]{43}$/)
  await rm(join(dir, 'admin-token'))
  await openKeyring(dir, Date.now())
  expect(await adminTokenIn(dir)).toBeNull()
})

test('a bootstrap token that is damaged or open to others is no token', async () => {
  const dir = await newDirectory()
  const file = join(dir, 'admin-token')
  await chmod(file, 0o644)
  await expect(adminTokenIn(dir)).rejects.toEqual(refusal(file, /open to others/))
  await chmod(file, 0o600)
  await writeFile(file, 'mst_admin_short\n')
  await expect(adminTokenIn(dir)).rejects.toEqual(refusal(file, /damaged/))
})
