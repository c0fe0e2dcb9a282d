/** Which rollouts are archived, and what may still be asked of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ARCHIVE_AFTER_MS, ARCHIVE_EVERY_MS, archiveEnded, ARCHIVED_PER_SWEEP, MAX_HOT } from '../../../coordinator/engine/archiving.ts'
import { control } from '../../../coordinator/engine/control.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const MORE = 3

let bench: Bench
const ids: string[] = []

beforeAll(async () => {
  bench = await setUp()
  await bench.prepare()
  await bench.connect('h1')
  for (let n = 0; n < MAX_HOT + MORE; n++) {
    const id = await bench.start('1', {}, 'h1')
    await bench.deploy(id, 'h1')
    ids.push(id)
  }
})

afterAll(() => bench.stop())

async function archive(): Promise<void> {
  bench.pass(ARCHIVE_EVERY_MS)
  await archiveEnded(bench.ports)
}

test('beyond the bound the eldest go at once', async () => {
  await archive()
  expect(await bench.ports.rollouts.archived('web')).toEqual(ids.slice(0, MORE))
  expect(await bench.ports.rollouts.hot('web')).toEqual(ids.slice(MORE))
})

test('what is archived is listed and refuses to move, with what to do', async () => {
  const { rollouts } = await bench.ports.rollouts.list({ service: 'web', cursor: null, limit: 100 })
  expect(rollouts.map(({ id }) => id)).toEqual(ids.toReversed())
  const refused = control(bench.ports, ids[0]!, [{ type: 'RollbackRequested', wave: null, by: 'ann', reason: null }])
  await expect(refused).rejects.toMatchObject({ problem: { code: 'control_refused', message: expect.stringContaining('start a new rollout') } })
})

test('the others go when their time has come, some with every sweep, and an open one stays', async () => {
  const open = await bench.start('1', {}, 'h1')
  bench.pass(ARCHIVE_AFTER_MS)
  await archive()
  expect(await bench.ports.rollouts.archived('web')).toHaveLength(MORE + ARCHIVED_PER_SWEEP)
  for (let sweeps = 0; sweeps < MAX_HOT / ARCHIVED_PER_SWEEP; sweeps++) await archiveEnded(bench.ports)
  expect(await bench.ports.rollouts.hot('web')).toEqual([open])
})
