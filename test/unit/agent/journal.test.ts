/** What a journal holds after a crash at any byte, a full disk, and a week. */
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Journals, KEEP_ACKNOWLEDGED_MS } from '../../../agent/adapters/journal.ts'
import type { Result } from '../../../shared/command.ts'
import { accepted, command } from './commands.ts'

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-journal-'))))
afterEach(async () => await rm(dir, { recursive: true, force: true }))

const result: Result = { id: command().id, verdict: 'withdrawn', step: null, exitCode: 0, message: '', revert: 'not-needed', changed: false, durationMs: 0, installed: null }
const reopen = async () => (await Journals.open(dir)).get(command().id)

it('is read back as it was written, by a later agent', async () => {
  const journal = await (await Journals.open(dir)).accept(accepted())
  await Promise.all([journal.append({ kind: 'withdrawn' }), journal.append({ kind: 'result', result }), journal.append({ kind: 'acknowledged' })])
  expect((await reopen())?.attempt).toEqual(journal.attempt)
  expect(journal.attempt).toMatchObject({ command: command(), withdrawn: true, result, acknowledged: true })
})

it('at every byte at which a crash may have cut it off, holds what was whole, and can be gone on with', async () => {
  const journal = await (await Journals.open(dir)).accept(accepted())
  const file = join(journal.dir, 'journal')
  const acceptedBytes = (await readFile(file)).length
  await journal.append({ kind: 'withdrawn' })
  const whole = await readFile(file)
  for (let length = acceptedBytes; length < whole.length; length += 1) {
    await writeFile(file, whole.subarray(0, length))
    const cut = await reopen()
    expect(cut?.attempt.withdrawn).toBe(false)
    await cut?.append({ kind: 'result', result })
    expect((await reopen())?.attempt).toMatchObject({ withdrawn: false, result })
  }
})

it('is no journal when its first line never became whole: nobody was told that the command was accepted', async () => {
  const journal = await (await Journals.open(dir)).accept(accepted())
  const file = join(journal.dir, 'journal')
  await truncate(file, (await readFile(file)).length - 1)
  expect(await reopen()).toBeUndefined()
  expect(await readdir(dir)).toEqual([])
})

it('that is damaged in the middle keeps the agent from guessing', async () => {
  const journal = await (await Journals.open(dir)).accept(accepted())
  await appendFile(join(journal.dir, 'journal'), '{"kind":\n{"kind":"granted"}\n')
  await expect(Journals.open(dir)).rejects.toThrow(/journal: line 2 is damaged/)
})

it('takes back what a full disk has let it write of a line', async () => {
  const journal = await (await Journals.open(dir)).accept(accepted())
  await appendFile(join(journal.dir, 'journal'), '{"kind":"gran')
  await journal.append({ kind: 'withdrawn' })
  expect((await reopen())?.attempt).toMatchObject({ withdrawn: true, granted: false })
})

it('judges a condition on an entry when its turn to be written has come', async () => {
  const journal = await (await Journals.open(dir)).accept(accepted())
  await Promise.all([journal.append({ kind: 'granted' }), journal.append({ kind: 'withdrawn' }, ({ granted }) => granted)])
  expect(journal.attempt).toMatchObject({ granted: true, withdrawn: false })
})

it('is kept for days after its acknowledgement, and until then for ever', async () => {
  const journals = await Journals.open(dir)
  const done = await journals.accept(accepted())
  const open = await journals.accept(accepted({ id: 'web-1/h1/2' }))
  await done.append({ kind: 'result', result })
  await done.append({ kind: 'acknowledged' })
  const later = (ms: number) => new Date(Date.now() + ms)
  await journals.prune(later(KEEP_ACKNOWLEDGED_MS - 60_000))
  expect(journals.all()).toEqual([done, open])
  await journals.prune(later(KEEP_ACKNOWLEDGED_MS + 60_000))
  expect(journals.all()).toEqual([open])
  expect((await Journals.open(dir)).all()).toHaveLength(1)
})

it('keeps the outputs of the latest, and of all that are not acknowledged', async () => {
  const journals = await Journals.open(dir)
  const output = (id: string) => join(dir, encodeURIComponent(id), 'steps/1-start/output')
  const ids = [1, 2, 3, 4].map((attempt) => `web-1/h1/${attempt}`)
  for (const id of ids) {
    const journal = await journals.accept(accepted({ id }))
    await mkdir(join(journal.dir, 'steps/1-start'), { recursive: true })
    await writeFile(output(id), 'x'.repeat(10_000))
    await journal.append({ kind: 'result', result })
    if (id !== ids[0]) await journal.append({ kind: 'acknowledged' })
  }
  const left = async () => (await Promise.all(ids.map((id) => stat(output(id)).then(() => [id], () => [])))).flat()
  await journals.prune(new Date(), 100_000)
  expect(await left()).toEqual(ids)
  await journals.prune(new Date(), 30_000)
  expect(await left()).toEqual([ids[0], ids[2], ids[3]])
  expect(journals.all()).toHaveLength(4)
})
