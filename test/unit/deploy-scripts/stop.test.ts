import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appears, createService, isAlive, type Service } from './service.ts'

let service: Service
const bystanders: ChildProcess[] = []
beforeEach(() => { service = createService() })
afterEach(async () => {
  for (const bystander of bystanders.splice(0)) bystander.kill('SIGKILL')
  await service.remove()
})

/** A process that has nothing to do with the service, and what its pid file would say. */
function bystander(): { pid: number; identity: string } {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  bystanders.push(child)
  const startTime = readFileSync(`/proc/${child.pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[19]
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return { pid: child.pid ?? 0, identity: `${child.pid} ${startTime} ${boot}` }
}

function recordPid(text: string): void {
  mkdirSync(dirname(service.pidFile), { recursive: true })
  writeFileSync(service.pidFile, `${text}\n`)
}

const CHILD = `(echo $BASHPID >"$MUSTER_SHARED_DIR/child"; while :; do sleep 0.1; done)`
const childPid = async () => Number(await appears(`${service.sharedDir}/child`))

describe('stop', () => {
  it('ends the service with one TERM and waits for its end', async () => {
    await service.step('start', { MUSTER_VAR_LINGER_MS: '200' })
    await service.port()
    const pid = service.pid()
    expect(await service.step('stop')).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web stopped in [\d.]+s$/) })
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(service.pidFile)).toBe(false)
    expect(service.log().match(/got SIGTERM/g)).toHaveLength(1)
  })

  it('asks with the signal that the service wants', async () => {
    await service.step('start', { MUSTER_RUN: `trap 'echo quits; exit 0' QUIT; trap '' TERM; while :; do sleep 0.05; done` })
    expect(await service.step('stop', { MUSTER_VAR_STOP_SIGNAL: 'QUIT' })).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web stopped in/) })
    expect(service.log()).toContain('quits\n')
    expect(await service.step('stop', { MUSTER_VAR_STOP_SIGNAL: 'SOFTLY' })).toMatchObject({
      status: 1, lastLine: 'STOP_SIGNAL is "SOFTLY"; the name of a signal such as TERM or QUIT would be right',
    })
  })

  it('ends daemons that a script has started under names of their own', async () => {
    await service.step('start')
    await service.script('muster_daemon_start worker "sleep 1000"')
    const pids = [service.pid(), service.pid('worker')]
    expect(await service.step('stop')).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^worker stopped in/) })
    expect(pids.map(isAlive)).toEqual([false, false])
  })

  it('succeeds when nothing runs', async () => {
    expect(await service.step('stop')).toMatchObject({ status: 0, output: 'web does not run\n' })
    expect(await service.step('stop')).toMatchObject({ status: 0, output: 'web does not run\n' })
  })

  it('believes a pid file that is right', async () => {
    const { pid, identity } = bystander()
    recordPid(identity)
    expect(await service.step('stop')).toMatchObject({ status: 0 })
    expect(isAlive(pid)).toBe(false)
  })

  it.each([
    ['started at another time', (identity: string) => identity.replace(/ \d+ /, (time) => ` ${Number(time) - 1} `)],
    ['started in another boot', (identity: string) => identity.replace(/\S+$/, '00000000-0000-0000-0000-000000000000')],
    ['recorded by somebody else', (identity: string) => identity.split(' ', 1)[0] ?? ''],
  ])('never signals a process with the same pid that was %s', async (_what, alter) => {
    const { pid, identity } = bystander()
    recordPid(alter(identity))
    expect(await service.step('stop')).toMatchObject({ status: 0, output: 'web does not run\n' })
    expect(isAlive(pid)).toBe(true)
  })

  it('kills a process that ignores TERM, and its children', async () => {
    await service.step('start', { MUSTER_RUN: `trap '' TERM; ${CHILD} & wait` })
    const [pid, child] = [service.pid(), await childPid()]
    const { status, output } = await service.step('stop', { MUSTER_STOP_WITHIN_MS: '300' })
    expect(status).toBe(0)
    expect(output).toMatch(/^web did not end within 0\.3s of TERM, killing .*\nweb stopped in .*s\n$/)
    expect(output).toContain(`${child} (bash)`)
    expect([pid, child].map(isAlive)).toEqual([false, false])
  })

  it('ends children that have gone into a session of their own', async () => {
    await service.step('start', { MUSTER_RUN: `setsid bash -c '${CHILD}' & exec sleep 1000` })
    const child = await childPid()
    expect(await service.step('stop')).toMatchObject({ status: 0 })
    expect(isAlive(child)).toBe(false)
  })

  it('ends children that hide their environment, by their session', async () => {
    await service.step('start', { MUSTER_RUN: `env -i MUSTER_SHARED_DIR="$MUSTER_SHARED_DIR" PATH="$PATH" bash -c '${CHILD}' & exec sleep 1000` })
    const child = await childPid()
    expect(await service.step('stop')).toMatchObject({ status: 0 })
    expect(isAlive(child)).toBe(false)
  })

  it('ends children that outlived a main process that crashed; until then, start refuses', async () => {
    await service.step('start', { MUSTER_RUN: `${CHILD} & exec sleep 1000` })
    const child = await childPid()
    process.kill(service.pid(), 'SIGKILL')
    await expect.poll(() => isAlive(service.pid())).toBe(false)
    expect(await service.step('start')).toMatchObject({ status: 1, lastLine: expect.stringContaining(`web runs already: ${child} (bash)`) })
    expect(await service.step('stop')).toMatchObject({ status: 0 })
    expect(isAlive(child)).toBe(false)
  })

  it('does not touch the service beside it', async () => {
    const neighbour = createService('web-2')
    try {
      await service.step('start')
      await neighbour.step('start')
      const target = { MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: `http://127.0.0.1:${await neighbour.port()}/` }
      const pid = neighbour.pid()
      expect(await service.step('stop')).toMatchObject({ status: 0 })
      expect(await neighbour.step('check', target)).toMatchObject({ status: 0 })
      expect(neighbour.pid()).toBe(pid)
    } finally {
      await neighbour.remove()
    }
  })
})
