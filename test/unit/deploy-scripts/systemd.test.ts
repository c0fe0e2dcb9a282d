/**
 * Services that systemd keeps. What is generated is judged by the real `systemd-analyze verify`. Starting and stopping cannot be tried on
 * the real one: tests run where systemd is not the first process, and a manager started for a test would move other people's processes
 * between control groups. So fixtures/bin/systemctl stands in, a small program with real processes behind it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, environmentOf, isAlive, type Environment, type Service } from './service.ts'

const STAND_IN = fileURLToPath(new URL('./fixtures/bin', import.meta.url))
const SLEEP: Environment = { MUSTER_RUN: 'exec sleep 1000' }
const AB: Environment = { MUSTER_INSTANCES: 'a b' }

let service: Service
let unitDir: string
beforeEach(() => { service = underSystemd('web') })
afterEach(() => service.remove())

function underSystemd(name: string, shared?: string): Service {
  const created: Service = createService(name, { MUSTER_VAR_RUNNER: 'systemd', PATH: STAND_IN + delimiter + process.env['PATH'] })
  const folder = shared ?? join(created.path, 'units')
  mkdirSync(folder, { recursive: true })
  created.environment['MUSTER_UNIT_DIR'] = folder
  unitDir = folder
  return created
}

const unit = (name: string) => readFileSync(join(unitDir, name), 'utf8')
const units = () => readdirSync(unitDir).filter((name) => name.endsWith('.service')).sort()
const calls = () => readFileSync(join(unitDir, '.state/calls'), 'utf8')

describe('start with systemd', () => {
  it('hands the service to a unit, in the real release directory and with the environment of the step', async () => {
    const { status, lastLine } = await service.step('start', { MUSTER_VAR_COLOUR: 'blue "and"\n$green' })
    expect({ status, lastLine }).toEqual({ status: 0, lastLine: `web runs as muster-web.service, log ${service.logFile}` })
    await service.port()
    const environment = environmentOf(service.pid())
    expect(environment).toEqual(expect.arrayContaining(['MUSTER_VAR_COLOUR=blue "and"\n$green', `MUSTER_PID_FILE=${service.pidFile}`, `HOME=${service.path}`]))
    expect(environment.filter((entry) => entry.startsWith('MUSTER_TICKET='))).toEqual([])
    expect(spawnSync('readlink', [`/proc/${service.pid()}/cwd`], { encoding: 'utf8' }).stdout).toBe(`${service.releaseDir}\n`)
    await expect.poll(() => service.log(), { timeout: 10_000 }).toMatch(/^--- muster starts web 1\.0\.0, .*\nlistening\n$/)
    expect(calls()).toMatch(/daemon-reload\n.*enable muster-web\.service\n.*start muster-web\.service\n/)
  })

  it('keeps variables from the eyes of others', async () => {
    await service.step('start', SLEEP)
    expect(statSync(join(service.sharedDir, 'run/web.launch')).mode & 0o777).toBe(0o600)
    expect(unit('muster-web.service')).not.toContain('1000')
  })

  it('fails with its last words when it ends at once, and does not let systemd try again', async () => {
    const broken = { MUSTER_RUN: 'echo "Error: no database" >&2; exit 3', MUSTER_SETTLE_MS: '10000' }
    const { status, lastLine } = await service.step('start', broken)
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: expect.stringMatching(/^web exited with 3 .*s after its start; last words: Error: no database$/) })
    expect(units()).toEqual([])
    expect(service.log().match(/no database/g)).toHaveLength(1)
  })

  it('says what systemd says when it refuses', async () => {
    writeFileSync(join(unitDir, '.refuses'), '')
    expect(await service.step('start', SLEEP)).toMatchObject({ status: 1, lastLine: 'systemd does not start muster-web.service: Job for muster-web.service failed.' })
    expect(units()).toEqual([])
  })

  it('refuses when it runs already, under either runner', async () => {
    await service.step('start', SLEEP)
    const pid = service.pid()
    const refused = { status: 1, lastLine: `web runs already: ${pid} (sleep)` }
    expect(await service.step('start', SLEEP)).toMatchObject(refused)
    expect(await service.step('start', { ...SLEEP, MUSTER_VAR_RUNNER: 'pid-file' })).toMatchObject(refused)
    expect(isAlive(pid)).toBe(true)
  })

  it('does not write over a unit of somebody else', async () => {
    writeFileSync(join(unitDir, 'muster-web.service'), '[Service]\nExecStart=/bin/other\n')
    expect(await service.step('start', SLEEP)).toMatchObject({ status: 1, lastLine: `${unitDir}/muster-web.service is there already, and is not of this service` })
    await service.step('stop')
    expect(unit('muster-web.service')).toContain('/bin/other')
  })

  it("makes the unit from the cmd package's own template", async () => {
    writeFileSync(join(service.path, 'service.unit'), '[Service]\nExecStart=${MUSTER_BASH} ${MUSTER_LAUNCH}\nLimitNOFILE=${FILES}\nKillSignal=SIGTERM\nRestartSec=1\n\n[Install]\nWantedBy=${MUSTER_WANTED_BY}\n')
    expect(await service.step('start', { ...SLEEP, MUSTER_CMD_DIR: service.path, MUSTER_VAR_FILES: '9000' })).toMatchObject({ status: 0 })
    expect(unit('muster-web.service')).toContain('\nLimitNOFILE=9000\n')
  })
})

describe('check with systemd', () => {
  it('asks the service, and follows it through', async () => {
    await service.step('start')
    const target = { MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: `http://127.0.0.1:${await service.port()}/` }
    expect(await service.step('check', target)).toMatchObject({ status: 0 })
  })

  it('fails at once when the service has crashed, although systemd is about to start it again', async () => {
    await service.step('start', { MUSTER_VAR_DIE_ON_REQUEST: 'out of luck' })
    const target = { MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: `http://127.0.0.1:${await service.port()}/` }
    expect(await service.step('check', { ...target, MUSTER_CHECK_WITHIN_MS: '600000' })).toMatchObject({ status: 1, lastLine: 'web is not running; last words: Error: out of luck' })
  })
})

describe('what systemd starts again', () => {
  it('is the same service, and its pid file says so', async () => {
    await service.step('start', { ...SLEEP, MUSTER_VAR_COLOUR: 'blue' })
    const first = service.pid()
    process.kill(first, 'SIGKILL')
    await expect.poll(() => service.pid(), { timeout: 10_000 }).not.toBe(first)
    await expect.poll(() => environmentOf(service.pid())).toContain('MUSTER_VAR_COLOUR=blue')
    expect(await service.script('muster_daemon_status web')).toMatchObject({ status: 0, output: `web runs as pid ${service.pid()}\n` })
    expect(await service.step('stop')).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web stopped in/) })
  })
})

describe('stop with systemd', () => {
  it('ends it and leaves no unit, whatever the runner is by now', async () => {
    await service.step('start')
    await service.port()
    const pid = service.pid()
    expect(await service.step('stop', { MUSTER_VAR_RUNNER: 'pid-file' })).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web stopped in/) })
    expect(isAlive(pid)).toBe(false)
    expect(service.log().match(/got SIGTERM/g)).toHaveLength(1)
    expect(units()).toEqual([])
    expect(readdirSync(join(service.sharedDir, 'run'))).toEqual([])
    expect(calls()).toMatch(/disable muster-web\.service\n.*daemon-reload\n.*reset-failed muster-web\.service\n$/)
    expect(await service.step('stop')).toMatchObject({ status: 0, output: 'web does not run\n' })
  })

  it('kills what does not end', async () => {
    await service.step('start', { MUSTER_RUN: "trap '' TERM; while :; do sleep 0.1; done" })
    const pid = service.pid()
    const { status, output } = await service.step('stop', { MUSTER_STOP_WITHIN_MS: '200' })
    expect(status).toBe(0)
    expect(output).toMatch(/^web did not end within 0\.2s of TERM, killing muster-web\.service\nweb stopped in/)
    expect(isAlive(pid)).toBe(false)
  })

  it('asks with the signal that the service wants', async () => {
    const quit = { MUSTER_RUN: "trap 'echo quits; exit 0' QUIT; trap '' TERM; while :; do sleep 0.05; done", MUSTER_VAR_STOP_SIGNAL: 'QUIT' }
    await service.step('start', quit)
    expect(await service.step('stop', quit)).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web stopped in/) })
    expect(service.log()).toContain('quits\n')
  })
})

describe('units of one host', () => {
  it('are one per instance and per service, and none touches another', async () => {
    const shared = unitDir
    const neighbour = underSystemd('web-a', shared)
    try {
      await service.step('start', { ...SLEEP, ...AB })
      await service.script('muster_unit_start a "sleep 1000"')
      await neighbour.step('start', SLEEP)
      expect(units()).toEqual(['muster-web-a.service', 'muster-web:a.service', 'muster-web@a.service', 'muster-web@b.service'])
      const left = neighbour.pid()
      expect(await service.step('stop', AB)).toMatchObject({ status: 0 })
      expect(units()).toEqual(['muster-web-a.service'])
      expect(isAlive(left)).toBe(true)
    } finally {
      await neighbour.remove()
    }
  })
})

describe.skipIf(spawnSync('systemd-analyze', ['--version']).error !== undefined)('what is generated (skipped where systemd-analyze is not installed)', () => {
  it.each(['system', 'user'])('is a unit that a %s manager has nothing to say about', async (manager) => {
    await service.step('start', { ...SLEEP, ...AB })
    const files = ['muster-web@a.service', 'muster-web@b.service'].map((name) => join(unitDir, name))
    expect(spawnSync('systemd-analyze', [`--${manager}`, '--man=no', 'verify', ...files], { encoding: 'utf8', env: { ...process.env, XDG_RUNTIME_DIR: service.path } })).toMatchObject({ status: 0, stderr: '' })
  })

  it('starts with the host once the real systemctl has enabled it', async () => {
    await service.step('start', { ...SLEEP, ...AB })
    const root = join(service.path, 'root')
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true })
    writeFileSync(join(root, 'etc/systemd/system/muster-web@a.service'), unit('muster-web@a.service').replace(/WantedBy=.*/, 'WantedBy=multi-user.target'))
    const enable = spawnSync('systemctl', [`--root=${root}`, 'enable', 'muster-web@a.service'], { encoding: 'utf8' })
    expect(enable).toMatchObject({ status: 0 })
    expect(existsSync(join(root, 'etc/systemd/system/muster-web@a.service'))).toBe(true)
    expect(readdirSync(join(root, 'etc/systemd/system/multi-user.target.wants'))).toEqual(['muster-web@a.service'])
  })
})
