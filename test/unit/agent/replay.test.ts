/** An order that comes again is not run again, however often and however late it is sent. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { KEEP_ACKNOWLEDGED, Journals } from '../../../agent/adapters/journal.ts'
import { untimely } from '../../../agent/orders.ts'
import { ORDER_VALID_MS } from '../../../shared/order.ts'
import { command, HOST } from './commands.ts'
import { TestHost } from './fixture.ts'

// generous: a thousand journals on a busy machine
vi.setConfig({ testTimeout: 120_000 })

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-replay-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

it('after its result was acknowledged, it is answered with that result', async () => {
  const host = await TestHost.create()
  try {
    host.start()
    await host.coordinator.hear('heartbeat')
    const sent = await host.deploy(1, host.release('1.0'))
    await host.coordinator.result(sent.id)
    await host.coordinator.handled()
    const ran = await host.ledger()
    const heard = host.coordinator.heard.length
    host.coordinator.sendAgain(sent.id)
    expect((await host.coordinator.hear('result', ({ result }) => result.id === sent.id, heard)).result).toMatchObject({ verdict: 'succeeded' })
    expect(ran.length).toBeGreaterThan(0)
    expect(await host.ledger()).toEqual(ran)
  } finally {
    await host.dispose()
  }
})

it('after so many others that its journal is gone, it may have run already; also for the agent that starts next', async () => {
  const nowMs = Date.now()
  const orderAt = (nth: number) => ({ command: command({ id: `run-${nth}/${HOST}/1` }), issuedAtMs: nowMs - 100_000 + nth, expiresAtMs: nowMs + ORDER_VALID_MS })
  const journals = await Journals.open(dir)
  for (let nth = 1; nth <= KEEP_ACKNOWLEDGED + 1; nth += 1) {
    const journal = await journals.accept(orderAt(nth))
    await journal.append({ kind: 'acknowledged' })
  }
  expect(untimely(orderAt(1), nowMs, journals.forgottenMs)).toBeNull()
  await journals.prune(new Date(nowMs))
  for (const each of [journals, await Journals.open(dir)]) {
    expect(each.get(orderAt(1).command.id)).toBeUndefined()
    expect(each.get(orderAt(2).command.id)).toBeDefined()
    expect(untimely(orderAt(1), nowMs, each.forgottenMs)).toContain('may have run already')
    expect(untimely(orderAt(2), nowMs, each.forgottenMs)).toBeNull()
  }
})

it('what can no longer be sent again leaves no trace', async () => {
  const journals = await Journals.open(dir)
  const nowMs = Date.now()
  const journal = await journals.accept({ command: command(), issuedAtMs: nowMs, expiresAtMs: nowMs + ORDER_VALID_MS })
  await journal.append({ kind: 'acknowledged' })
  await journals.prune(new Date(nowMs + 30 * ORDER_VALID_MS))
  expect([journals.all(), journals.forgottenMs]).toEqual([[], 0])
})
