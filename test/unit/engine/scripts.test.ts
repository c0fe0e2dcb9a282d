/** Where scripts that run once are run, and what is in their commands, on real stores. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { sweep } from '../../../coordinator/engine/sweep.ts'
import type { Command } from '../../../shared/command.ts'
import { signedRelease } from '../../keys.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

let bench: Bench
const epochs = new Map<string, number>()

beforeAll(async () => {
  bench = await setUp()
  await bench.prepare({ hosts: 'role=web' })
})

beforeEach(async () => {
  for (const host of ['h1', 'h2', 'h3']) epochs.set(host, await bench.connect(host, { role: 'web' }))
  epochs.set('db1', await bench.connect('db1', { role: 'db' }))
})

afterAll(() => bench.stop())

async function leave(...hosts: string[]): Promise<void> {
  for (const host of hosts) await bench.leave(host, epochs.get(host)!)
}

/** The script command that lies in the host's mailbox. */
async function mailed(host: string): Promise<Command | undefined> {
  return [...(await bench.mailbox.look(host)).mail.values()].map(({ command }) => command).find(({ action }) => action.kind === 'script')
}

async function end(id: string, on: string, number: number, verdict: 'succeeded' | 'failed' = 'succeeded'): Promise<void> {
  await bench.ports.rollouts.post(id, { type: 'ScriptEnded', on, number, verdict, exitCode: verdict === 'failed' ? 1 : 0, message: verdict })
  await drive(bench.ports, id)
}

test('the first host of the rollout that is here runs it; the second, when the first is away', async () => {
  await leave('h1')
  const id = await bench.start('1', { before: ['migrate'], order: 'as-listed', offline: 'wait' })
  expect(await mailed('h2')).toMatchObject({
    id: `${id}/h2/s1`, service: 'web', action: { kind: 'script', script: 'migrate', wave: null, hosts: [], undo: false, goal: { version: '1' } },
  })
  await bench.ports.rollouts.post(id, { type: 'ScriptStarted', on: 'h2', number: 1 })
  await end(id, 'h2', 1, 'failed')
  expect((await bench.rollout(id)).hold).toMatchObject({ kind: 'script' })
  expect(await mailed('h2')).toBeUndefined()
})

test('a test is told of those hosts of its wave that run the release, and is undone by nothing; what is undone runs where it ran', async () => {
  const id = await bench.start('1', {
    before: ['migrate'], waves: [1, 2], gate: { after: 'every', kind: 'test', test: 'smoke' }, tolerance: { failed: 1 }, order: 'as-listed', onBusy: 'supersede',
  })
  await end(id, 'h1', 1)
  await bench.deploy(id, 'h1')
  await end(id, 'h1', 2)
  await bench.deploy(id, 'h2', 'wrong')
  await bench.deploy(id, 'h3')
  expect((await mailed('h2'))?.action).toMatchObject({ kind: 'script', script: 'smoke', wave: 2, hosts: ['h3'] })

  await control(bench.ports, id, [{ type: 'RollbackRequested', wave: null, by: 'ann', reason: null }])
  await drive(bench.ports, id)
  await end(id, 'h2', 3)
  for (const host of ['h3', 'h1', 'h2']) if ((await bench.task(id, host)).state === 'sent') await bench.deploy(id, host)
  expect((await mailed('h1'))?.action).toMatchObject({ kind: 'script', script: 'migrate', undo: true, wave: null })
  await end(id, 'h1', 4)
  expect((await bench.rollout(id)).phase).toBe('rolled-back')
})

test('the service names the hosts that may run it, any that are known; while none of them is here, the rollout says so and looks again', async () => {
  await bench.prepare({ hosts: 'role=web', scriptsOn: 'role=db' })
  await leave('db1')
  const id = await bench.start('1', { before: ['migrate'], onBusy: 'supersede' })
  expect((await bench.rollout(id)).scripts[0]).toMatchObject({ state: 'waiting', away: true })
  await drive(bench.ports, id)
  await bench.connect('db1', { role: 'db' })
  await sweep(bench.ports)
  await drive(bench.ports, id)
  expect((await bench.rollout(id)).scripts[0]).toMatchObject({ state: 'sent', away: false, host: 'db1' })
  expect((await mailed('db1'))?.id).toBe(`${id}/db1/s1`)
})

test('a script that no package can have is refused before anything begins', async () => {
  const srv = { digest: '9'.repeat(64), sizeBytes: 1, entries: 1 }
  await bench.ports.catalogue.release(signedRelease(bench.ports.signer, { service: 'web', version: '9', srv, cmd: null }))
  const refusal = { problem: { code: 'strategy_invalid', field: 'strategy.gate.test', message: 'strategy.gate.test: web 9 has no scripts of its own that smoke could be among' } }
  await expect(bench.start('9', { gate: { after: 'first', kind: 'test', test: 'smoke' } })).rejects.toMatchObject(refusal)
  await expect(bench.start('9', { after: ['tell'] })).rejects.toMatchObject({ problem: { field: 'strategy.after' } })
})
