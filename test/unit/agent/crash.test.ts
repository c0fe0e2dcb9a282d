/** An agent that dies: every script runs at most once, the result arrives, and nothing that is lost is guessed at. */
import fc from 'fast-check'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { TestHost } from './fixture.ts'
import { Gate } from './gate.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
afterEach(async () => await host.dispose())

const steps = async () => (await host.ledger()).map((line) => line.split(' ').slice(1).join(' '))

it.each(['SIGKILL', 'SIGTERM'] as const)('is ended by %s in the middle of a script, which goes on; the next agent brings its result', async (signal) => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  const sent = await host.deploy(1, host.release('1.0', { start: `${gate.shell}\necho started "$MUSTER_VERSION"` }))
  const goOn = await gate.reached()
  expect(await host.kill(signal)).toBe(signal === 'SIGTERM' ? 0 : null)
  await goOn()
  host.start()
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'succeeded', changed: true })
  expect(await steps()).toEqual(['start 1.0', 'check 1.0'])
  const output = await host.coordinator.hear('output', ({ output }) => output.step === 'start')
  expect(Buffer.from(output.output.tail).toString()).toBe('started 1.0\n')
})

it('comes back while the script still runs, and waits for it', async () => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
  const sent = await host.deploy(2, host.release('1.1', { start: `${gate.shell}\nexit 9` }))
  const goOn = await gate.reached()
  await host.kill()
  host.start()
  const { hello } = await host.coordinator.hear('hello', ({ hello }) => hello.open.length > 0)
  // in between two releases nothing is counted on
  expect(hello).toMatchObject({ open: [{ id: sent.id, claimed: true }], installed: [] })
  await goOn()
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'failed', step: 'start', exitCode: 9, revert: 'succeeded', installed: { version: '1.0' } })
  expect((await steps()).slice(2)).toEqual(['stop 1.0', 'start 1.1', 'revert-stop 1.1', 'revert-start 1.0', 'revert-check 1.0'])
})

it('is killed at any moment: no script runs twice, and every attempt ends as it would have', async () => {
  host = await TestHost.create()
  host.start()
  const moments = fc.sample(fc.record({ afterMs: fc.nat(500), fails: fc.constantFrom(null, null, 'check', 'start') }), { numRuns: 10, seed: 20260101 })
  for (const [index, { afterMs, fails }] of moments.entries()) {
    const attempt = index + 1
    const next = host.release(`1.${attempt}`, { start: 'sleep 0.05', stop: 'sleep 0.05', check: 'sleep 0.05', ...(fails === null ? {} : { [fails]: 'exit 1' }) })
    const sent = await host.deploy(attempt, next)
    await delay(afterMs)
    await host.kill()
    host.start()
    const result = await host.coordinator.result(sent.id)
    const expected = fails === null ? { verdict: 'succeeded', revert: 'not-needed' } : { verdict: 'failed', step: fails, revert: 'succeeded' }
    expect(result, `killed after ${afterMs} ms`).toMatchObject(expected)
  }
  const ledger = await host.ledger()
  expect(ledger.length).toBeGreaterThan(moments.length)
  expect(new Set(ledger).size).toBe(ledger.length)
}, 180_000)

it('answers a command that it has finished with its result, and does not run it again', async () => {
  host = await TestHost.create()
  host.start()
  const sent = await host.deploy(1, host.release('1.0'))
  const first = await host.coordinator.result(sent.id)
  await host.kill()
  host.start()
  const since = host.coordinator.heard.length
  await host.coordinator.hear('heartbeat', () => true, since)
  host.coordinator.send(sent)
  expect((await host.coordinator.hear('result', () => true, since)).result).toEqual(first)
  expect(await host.coordinator.hear('accepted', () => true, since)).toEqual({ kind: 'accepted', id: sent.id })
  expect(await steps()).toEqual(['start 1.0', 'check 1.0'])
})

it.each(['lives', 'is gone as well'])('does not guess when the wrapper of a script is gone without a status, while the agent %s', async (agent) => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
  const sent = await host.deploy(2, host.release('1.1', { start: gate.shell }))
  const goOn = await gate.reached()
  if (agent !== 'lives') await host.kill()
  process.kill(await wrapperPid(sent.id), 'SIGKILL')
  if (agent !== 'lives') host.start()
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'unknown', step: 'start', exitCode: -1, revert: 'failed', installed: null })
  expect((await steps()).at(-1)).toBe('start 1.1')
  await goOn()

  // the next attempt stops what may run by its own script, and takes nothing for installed
  const retry = await host.deploy(3, host.release('1.0'))
  expect(await host.coordinator.result(retry.id)).toMatchObject({ verdict: 'succeeded', changed: true, installed: { version: '1.0' } })
  expect((await steps()).slice(-3)).toEqual(['stop 1.1', 'start 1.0', 'check 1.0'])
})

it('runs an idempotent script again when its outcome is lost', async () => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  const once = `[ -e "$MUSTER_SHARED_DIR/once" ] && exit 0; touch "$MUSTER_SHARED_DIR/once"; ${gate.shell}`
  const sent = await host.deploy(1, host.release('1.0', { start: once }, { steps: { start: { idempotent: true } } }))
  const goOn = await gate.reached()
  process.kill(await wrapperPid(sent.id), 'SIGKILL')
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'succeeded' })
  expect(await steps()).toEqual(['start 1.0', 'start 1.0', 'check 1.0'])
  await goOn()
})

it('keeps its data directory to itself', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.hear('hello')
  const second = host.start()
  await new Promise((resolve) => second.once('close', resolve))
  expect(second.exitCode).toBe(2)
  expect(host.log).toContain('another agent runs on')
})

/** The wrapper of the step that runs. */
async function wrapperPid(id: string): Promise<number> {
  const stepsDir = join(host.dir, 'agent/commands', encodeURIComponent(id), 'steps')
  const running = (await readdir(stepsDir)).sort().at(-1)!
  return Number.parseInt(await readFile(join(stepsDir, running, 'ticket'), 'utf8'), 10)
}

