import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { appears, createService, environmentOf, isAlive, type Service } from './service.ts'

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

/** A daemon has its say after its start has been reported, however busy the machine is. */
const SOON = { timeout: 10_000, interval: 10 }

/** Fields of /proc/PID/stat from the third on. */
const stat = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')

describe('start', () => {
  it.each([
    ['SETTLE_MS', 'x[$(touch "$MUSTER_PATH/evaluated")]', 'SETTLE_MS is "x[$(touch "$MUSTER_PATH/evaluated")]"; whole milliseconds such as 500 would be right'],
    ['RUNNER', 'supervisor', 'RUNNER is "supervisor"; pid-file or systemd would be right'],
  ])('takes %s from the service\'s variables, and refuses nonsense', async (name, value, said) => {
    const variable = { [`MUSTER_VAR_${name}`]: value, [`MUSTER_${name}`]: '' }
    expect(await service.step('start', variable)).toMatchObject({ status: 1, lastLine: said })
    expect(existsSync(join(service.path, 'evaluated'))).toBe(false)
    expect(existsSync(service.pidFile)).toBe(false)
  })

  it('leaves a daemon in a session of its own, in the real release directory, with its output in the log', async () => {
    const started = await service.step('start')
    expect(started).toMatchObject({ status: 0, lastLine: `web runs as pid ${service.pid()}, log ${service.logFile}` })
    await service.port()
    const pid = service.pid()
    expect(stat(pid)[3]).toBe(String(pid))
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(service.releaseDir)
    expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null')
    await vi.waitFor(() => expect(service.log()).toMatch(/^--- muster starts web 1\.0\.0, .*\nlistening\n$/), SOON)
  })

  it('records pid, start time and boot', async () => {
    await service.step('start', { MUSTER_RUN: 'sleep 1000' })
    const pid = service.pid()
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    expect(readFileSync(service.pidFile, 'utf8')).toBe(`${pid} ${stat(pid)[19]} ${boot}\n`)
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n')
  })

  it("takes the step's marker out of the daemon's environment, and leaves the rest", async () => {
    await service.step('start', { MUSTER_VAR_COLOUR: 'blue and green', MUSTER_LABEL_RACK: 'r1' })
    const environment = environmentOf(service.pid())
    expect(environment.filter((entry) => entry.startsWith('MUSTER_TICKET='))).toEqual([])
    expect(environment).toEqual(expect.arrayContaining(['MUSTER_VAR_COLOUR=blue and green', 'MUSTER_LABEL_RACK=r1', `MUSTER_PID_FILE=${service.pidFile}`]))
  })

  it.skipIf(spawnSync('env', ['--default-signal=INT', 'true']).status !== 0)('leaves the daemon able to hear INT and QUIT', async () => {
    await service.step('start', { MUSTER_RUN: 'sleep 1000' })
    const ignored = () => BigInt(`0x${/^SigIgn:\s*(\w+)$/m.exec(readFileSync(`/proc/${service.pid()}/status`, 'utf8'))?.[1]}`)
    await vi.waitFor(() => expect(ignored() & 0b110n).toBe(0n), SOON)
  })

  it("runs the package's own `run` when the service names no command line", async () => {
    writeFileSync(join(service.releaseDir, 'run'), '#!/bin/sh\necho own run in "$PWD"\nexec sleep 1000\n')
    chmodSync(join(service.releaseDir, 'run'), 0o755)
    expect(await service.step('start', { MUSTER_RUN: '' })).toMatchObject({ status: 0 })
    await vi.waitFor(() => expect(service.log()).toContain(`own run in ${service.releaseDir}\n`), SOON)
  })

  it('says so when there is nothing to run', async () => {
    const { status, lastLine } = await service.step('start', { MUSTER_RUN: '' })
    expect(status).toBe(1)
    expect(lastLine).toBe(`nothing to run: the service has no command line \`run\`, and ${service.releaseDir} holds no executable \`run\``)
  })

  it.each([
    ['assignments before the program', 'GREETING="$MUSTER_VAR_GREETING there" sh -c \'echo "$GREETING"; exec sleep 1000\''],
    ['several commands', 'cd / && echo "$MUSTER_VAR_GREETING there" && sleep 1000'],
  ])('takes a command line with %s', async (_what, run) => {
    expect(await service.step('start', { MUSTER_RUN: run, MUSTER_VAR_GREETING: 'hello' })).toMatchObject({ status: 0 })
    await vi.waitFor(() => expect(service.log()).toMatch(/\nhello there\n$/), SOON)
  })

  it('refuses when it runs already, and leaves it alone', async () => {
    await service.step('start', { MUSTER_RUN: 'sleep 1000' })
    const pid = service.pid()
    expect(await service.step('start', { MUSTER_RUN: 'sleep 1000' })).toMatchObject({ status: 1, lastLine: `web runs already: ${pid} (sleep)` })
    expect(service.pid()).toBe(pid)
    expect(isAlive(pid)).toBe(true)
  })

  it.each([
    ['exits', 'echo "TypeError: no database" >&2; echo "    at line 3" >&2; exit 3', /^web exited with 3 .*s after its start; last words: TypeError: no database$/],
    ['goes into the background', 'true', /^web exited with 0 \(it has to stay in the foreground\) .*s after its start$/],
    ['is killed', 'kill -KILL $$', /^web was killed by SIGKILL .*s after its start$/],
    ['is not there', './nothing-like-it', /^web exited with 127 .*; last words: .*nothing-like-it: No such file or directory$/],
  ])('fails with its last words when it %s at once', async (_what, run, said) => {
    const { status, lastLine } = await service.step('start', { MUSTER_RUN: run, MUSTER_SETTLE_MS: '10000' })
    expect(status).toBe(1)
    expect(lastLine).toMatch(said)
  })

  it('shows only what was logged since this start', async () => {
    await service.step('start', { MUSTER_RUN: 'echo "Error: of yesterday"; exit 1', MUSTER_SETTLE_MS: '10000' })
    const { output } = await service.step('start', { MUSTER_RUN: 'echo today; exit 1', MUSTER_SETTLE_MS: '10000' })
    expect(output).toContain('  | today\n')
    expect(output).not.toContain('yesterday')
    await vi.waitFor(() => expect(service.log()).toContain('yesterday'), SOON)
  })

  it('names the process that holds its port', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => holder.once('listening', resolve))
    const port = String((holder.address() as AddressInfo).port)
    const target = { MUSTER_VAR_PORT: port, MUSTER_CHECK_TARGET: 'http://127.0.0.1:${PORT}/' }
    const { lastLine } = await service.step('start', { ...target, MUSTER_SETTLE_MS: '10000' })
    holder.close()
    expect(lastLine).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port} (port ${port} is in use by pid ${process.pid} (`)
  })

  it('leaves a recorded daemon behind when it is killed in the middle', async () => {
    const start = service.begin('start', { MUSTER_RUN: 'echo up; exec sleep 1000', MUSTER_SETTLE_MS: '60000' })
    await appears(service.pidFile)
    start.kill('SIGKILL')
    const pid = service.pid()
    expect(isAlive(pid)).toBe(true)
    expect(await service.step('stop')).toMatchObject({ status: 0 })
    expect(isAlive(pid)).toBe(false)
  })

  it('puts a log aside that has grown too large', async () => {
    await service.script('_MUSTER_LOG_MAX_BYTES=10; mkdir -p "$MUSTER_SHARED_DIR/log"; echo "many old lines" >"$MUSTER_SHARED_DIR/log/web.log"; muster_daemon_start web "sleep 1000"')
    expect(readFileSync(`${service.logFile}.1`, 'utf8')).toBe('many old lines\n')
    expect(existsSync(service.logFile)).toBe(true)
    expect(service.log()).not.toContain('many old lines')
  })
})
