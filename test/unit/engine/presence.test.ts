/** Hosts that fall silent, and come back, as the engine sees them: verdicts on presence are made from what is so now. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drive } from '../../../coordinator/engine/drive.ts'
import { SILENT_AFTER_MS } from '../../../coordinator/engine/ports/hosts.ts'
import { sweep } from '../../../coordinator/engine/sweep.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

let bench: Bench
let epochs: Record<string, number>
let id: string

beforeAll(async () => {
  bench = await setUp()
  epochs = { h1: await bench.connect('h1'), h2: await bench.connect('h2') }
  id = await bench.begin({ tolerance: { unreachable: 2 }, order: 'as-listed' })
})

afterAll(() => bench.stop())

test('commands lie in the mailboxes of the hosts that are here', async () => {
  expect([...(await bench.mailbox.look('h1')).mail.keys()]).toEqual([`${id}/h1/1`])
  expect((await bench.task(id, 'h2')).state).toBe('sent')
})

test('a host that is here again when the news of its loss is taken in is not lost', async () => {
  await bench.ports.rollouts.post(id, { type: 'HostLost', host: 'h1' })
  await drive(bench.ports, id)
  expect((await bench.task(id, 'h1')).state).toBe('sent')
})

test('the sweep finds who has fallen silent, and the command is taken back', async () => {
  bench.pass(SILENT_AFTER_MS)
  await bench.beat('h1', epochs['h1']!)
  await sweep(bench.ports)
  await drive(bench.ports, id)
  expect((await bench.task(id, 'h1')).state).toBe('sent')
  expect((await bench.task(id, 'h2')).state).toBe('unreachable')
  expect((await bench.mailbox.look('h2')).mail.size).toBe(0)
})

test('one that shows life again in the same session gets its turn again, as a new command', async () => {
  await bench.beat('h2', epochs['h2']!)
  await sweep(bench.ports)
  await drive(bench.ports, id)
  expect(await bench.task(id, 'h2')).toMatchObject({ state: 'sent', attempt: 2 })
  expect([...(await bench.mailbox.look('h2')).mail.keys()]).toEqual([`${id}/h2/2`])
})
