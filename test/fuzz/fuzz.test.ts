/** Every parser takes or refuses whatever comes, in its proper way. `npm run fuzz` tries many more. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { feed } from './run.ts'
import { subjectsIn } from './subjects.ts'

const { MUSTER_FUZZ_CASES, MUSTER_FC_SEED } = process.env
const CASES = Number(MUSTER_FUZZ_CASES ?? 2000)
const SEED = MUSTER_FC_SEED === undefined ? undefined : Number(MUSTER_FC_SEED)

const dir = await mkdtemp(join(tmpdir(), 'muster-fuzz-'))
afterAll(() => rm(dir, { recursive: true }))

test.each((await subjectsIn(dir)).map((subject) => [subject.name, subject] as const))('%s', { timeout: 120_000 }, async (_name, subject) => {
  const { cases, accepted } = await feed(subject, CASES, SEED)
  // Inputs that are all refused at the door, or all taken, would try nothing.
  expect(accepted / cases).toBeGreaterThan(0.02)
  expect(accepted / cases).toBeLessThan(0.98)
})
