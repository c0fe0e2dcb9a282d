/** What touches no release: scripts of the cmd package that run once, and command lines. */
import { existsSync } from 'node:fs'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Action, Goal } from '../../../shared/command.ts'
import { TestHost } from './fixture.ts'
import { Gate } from './gate.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
afterEach(async () => await host.dispose())

const isRoot = process.getuid?.() === 0
const outputOf = async (id: string): Promise<string> => {
  const { output } = await host.coordinator.hear('output', (message) => message.output.id === id && message.output.step === 'run')
  return Buffer.from(output.tail).toString()
}
const script = (goal: Goal, more: Partial<Action & { kind: 'script' }> = {}): Action => ({ kind: 'script', goal, script: 'migrate', wave: null, hosts: [], undo: false, ...more })

describe('a script', () => {
  it('runs once, from its own package and beside its own program, and leaves what runs alone', async () => {
    host = await TestHost.create()
    host.start()
    await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
    const migrate = 'echo "$MUSTER_SCRIPT $MUSTER_WAVE <$MUSTER_WAVE_HOSTS> <$MUSTER_UNDO>"; cat "$MUSTER_WAVE_HOSTS_FILE" app/version; exit 0'
    const sent = host.send('web-2', 's1', script(host.release('1.1', { migrate }), { wave: 2, hosts: ['h7', 'h8'] }))
    expect(await host.coordinator.result(sent.id)).toMatchObject({
      verdict: 'succeeded', step: null, changed: false, revert: 'not-needed', message: 'migrate succeeded', installed: { version: '1.0' },
    })
    expect(await outputOf(sent.id)).toBe('migrate 2 <h7 h8> <>\nh7\nh8\n1.1')
    expect((await host.ledger()).at(-1)).toBe(`${sent.id} run 1.1`)
    expect(await readFile(join(host.servicePath, 'current/app/version'), 'utf8')).toBe('1.0')
    expect((await readdir(host.servicePath)).sort()).toEqual(['cmd', 'current', 'releases', 'shared'])
    expect(host.coordinator.heard.some((message) => message.kind === 'claim' && message.id === sent.id)).toBe(false)
  })

  it('that the package does not have is a failure by name; undoing nothing is none', async () => {
    host = await TestHost.create()
    host.start()
    const goal = host.release('1.1', { 'seed-undo': 'exit 4' })
    const missing = host.send('web-1', 's1', script(goal))
    expect(await host.coordinator.result(missing.id)).toMatchObject({ verdict: 'failed', step: 'run', message: 'run: the cmd package of web 1.1 has no executable migrate' })
    const nothing = host.send('web-1', 's2', script(goal, { undo: true }))
    expect(await host.coordinator.result(nothing.id)).toMatchObject({ verdict: 'succeeded', message: 'nothing to undo', changed: false, installed: null })
    const undone = host.send('web-1', 's3', script(goal, { script: 'seed', undo: true }))
    expect(await host.coordinator.result(undone.id)).toMatchObject({ verdict: 'failed', step: 'run', exitCode: 4, revert: 'not-needed', changed: false })
  })

  it('does not wait for a deployment that waits for its slot, and is not taken back once it runs', async () => {
    host = await TestHost.create({ grant: false })
    host.start()
    const gate = new Gate(host.dir)
    const goal = host.release('1.0', { migrate: gate.shell })
    const deployment = await host.deploy(1, goal)
    await host.coordinator.hear('claim', ({ id }) => id === deployment.id)
    const sent = host.send('web-1', 's1', script(goal))
    const goOn = await gate.reached()
    host.coordinator.say({ kind: 'withdraw', id: sent.id })
    await host.coordinator.handled()
    await goOn()
    expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'succeeded' })
    host.coordinator.grant(deployment.id)
    expect(await host.coordinator.result(deployment.id)).toMatchObject({ verdict: 'succeeded', installed: { version: '1.0' } })
  })
})

it('what outlives its agent is found again, and what is gone without a status is unknown; neither touches the service', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
  const gate = new Gate(host.dir)
  const goal = host.release('1.1', { migrate: `${gate.shell}; echo done` })
  const first = host.send('web-2', 's1', script(goal))
  const goOn = await gate.reached()
  await host.kill()
  await goOn()
  host.start()
  expect(await host.coordinator.result(first.id)).toMatchObject({ verdict: 'succeeded', changed: false })
  expect((await host.ledger()).filter((line) => line.startsWith(first.id))).toHaveLength(1)

  const second = host.send('web-2', 's2', script(goal))
  const goOnAgain = await gate.reached()
  const ticket = join(host.dir, 'agent/commands', encodeURIComponent(second.id), 'steps/1-run/ticket')
  process.kill(Number.parseInt(await readFile(ticket, 'utf8'), 10), 'SIGKILL')
  expect(await host.coordinator.result(second.id)).toMatchObject({
    verdict: 'unknown', step: 'run', exitCode: -1, revert: 'not-needed', changed: false, installed: { version: '1.0' },
  })
  await goOnAgain()
})

describe('a command line', () => {
  const exec = (rollout: string, line: string, more: object = {}) => host.send(rollout, 1, { kind: 'exec', command: line }, { service: 'run', path: '/', ...more })

  it('runs by its account in its place, claims its slot, and says how it ended', async () => {
    host = await TestHost.create()
    host.start()
    const first = exec('run-1', 'true', { path: '/nowhere' })
    expect(await host.coordinator.result(first.id)).toMatchObject({ verdict: 'failed', step: 'run', message: expect.stringContaining('could not be started in') as string })
    await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
    await chmod(host.dir, 0o755)
    const line = 'echo "$MUSTER_STEP on $MUSTER_HOST in $MUSTER_LABEL_DC, ${MUSTER_SERVICE-no service}"; pwd; id -u'
    const second = exec('run-2', line, isRoot ? { account: 'nobody' } : {})
    expect(await host.coordinator.result(second.id)).toMatchObject({ verdict: 'succeeded', changed: true, message: 'exited with 0', installed: null })
    expect(await outputOf(second.id)).toBe(`run on h1 in fra, no service\n${join(host.dir, 'root')}\n${isRoot ? 65_534 : process.getuid?.()}\n`)
    const failing = exec('run-3', 'echo no such thing >&2; exit 5')
    expect(await host.coordinator.result(failing.id)).toMatchObject({
      verdict: 'failed', step: 'run', exitCode: 5, changed: true, revert: 'not-needed', message: 'run: exited with 5: no such thing',
    })
    expect(host.coordinator.heard.filter((message) => message.kind === 'claim' && message.id.startsWith('run-'))).toHaveLength(3)
    expect((await host.coordinator.hear('heartbeat', () => true, host.coordinator.heard.length)).heartbeat.installed).toMatchObject([{ service: 'web', version: '1.0' }])
  })

  it('runs beside others and beside deployments, and can be killed', async () => {
    host = await TestHost.create()
    host.start()
    const gates = ['one', 'two', 'three'].map((name) => new Gate(host.dir, name))
    const deployment = await host.deploy(1, host.release('1.0', { start: gates[0]!.shell }))
    const goOn = await gates[0]!.reached()
    const commands = gates.slice(1).map((gate, index) => exec(`run-${index + 1}`, gate.shell))
    const others = await Promise.all(gates.slice(1).map((gate) => gate.reached()))
    host.coordinator.say({ kind: 'kill', id: commands[0]!.id, reason: 'enough' })
    expect(await host.coordinator.result(commands[0]!.id)).toMatchObject({ verdict: 'failed', step: 'run', message: 'run: killed: enough', revert: 'not-needed' })
    await Promise.all([goOn(), ...others.map((pass) => pass())])
    expect(await host.coordinator.result(commands[1]!.id)).toMatchObject({ verdict: 'succeeded' })
    expect(await host.coordinator.result(deployment.id)).toMatchObject({ verdict: 'succeeded' })
    expect(existsSync(join(host.dir, 'agent/services/run.json'))).toBe(false)
  })
})
