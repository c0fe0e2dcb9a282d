import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, environmentOf, isAlive, type Environment, type Service } from './service.ts'

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<string[]> {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    return server
  }))
  const ports = servers.map((server) => String((server.address() as AddressInfo).port))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

let service: Service
let ports: string[]
beforeEach(async () => {
  service = createService()
  ports = await freePorts(2)
})
afterEach(() => service.remove())

/** Two instances that differ in their ports, as the agent puts them into the environment. */
function two(): Environment {
  const [a = '', b = ''] = ports
  return {
    MUSTER_INSTANCES: 'a b', MUSTER_VAR_PORT: '1', MUSTER_VAR_COLOUR: 'blue',
    MUSTER_INSTANCE_a_VAR_PORT: a, MUSTER_INSTANCE_b_VAR_PORT: b,
    MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: 'http://127.0.0.1:1/',
    MUSTER_INSTANCE_a_CHECK_TARGET: `http://127.0.0.1:${a}/`, MUSTER_INSTANCE_b_CHECK_TARGET: `http://127.0.0.1:${b}/`,
  }
}

describe('a service with two instances', () => {
  it('starts and checks each, with a pid file, a log and variables of its own, and stops all', async () => {
    expect(await service.step('start', two())).toMatchObject({ status: 0, output: expect.stringMatching(/^web@a runs as pid .*\nweb@b runs as pid .*\n$/) })
    const checked = await service.step('check', two())
    expect(checked).toMatchObject({ status: 0 })
    expect(checked.output.match(/http:\S+/g)).toEqual(ports.map((port) => `http://127.0.0.1:${port}/`))
    const pids = [service.pid('web@a'), service.pid('web@b')]
    expect(environmentOf(pids[1] ?? 0)).toEqual(expect.arrayContaining([`MUSTER_VAR_PORT=${ports[1]}`, 'MUSTER_VAR_COLOUR=blue', 'MUSTER_INSTANCE=b']))
    expect(service.log('web@b')).toMatch(/^--- muster starts web@b .*\nlistening\n$/)
    expect(existsSync(service.pidFile)).toBe(false)
    expect(await service.step('stop', two())).toMatchObject({ status: 0, output: expect.stringMatching(/^web@a stopped in .*\nweb@b stopped in .*\n$/) })
    expect(pids.map(isAlive)).toEqual([false, false])
  })

  it('runs the command line of each', async () => {
    const lines = { MUSTER_INSTANCE_a_RUN: 'echo first; exec sleep 1000', MUSTER_RUN: 'echo any; exec sleep 1000' }
    await service.step('start', { ...two(), ...lines })
    expect(service.log('web@a')).toContain('first\n')
    expect(service.log('web@b')).toContain('any\n')
  })

  it('leaves the other as it is when one is stopped', async () => {
    await service.step('start', two())
    const [a, b] = [service.pid('web@a'), service.pid('web@b')]
    expect(await service.script('muster_daemon_stop web@a')).toMatchObject({ status: 0 })
    expect([a, b].map(isAlive)).toEqual([false, true])
  })

  it('fails at the first that fails, and names it; a stop ends what had been started', async () => {
    const broken = { ...two(), MUSTER_INSTANCE_b_RUN: 'echo "Error: no luck" >&2; exit 3', MUSTER_SETTLE_MS: '5000', MUSTER_INSTANCE_a_VAR_SETTLE_MS: '50' }
    const { MUSTER_SETTLE_MS: _, ...settings } = broken
    const { status, lastLine } = await service.step('start', settings)
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: expect.stringMatching(/^web@b exited with 3 .* last words: Error: no luck$/) })
    const a = service.pid('web@a')
    await service.step('stop', two())
    expect(isAlive(a)).toBe(false)
  })

  it('fails the check when one is not healthy', async () => {
    const asleep = { ...two(), MUSTER_INSTANCE_b_RUN: 'sleep 1000' }
    await service.step('start', asleep)
    process.kill(service.pid('web@b'), 'SIGKILL')
    await expect.poll(() => isAlive(service.pid('web@b'))).toBe(false)
    const { status, output } = await service.step('check', asleep)
    expect({ status, output }).toEqual({ status: 1, output: expect.stringMatching(/^http.* answered 200: healthy .*\nweb@b is not running\n$/) })
  })

  it('is stopped as a whole by a stop that knows of other instances', async () => {
    await service.step('start', two())
    const pids = [service.pid('web@a'), service.pid('web@b')]
    expect(await service.step('stop', { MUSTER_INSTANCES: 'b c' })).toMatchObject({
      status: 0, output: expect.stringMatching(/^web@b stopped .*\nweb@c does not run\nweb@a stopped .*\n$/),
    })
    expect(pids.map(isAlive)).toEqual([false, false])
  })

  it('does not meet a service that is called like one of them, in the same place or beside it', async () => {
    const neighbour = createService('web-a')
    try {
      await service.step('start', two())
      await neighbour.step('start')
      await service.script('muster_daemon_start web-a "sleep 1000"')
      expect(new Set([service.pid('web@a'), service.pid('web-a'), neighbour.pid()]).size).toBe(3)
      await service.step('stop', two())
      expect(isAlive(neighbour.pid())).toBe(true)
    } finally {
      await neighbour.remove()
    }
  })
})

describe('muster_each_instance', () => {
  it('gives a function of a script what is the instance\'s own, and nothing remains of it', async () => {
    const { output } = await service.script(
      'tell() { echo "$1 $MUSTER_INSTANCE $(muster_instance_name) $MUSTER_VAR_PORT"; }; muster_each_instance tell now; echo "${MUSTER_INSTANCE-none} $MUSTER_VAR_PORT"',
      two(),
    )
    expect(output).toBe(`now a web@a ${ports[0]}\nnow b web@b ${ports[1]}\nnone 1\n`)
  })

  it('runs it once where the service has no instances', async () => {
    expect((await service.script('tell() { echo "[$MUSTER_INSTANCE] $(muster_instance_name)"; }; muster_each_instance tell')).output).toBe('[] web\n')
  })

  it.each([
    ['by itself', 'muster_each_instance work'],
    ['in a condition', 'if muster_each_instance work; then echo yes; else exit; fi'],
  ])('ends at the first failure, also in the midst of the function, called %s', async (_how, call) => {
    const { status, output } = await service.script(`work() { echo "$MUSTER_INSTANCE"; (exit 7) ${call.startsWith('if') ? '|| return' : ''}; echo on; }; ${call}`, two())
    expect({ status, output }).toEqual({ status: 7, output: 'a\n' })
  })

  it('refuses a name that is none', async () => {
    expect(await service.script('muster_each_instance true', { MUSTER_INSTANCES: 'A' })).toMatchObject({
      status: 1, lastLine: 'MUSTER_INSTANCES: "A" is no name of an instance',
    })
  })

  it('leaves what each instance was told to the service\'s own scripts', async () => {
    expect(existsSync(join(service.sharedDir, 'run'))).toBe(false)
    const lines = 'one() { muster_render conf.template "$MUSTER_SHARED_DIR/$(muster_instance_name).conf"; muster_service_start; }; echo \'port ${PORT}\' >conf.template; muster_each_instance one'
    expect(await service.script(lines, two())).toMatchObject({ status: 0 })
    expect((await service.script('cat "$MUSTER_SHARED_DIR"/*.conf')).output).toBe(`port ${ports[0]}\nport ${ports[1]}\n`)
  })
})
