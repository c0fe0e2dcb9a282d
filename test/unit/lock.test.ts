import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockDirectory } from '../../shared/lock.ts'

test('a data directory has one daemon of a kind', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-lock-'))
  await lockDirectory('coordinator', dir)
  await lockDirectory('agent', dir)
  await expect(lockDirectory('coordinator', dir)).rejects.toThrow(`another coordinator runs on ${dir}`)
  await rm(dir, { recursive: true })
})
