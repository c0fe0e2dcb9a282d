/** A command that somebody wants ended: what it does ends now, and the host puts itself back. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { identify } from '../../../agent/adapters/processes.ts'
import { MAX_WORKING } from '../../../agent/commands.ts'
import { TestHost } from './fixture.ts'
import { Gate } from './gate.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
afterEach(async () => await host.dispose())

const reason = 'ada: wrong window'
const kill = (id: string) => host.coordinator.say({ kind: 'kill', id, reason })

describe('a kill', () => {
  it('ends the script that runs, with all its processes, and the release that worked runs again', async () => {
    host = await TestHost.create()
    host.start()
    const gate = new Gate(host.dir)
    await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
    const start = `trap '' TERM\nsetsid sleep 1000 </dev/null >/dev/null 2>&1 &\necho $! >"$MUSTER_SHARED_DIR/stray"\n${gate.shell}`
    const sent = await host.deploy(2, host.release('1.1', { start }))
    const goOn = await gate.reached()
    kill(sent.id)
    expect(await host.coordinator.result(sent.id)).toMatchObject({
      verdict: 'failed', step: 'start', exitCode: -1, revert: 'succeeded', message: `start: killed: ${reason}; 1.0 runs again`, installed: { version: '1.0' },
    })
    await goOn()
    expect(await identify(Number(await readFile(join(host.servicePath, 'shared/stray'), 'utf8')))).toBeNull()
    expect((await host.ledger()).slice(-3)).toEqual([`${sent.id} revert-stop 1.1`, `${sent.id} revert-start 1.0`, `${sent.id} revert-check 1.0`])
  })

  it('ends nothing of another agent on the machine, whose command has the very same id', async () => {
    const other = await TestHost.create()
    onTestFinished(async () => await other.dispose())
    host = await TestHost.create()
    const goOns = await Promise.all([host, other].map(async (one) => {
      one.start()
      const gate = new Gate(one.dir)
      await one.deploy(1, one.release('1.0', { start: gate.shell }))
      return await gate.reached()
    }))
    kill('web-1/h1/1')
    expect(await host.coordinator.result('web-1/h1/1')).toMatchObject({ verdict: 'failed', message: `start: killed: ${reason}; nothing runs, as before` })
    await Promise.all(goOns.map((goOn) => goOn()))
    expect(await other.coordinator.result('web-1/h1/1')).toMatchObject({ verdict: 'succeeded' })
  })

  it('is remembered by the next agent when the first one dies over it', async () => {
    host = await TestHost.create()
    host.start('--kill-grace', '1h')
    const [going, ending] = [new Gate(host.dir, 'going'), new Gate(host.dir, 'ending')]
    const sent = await host.deploy(1, host.release('1.0', { start: `trap '${ending.shell}' TERM\n${going.shell} & wait; sleep 1000` }))
    const started = await going.reached()
    kill(sent.id)
    const goOn = await ending.reached()
    await host.kill()
    host.start()
    expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'failed', step: 'start', message: `start: killed: ${reason}; nothing runs, as before` })
    await Promise.all([started(), goOn()])
  })

  it('ends an attempt that fetches, one that waits for its turn, and one that waits for its slot; nothing is touched', async () => {
    host = await TestHost.create({ grant: false })
    host.start()
    const [asked, given] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()]
    host.site.intercept = () => {
      asked.resolve()
      return given.promise
    }
    const fetching = await host.deploy(1, host.release('1.0'))
    const waiting = await host.deploy(2, host.release('1.1'))
    await asked.promise
    kill(waiting.id)
    expect(await host.coordinator.result(waiting.id)).toMatchObject({ verdict: 'failed', revert: 'not-needed', changed: false, installed: null })
    kill(fetching.id)
    expect(await host.coordinator.result(fetching.id)).toMatchObject({ verdict: 'failed', step: 'fetch', message: `fetch: killed: ${reason}`, revert: 'not-needed' })
    given.resolve(undefined)
    const unclaimed = await host.deploy(3, host.release('1.2'))
    await host.coordinator.hear('claim', ({ id }) => id === unclaimed.id)
    kill(unclaimed.id)
    expect(await host.coordinator.result(unclaimed.id)).toMatchObject({ verdict: 'failed', step: 'claim', message: `claim: killed: ${reason}`, changed: false })
    expect(await host.ledger()).toEqual([])
  })

  it('of an attempt that waits for a place does not wait for one', async () => {
    host = await TestHost.create()
    host.start()
    const gates = Array.from({ length: MAX_WORKING }, (_, index) => new Gate(host.dir, `gate-${index}`))
    const exec = (rollout: string, line: string) => host.send(rollout, 1, { kind: 'exec', command: line }, { service: 'run', path: '/' })
    await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
    const busy = gates.map((gate, index) => exec(`run-${index + 1}`, gate.shell))
    const passes = await Promise.all(gates.map((gate) => gate.reached()))
    const waiting = exec('run-9', 'true')
    kill(waiting.id)
    expect(await host.coordinator.result(waiting.id)).toMatchObject({ verdict: 'failed', message: `preflight: killed: ${reason}`, changed: false })
    await Promise.all(passes.map((pass) => pass()))
    for (const { id } of busy) expect(await host.coordinator.result(id)).toMatchObject({ verdict: 'succeeded' })
  })

  it('does not cut the way back, however often it comes', async () => {
    host = await TestHost.create()
    host.start()
    const gate = new Gate(host.dir)
    await host.coordinator.result((await host.deploy(1, host.release('1.0', { start: `if [ "$MUSTER_STEP" = revert-start ]; then ${gate.shell}; fi` }))).id)
    const sent = await host.deploy(2, host.release('1.1', { check: 'exit 7' }))
    const goOn = await gate.reached()
    kill(sent.id)
    kill(sent.id)
    await host.coordinator.handled()
    await goOn()
    expect(await host.coordinator.result(sent.id)).toMatchObject({ step: 'check', exitCode: 7, revert: 'succeeded' })
  })

  it('of a command that has ended, or that nobody knows, does nothing', async () => {
    host = await TestHost.create()
    host.start()
    const sent = await host.deploy(1, host.release('1.0'))
    const result = await host.coordinator.result(sent.id)
    kill(sent.id)
    kill('web-9/h1/9')
    await host.coordinator.handled()
    const said = host.coordinator.heard.flatMap((message) => (message.kind === 'result' && !message.result.id.startsWith('ping') ? [message.result] : []))
    expect(said).toEqual([result])
  })
})
