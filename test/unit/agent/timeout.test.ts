/** A script whose time is over: it and everything it started is gone, and nothing else is. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { identify } from '../../../agent/adapters/processes.ts'
import { TestHost } from './fixture.ts'
import { Gate } from './gate.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
afterEach(async () => await host.dispose())

const TIMEOUT_MS = 2500
const pidIn = async (name: string) => Number(await readFile(join(host.servicePath, 'shared', name), 'utf8'))
const lives = async (name: string) => (await identify(await pidIn(name))) !== null

/** Leaves a process in a session of its own. */
const leave = (name: string) => `setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >"$MUSTER_SHARED_DIR/${name}"`

it('kills a hanging script with its children, also those of another session or without its mark, and not the service that an earlier start has left', async () => {
  host = await TestHost.create()
  host.start()
  const start = leave('service')
  await host.coordinator.result((await host.deploy(1, host.release('1.0', { start }))).id)
  const hanging = `trap '' TERM\n${leave('stray')}\n/usr/bin/env -i sleep 1000 & echo $! >"$MUSTER_SHARED_DIR/child"\necho waits for ever\nwait`
  const sent = await host.deploy(2, await host.unpack(12, host.release('1.1', { check: hanging })), { timeoutMs: TIMEOUT_MS })
  expect(await host.coordinator.result(sent.id)).toMatchObject({
    verdict: 'timed-out', step: 'check', exitCode: -1, revert: 'succeeded', message: 'check: did not end in time and was killed: waits for ever; 1.0 runs again',
  })
  expect([await lives('stray'), await lives('child')]).toEqual([false, false])
  expect(await lives('service')).toBe(true)
  process.kill(await pidIn('service'))
})

it('gives the way back its own time', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.result((await host.deploy(1, host.release('1.0', { start: 'sleep 0.6', check: 'sleep 0.6' }))).id)
  const sent = await host.deploy(2, await host.unpack(12, host.release('1.1', { start: 'sleep 1000', stop: 'sleep 1000' })), { timeoutMs: TIMEOUT_MS })
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'timed-out', step: 'start', revert: 'succeeded', installed: { version: '1.0' } })
})

it('lets a script that ends on SIGTERM end by itself', async () => {
  host = await TestHost.create()
  host.start('--kill-grace', '1h')
  const polite = 'trap "echo tidied up; exit 0" TERM\nsleep 1000 & wait'
  const sent = await host.deploy(1, await host.unpack(11, host.release('1.0', { start: polite })), { timeoutMs: TIMEOUT_MS })
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'timed-out', message: 'start: did not end in time and was killed: tidied up; nothing runs, as before' })
})

it('is finished by the next agent when the first one dies over it', async () => {
  host = await TestHost.create()
  host.start('--kill-grace', '1h')
  const gate = new Gate(host.dir)
  const sent = await host.deploy(1, await host.unpack(11, host.release('1.0', { start: `trap '${gate.shell}' TERM\nsleep 1000 & wait; sleep 1000` })), { timeoutMs: TIMEOUT_MS })
  const goOn = await gate.reached()
  await host.kill()
  host.start()
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'timed-out', step: 'start', revert: 'succeeded' })
  await goOn().catch(() => undefined)
})

it('counts the time of a script that went on without an agent', async () => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  const sent = await host.deploy(1, await host.unpack(11, host.release('1.0', { start: `${gate.shell}; sleep 1000` })), { timeoutMs: TIMEOUT_MS })
  const goOn = await gate.reached()
  await host.kill()
  await goOn()
  host.start()
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'timed-out', step: 'start' })
})
