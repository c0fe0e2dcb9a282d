import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDirectory } from '../../shared/directory.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-directory-'))
})
afterAll(() => rm(dir, { recursive: true }))

test('makes what is missing on the way, and nothing twice', async () => {
  await Promise.all([makeDirectory(join(dir, 'a/b/c')), makeDirectory(join(dir, 'a/b/c')), makeDirectory(join(dir, 'a/d'))])
  await makeDirectory(join(dir, 'a/b/c'))
  expect((await stat(join(dir, 'a/b/c'))).isDirectory()).toBe(true)
  expect((await stat(join(dir, 'a/d'))).isDirectory()).toBe(true)
})

test.each([
  ['below a file', 'ENOTDIR', () => join(dir, 'file/below')],
  ['where a file is', 'EEXIST', () => join(dir, 'file')],
  ['in a file system that makes none', 'ENOENT', () => '/proc/nope/below'],
])('fails %s', async (_where, code, path) => {
  await writeFile(join(dir, 'file'), '')
  await expect(makeDirectory(path())).rejects.toMatchObject({ code })
})
