/** A host that is removed in the middle of a rollout: out at once, and for its rollout as any host that has gone silent. */
import { afterAll, beforeEach, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { removeHost } from '../../../coordinator/engine/remove-host.ts'
import { hasEnded } from '../../../shared/states.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const BY = { by: 'ann', reason: null }
let bench: Bench

beforeEach(async () => {
  await bench?.stop()
  bench = await setUp()
})
afterAll(() => bench.stop())

const remove = (host: string) => removeHost({ ...bench.ports, identities: bench.identities }, host, BY)

test('one that has not claimed its slot gives its command back at once', async () => {
  await bench.connect('h1')
  const id = await bench.begin({})
  expect((await bench.task(id, 'h1')).state).toBe('sent')
  expect(await remove('h1')).toEqual({ outcome: 'revoked', rollouts: [id] })
  await drive(bench.ports, id)
  expect((await bench.task(id, 'h1')).state).toBe('unreachable')
})

test('one that holds a slot keeps it until a person says that it does not count; then it can be forgotten', async () => {
  await bench.connect('h1')
  const id = await bench.begin({})
  const { attempt } = await bench.task(id, 'h1')
  await bench.ports.rollouts.post(id, { type: 'ClaimRequested', host: 'h1', attempt, epoch: 1, installed: { revision: null, version: null } })
  await drive(bench.ports, id)
  expect(await remove('h1')).toEqual({ outcome: 'revoked', rollouts: [id] })
  await drive(bench.ports, id)
  expect((await bench.task(id, 'h1')).state).toBe('claimed')
  const presence = (await bench.ports.hosts.connected(['h1'], bench.ports.clock())).has('h1') ? 'connected' : 'away'
  await control(bench.ports, id, [{ type: 'SkipRequested', host: 'h1', presence, ...BY }])
  await drive(bench.ports, id)
  expect(hasEnded((await bench.rollout(id)).phase)).toBe(true)
  expect(await remove('h1')).toEqual({ outcome: 'removed' })
  expect(await bench.ports.hosts.get('h1')).toBeNull()
  expect((await bench.ports.places.taken('web')).size).toBe(0)
  await expect(remove('h1')).rejects.toMatchObject({ problem: { code: 'host_unknown' } })
})
