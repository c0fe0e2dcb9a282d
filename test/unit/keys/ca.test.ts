import { join } from 'node:path'
import { Writable } from 'node:stream'
import { rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { runCa } from '../../../coordinator/ca/program.ts'
import { authoritiesIn } from '../../../coordinator/adapters/keys/key-directory.ts'
import { openKeyring } from '../../../coordinator/adapters/keys/keyring.ts'
import { asFiles, made, temporary } from './fixture.ts'

async function dataDirectory(): Promise<string> {
  const dataDir = await temporary()
  await openKeyring(join(dataDir, 'keys'), Date.now())
  return dataDir
}

async function ca(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new Kept(), new Kept()]
  const exitCode = await runCa(args, { stdout, stderr, env, now: Date.now })
  return { exitCode, stdout: stdout.text, stderr: stderr.text }
}

class Kept extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

test('show has each authority with its pin, since and until when, and what it does, and the signing keys', async () => {
  const dataDir = await dataDirectory()
  const { exitCode, stdout } = await ca(['show', '--data-dir', dataDir])
  const lines = stdout.split('\n').map((line) => line.replace(/[0-9a-f]{64}/, '…').replace(/\d{4}-\d\d-\d\d/g, 'DAY'))
  expect(exitCode).toBe(0)
  expect(lines[1]).toBe('authority-1  sha256:…  DAY  DAY  issues')
  expect(lines.slice(4, 6)).toEqual(['orders       sha256:…', 'releases     sha256:…'])
  expect(stdout).toContain('still has its admin-token')
  await rm(join(dataDir, 'keys', 'admin-token'))
  expect((await ca(['show'], { MUSTER_COORDINATOR_KEY_DIR: join(dataDir, 'keys') })).stdout).not.toContain('admin-token')
})

test('show --pem has the certificates that are trusted, and nothing else', async () => {
  const dataDir = await dataDirectory()
  await ca(['add', '--data-dir', dataDir])
  const { known } = await authoritiesIn(join(dataDir, 'keys'))
  const { exitCode, stdout } = await ca(['show', '--pem', '--data-dir', dataDir])
  expect(exitCode).toBe(0)
  expect(stdout).toBe([...known.values()].map(({ certificate }) => certificate.toString()).join(''))
  expect((await ca(['show', '--pem', '--json', '--data-dir', dataDir])).exitCode).toBe(2)
  for (const name of ['authority-1.pem', 'authority-2.pem', 'issuer']) await rm(join(dataDir, 'keys', name))
  expect((await ca(['show', '--pem', '--data-dir', dataDir])).stderr).toContain('has no authority; expected the one that is given to the coordinators by --ca-cert')
})

test('add, activate and retire rotate, and say what follows', async () => {
  const dataDir = await dataDirectory()
  const run = async (...args: string[]) => JSON.parse((await ca([...args, '--data-dir', dataDir, '--json'])).stdout)
  const standings = ({ authorities }: { authorities: { name: string; standing: string }[] }) => authorities.map(({ name, standing }) => `${name} ${standing}`)
  const added = await run('add')
  expect([added.done, standings(added)]).toEqual(['authority-2 is trusted', ['authority-1 issues', 'authority-2 ready']])
  const activated = await run('activate', added.authorities[1].pin.slice(0, 'sha256:'.length + 12))
  expect([activated.done, standings(activated)]).toEqual(['authority-2 issues', ['authority-1 ready', 'authority-2 issues']])
  const retired = await run('retire', 'authority-1')
  expect([retired.done, standings(retired)]).toEqual(['authority-1 is trusted no longer', ['authority-2 issues']])
  expect(retired.next).toBe('machines that have not renewed yet do so as soon as they come again; those that have not heard of the one that issues have to join again')
})

test('an authority of somebody’s own is added from a file, with or without its key', async () => {
  const dataDir = await dataDirectory()
  const own = await made()
  const { certificate } = await asFiles(await temporary(), own.certificate, own.key)
  expect((await ca(['add', '--certificate', certificate, '--data-dir', dataDir])).stdout).toContain('only trusted, no key here')
  const missing = await ca(['add', '--certificate', '/nowhere.pem', '--data-dir', dataDir])
  expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('muster ca: --certificate: /nowhere.pem cannot be read') })
})

test.each([
  [['retire', 'authority-1'], 'muster ca: authority-1 issues; expected one that does not; muster ca activate another one first\n'],
  [['activate', 'abcdef'], 'muster ca: abcdef: there is no such authority; expected one of authority-1, or the beginning of a pin\n'],
  [['show', '--flag'], "muster ca: unknown option '--flag'; expected see muster ca --help\n"],
  [['activate'], "muster ca: missing required argument 'authority'; expected see muster ca --help\n"],
])('%j is refused with exit code 2', async (args, stderr) => {
  const dataDir = await dataDirectory()
  expect(await ca([...args, '--data-dir', dataDir])).toEqual({ exitCode: 2, stdout: '', stderr })
})

test('a problem is JSON when JSON was asked for', async () => {
  const { exitCode, stderr } = await ca(['show', '--json'])
  expect([exitCode, JSON.parse(stderr).error]).toEqual([2, expect.objectContaining({ code: 'flag_invalid', field: '--key-dir' })])
})

test('a directory that is not there, or damaged, is said and not made', async () => {
  const dataDir = await dataDirectory()
  expect((await ca(['add', '--key-dir', '/nowhere'])).stderr).toMatch(/^muster ca: \/nowhere cannot be read: ENOENT/)
  await writeFile(join(dataDir, 'keys', 'issuer'), 'authority-7.pem\n')
  expect((await ca(['show', '--data-dir', dataDir])).stderr).toMatch(/issuer names authority-7.pem, which is not there/)
})
