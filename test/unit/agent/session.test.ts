/** What is said and heard on a session, and on the next one when it breaks. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { MAX_WORKING } from '../../../agent/commands.ts'
import { HOST } from './commands.ts'
import { orderMessage } from '../../../shared/proto.ts'
import { TestHost } from './fixture.ts'
import { Gate } from './gate.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
afterEach(async () => await host.dispose())

it('begins with who the host is, and then shows that it lives', async () => {
  host = await TestHost.create({ heartbeatMs: 50 })
  host.start()
  const { hello } = await host.coordinator.hear('hello')
  expect(host.coordinator.heard[0]?.kind).toBe('hello')
  expect(hello).toMatchObject({ labels: { dc: 'fra', port: '4711' }, installed: [], open: [], facts: { os: expect.stringContaining('linux') as string } })
  const { heartbeat } = await host.coordinator.hear('heartbeat')
  expect(heartbeat).toMatchObject({ runningCommands: 0, installed: [] })
  expect(heartbeat.memoryFreeBytes).toBeGreaterThan(0)
  expect(heartbeat.diskFreeBytes).toBeGreaterThan(0)
})

it('finishes alone when the coordinator goes away after the grant, and says so on the next session until it is acknowledged', async () => {
  host = await TestHost.create({ acknowledge: false, redeliver: false })
  host.start()
  await host.coordinator.hear('hello')
  const gate = new Gate(host.dir)
  const sent = await host.deploy(1, host.release('1.0', { start: gate.shell }))
  const goOn = await gate.reached()
  host.coordinator.hangUp()
  await goOn()
  const first = await host.coordinator.result(sent.id)
  const since = host.coordinator.heard.length
  host.coordinator.policy.acknowledge = true
  host.coordinator.hangUp()
  expect((await host.coordinator.hear('result', () => true, since)).result).toEqual(first)
  await host.coordinator.handled()
  const after = host.coordinator.heard.length
  host.coordinator.hangUp()
  expect((await host.coordinator.hear('hello', () => true, after)).hello).toMatchObject({ open: [], installed: [{ version: '1.0' }] })
  expect(await host.ledger()).toHaveLength(2)
})

it('answers a command that it has run with what came of it, although that was acknowledged; one of the same id that asks for something else it refuses', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.hear('hello')
  const sent = await host.deploy(1, host.release('1.0'))
  const result = await host.coordinator.result(sent.id)
  await host.coordinator.handled()
  const since = host.coordinator.heard.length
  host.coordinator.send(sent)
  expect((await host.coordinator.hear('result', () => true, since)).result).toEqual(result)
  const later = host.coordinator.heard.length
  host.coordinator.send({ ...sent, action: { kind: 'remove', stop: 'running' } })
  expect((await host.coordinator.hear('result', () => true, later)).result).toMatchObject({ verdict: 'failed', step: 'preflight', changed: false })
  expect(await host.ledger()).toHaveLength(2)
})

it('asks for its slot again on every session, and heeds no grant of an earlier one', async () => {
  host = await TestHost.create({ grant: false, redeliver: false })
  host.start()
  await host.coordinator.hear('hello')
  const sent = await host.deploy(1, host.release('1.0'))
  await host.coordinator.hear('claim')
  const since = host.coordinator.heard.length
  host.coordinator.hangUp()
  expect(await host.coordinator.hear('claim', () => true, since)).toEqual({ kind: 'claim', id: sent.id, installed: null })
  host.coordinator.grant(sent.id, host.coordinator.epoch - 1)
  await host.coordinator.handled()
  const later = host.coordinator.heard.length
  host.coordinator.hangUp()
  expect((await host.coordinator.hear('hello', () => true, later)).hello.open).toEqual([{ id: sent.id, claimed: false }])
  await host.coordinator.hear('claim', () => true, later)
  host.coordinator.grant(sent.id)
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'succeeded' })
})

it('gives up what is withdrawn before its slot is granted, and not what is withdrawn after', async () => {
  host = await TestHost.create({ grant: false })
  host.start()
  const waiting = await host.deploy(1, host.release('1.0'))
  const queued = await host.deploy(2, host.release('1.1'))
  await host.coordinator.hear('claim')
  host.coordinator.say({ kind: 'withdraw', id: queued.id })
  host.coordinator.say({ kind: 'withdraw', id: waiting.id })
  expect(await host.coordinator.result(queued.id)).toMatchObject({ verdict: 'withdrawn', changed: false, revert: 'not-needed' })
  expect(await host.coordinator.result(waiting.id)).toMatchObject({ verdict: 'withdrawn' })
  expect(await host.ledger()).toEqual([])

  const gate = new Gate(host.dir)
  host.coordinator.policy.grant = true
  const running = await host.deploy(3, host.release('1.2', { start: gate.shell }))
  const goOn = await gate.reached()
  host.coordinator.say({ kind: 'withdraw', id: running.id })
  await goOn()
  expect(await host.coordinator.result(running.id)).toMatchObject({ verdict: 'succeeded' })
})

it('breaks off a fetch that is withdrawn', async () => {
  host = await TestHost.create()
  host.start()
  const asked = new Promise<void>((resolve) => {
    // answers nothing, so that only a withdrawal ends it
    host.site.intercept = () => {
      resolve()
      return new Promise(() => undefined)
    }
  })
  const sent = await host.deploy(1, host.release('1.0'))
  await asked
  host.coordinator.say({ kind: 'withdraw', id: sent.id })
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'withdrawn', step: null })
})

it('runs commands of one service one after another, and of others meanwhile', async () => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  const first = await host.deploy(1, host.release('1.0', { start: gate.shell }))
  const goOn = await gate.reached()
  const second = await host.deploy(2, host.release('1.1'))
  const other = await host.deploy(1, host.release('5.0'), { id: `api-1/${HOST}/1`, rollout: 'api-1', service: 'api', path: '/srv/api' })
  expect(await host.coordinator.result(other.id)).toMatchObject({ verdict: 'succeeded' })
  expect(host.coordinator.heard.some((message) => message.kind === 'progress' && message.progress.id === second.id)).toBe(false)
  await goOn()
  await host.coordinator.result(second.id)
  const web = (await host.ledger()).filter((line) => line.startsWith('web'))
  expect(web).toEqual([`${first.id} start 1.0`, `${first.id} check 1.0`, `${second.id} stop 1.0`, `${second.id} start 1.1`, `${second.id} check 1.1`])
})

it('works on so many at once and no more, and gives the next its turn when one is done', async () => {
  host = await TestHost.create()
  host.start()
  const go = join(host.dir, 'go')
  const start = `echo begun; until [ -e "${go}" ]; do sleep 0.02; done; echo "$MUSTER_COMMAND end" >>"${host.ledgerFile}"`
  const names = Array.from({ length: MAX_WORKING + 2 }, (_name, index) => `s${index}`)
  for (const name of names) await host.deploy(1, host.release('1.0', { start }), { id: `${name}-1/${HOST}/1`, rollout: `${name}-1`, service: name, path: `/srv/${name}` })
  const begun = new Set<string>()
  await host.coordinator.hear('output', ({ output }) => begun.add(output.id).size === MAX_WORKING)
  await host.coordinator.handled()
  await writeFile(go, '')
  for (const name of names) expect(await host.coordinator.result(`${name}-1/${HOST}/1`)).toMatchObject({ verdict: 'succeeded' })
  const changes = (await host.ledger()).filter((line) => !line.includes('check')).map((line): number => (line.endsWith('end') ? -1 : 1))
  const atOnce = changes.map((_change, index) => changes.slice(0, index + 1).reduce((sum, change) => sum + change, 0))
  expect(Math.max(...atOnce)).toBe(MAX_WORKING)
})

it('rejects what it cannot journal, while what runs goes on', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.hear('hello')
  const journals = join(host.dir, 'agent/commands')
  await rm(journals, { recursive: true })
  await writeFile(journals, 'no directory')
  const sent = await host.deploy(1, host.release('1.0'))
  expect((await host.coordinator.result(sent.id)).message).toMatch(/^the command cannot be journalled: /)
})

it.each([
  ['is for another host', { id: 'web-1/h2/1' }, 'the command is for host h2, this is h1'],
  ['would leave its place', { path: '/srv/../etc' }, 'path "/srv/../etc" is not an absolute path without ..'],
  ['names no service', { service: '../x' }, 'service "../x" is not a name'],
])('rejects a command that %s', async (_what, wrong, message) => {
  host = await TestHost.create()
  host.start()
  const sent = await host.deploy(1, host.release('1.0'), wrong)
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'failed', step: 'preflight', changed: false, message })
})

it('rejects a command that it cannot read, and lives on', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.hear('heartbeat')
  host.coordinator.sayOrder(orderMessage.serialize({ host: HOST, command: { commandId: `web-1/${HOST}/1`, deploy: { goal: { version: '1.0' } } } }))
  expect((await host.coordinator.result(`web-1/${HOST}/1`)).message).toContain('cannot read the order')
  expect(await host.coordinator.result((await host.deploy(2, host.release('1.0'))).id)).toMatchObject({ verdict: 'succeeded' })
})

it('shows the end of a long output while the script runs, and all that counts of it before the result', async () => {
  host = await TestHost.create()
  host.start()
  const gate = new Gate(host.dir)
  const sent = await host.deploy(1, host.release('1.0', { start: `seq 100000\n${gate.shell}\necho the end` }))
  const goOn = await gate.reached()
  const running = await host.coordinator.hear('output', ({ output }) => output.step === 'start')
  expect(running.output.tail.length).toBe(8192)
  expect(Buffer.from(running.output.tail).toString()).toMatch(/99999\n100000\n$/)
  await goOn()
  await host.coordinator.result(sent.id)
  const kinds = host.coordinator.heard.filter((message) => message.kind === 'result' || (message.kind === 'output' && message.output.step === 'start'))
  const last = kinds.at(-2)
  expect(last?.kind === 'output' && Buffer.from(last.output.tail).toString()).toMatch(/100000\nthe end\n$/)
})
