/** What somebody did to an installed release behind Muster's back: found, said, and repaired when asked. */
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findingsOf } from '../../../agent/deploy/findings.ts'
import type { Differences } from '../../../agent/deploy/findings.ts'
import { FINDING_MESSAGE_CHARS, MAX_FINDINGS } from '../../../shared/command.ts'
import type { Finding } from '../../../shared/command.ts'
import { TestHost } from './fixture.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

describe('findings', () => {
  const same: Differences = { changed: { count: 0, first: [] }, gone: { count: 0, first: [] }, new: { count: 0, first: [] }, whole: true }
  const link = { to: 'releases/1.0-a', expected: 'releases/1.0-a' }

  it('are none while all is as it was put there, or nothing is known of what was', () => {
    expect(findingsOf({ trees: [{ name: 'release', differences: same }, { name: 'cmd', differences: null }], link, strays: [] })).toEqual([])
  })

  it('are few and short, and say that there are more', () => {
    const strays = Array.from({ length: 30 }, (_, index) => ({ pid: index + 2, from: 'x'.repeat(300) }))
    const findings = findingsOf({ trees: [], link: { ...link, to: null }, strays })
    expect(findings).toHaveLength(MAX_FINDINGS)
    expect(findings[0]).toEqual({ kind: 'link', message: 'current points nowhere, installed is releases/1.0-a' })
    expect(Math.max(...findings.map(({ message }) => message.length))).toBe(FINDING_MESSAGE_CHARS)
    expect(findings.at(-1)).toEqual({ kind: 'process', message: 'and 24 more' })
  })

  it('say when not everything was looked at', () => {
    const differences = { ...same, new: { count: 9, first: ['a', 'b', 'c'] }, whole: false }
    expect(findingsOf({ trees: [{ name: 'release', differences }], link, strays: [] })).toEqual([
      { kind: 'files', message: 'release: not from the package, at least: a, b, c and 6 more' },
    ])
  })
})

describe('a host', () => {
  let host: TestHost
  let asked = 0
  beforeEach(async () => {
    host = await TestHost.create()
    host.start('--audit-every', '1h')
  })
  afterEach(async () => await host.dispose())

  async function inspect(service = 'web'): Promise<Finding[]> {
    const ask = `ask-${(asked += 1)}`
    host.coordinator.say({ kind: 'inspect', ask, service })
    return (await host.coordinator.hear('inspected', ({ inspected }) => inspected.ask === ask)).inspected.findings
  }
  const install = async (more: Parameters<TestHost['release']>[1] = {}, attempt = 1, version = '1.0') => {
    const goal = host.release(version, more)
    await host.coordinator.result((await host.deploy(attempt, goal)).id)
    return goal
  }
  const inRelease = async (...parts: string[]) => join(host.servicePath, await readlink(join(host.servicePath, 'current')), ...parts)

  it('finds nothing where nothing was done, or nothing is installed', async () => {
    await install()
    expect(await inspect()).toEqual([])
    expect(await inspect('mail')).toEqual([])
    await host.coordinator.result((await host.deploy(2, null)).id)
    expect(await inspect()).toEqual([])
  })

  it('finds files that are changed, gone or new, also those that the service has written into its release', async () => {
    await install({ start: 'echo 1 >"$MUSTER_RELEASE_DIR/app/cache"; echo 1 >"$MUSTER_SHARED_DIR/kept"' })
    // it looks after the deployment, unasked
    const { heartbeat: first } = await host.coordinator.hear('heartbeat', ({ heartbeat }) => (heartbeat.installed[0]?.findings.length ?? 0) > 0)
    expect(first.installed[0]?.findings).toEqual([{ kind: 'files', message: 'release: not from the package: app/cache' }])
    await appendFile(await inRelease('app/version'), 'patched')
    execFileSync('chmod', ['700', await inRelease('app')])
    await rm(join(host.servicePath, 'cmd', (await readdir(join(host.servicePath, 'cmd')))[0]!, 'stop'))
    expect(await inspect()).toEqual([
      { kind: 'files', message: expect.stringMatching(/^release: changed since it was unpacked: app(\/version)?, app(\/version)?$/) as string },
      { kind: 'files', message: 'release: not from the package: app/cache' },
      { kind: 'files', message: 'cmd: gone: stop' },
    ])
  })

  it('finds a link that points elsewhere, and says so at the start of the next session', async () => {
    await install()
    await install({}, 2, '1.1')
    const old = (await readdir(join(host.servicePath, 'releases'))).find((name) => name.startsWith('1.0'))!
    await rm(join(host.servicePath, 'current'))
    await symlink(`releases/${old}`, join(host.servicePath, 'current'))
    await host.kill()
    host.start()
    const { heartbeat } = await host.coordinator.hear('heartbeat', ({ heartbeat }) => (heartbeat.installed[0]?.findings.length ?? 0) > 0)
    expect(heartbeat.installed[0]?.findings).toEqual([
      { kind: 'link', message: expect.stringMatching(/^current points to releases\/1\.0-[0-9a-f]{12}, installed is releases\/1\.1-[0-9a-f]{12}$/) as string },
    ])
    const since = host.coordinator.heard.length
    host.coordinator.hangUp()
    expect((await host.coordinator.hear('hello', () => true, since)).hello.installed[0]?.findings).toHaveLength(1)
  })

  it('looks now and then, unasked', async () => {
    await install()
    await host.kill()
    host.start('--audit-every', '100ms')
    await host.coordinator.hear('heartbeat', () => true, host.coordinator.heard.length)
    await writeFile(await inRelease('stray'), '')
    const { heartbeat } = await host.coordinator.hear('heartbeat', ({ heartbeat }) => (heartbeat.installed[0]?.findings.length ?? 0) > 0)
    expect(heartbeat.installed).toMatchObject([{ service: 'web', version: '1.0', findings: [{ kind: 'files', message: 'release: not from the package: stray' }] }])
    await rm(await inRelease('stray'))
    await host.coordinator.hear('heartbeat', ({ heartbeat }) => heartbeat.installed[0]?.findings.length === 0, host.coordinator.heard.length)
  })

  it('finds a process of an earlier release, and none of a script or of another service', async () => {
    const leave = (name: string, more = '') => `setsid env -u MUSTER_TICKET ${more} sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >"${host.dir}/${name}"`
    const start = [leave('old'), leave('mail', 'MUSTER_SERVICE=mail'), leave('once', 'MUSTER_TICKET=web-1/h1/s1/1-run')].join('\n')
    await install({ start })
    expect(await inspect()).toEqual([])
    await install({}, 2, '1.1')
    const pids = await Promise.all(['old', 'mail', 'once'].map(async (name) => Number(await readFile(join(host.dir, name), 'utf8'))))
    try {
      expect(await inspect()).toEqual([{ kind: 'process', message: expect.stringMatching(`^process ${pids[0]} runs from 1.0-[0-9a-f]{12}$`) as string }])
    } finally {
      for (const pid of pids) process.kill(pid)
    }
  })

  it('looks after each deployment, so that the findings of the one before are gone', async () => {
    const goal = await install()
    await writeFile(await inRelease('stray'), '')
    expect(await inspect()).toHaveLength(1)
    const next = await host.deploy(2, { ...goal, revision: 'rev-other', version: '1.1' })
    expect(await host.coordinator.result(next.id)).toMatchObject({ installed: { findings: [] } })
    expect(await inspect()).toEqual([])
  })

  it('repairs when told to: unpacked afresh, started again, and what was spoilt is gone', async () => {
    const goal = await install()
    const spoilt = await inRelease()
    await appendFile(join(spoilt, 'app/version'), 'patched')
    await mkdir(join(spoilt, 'extra'))
    const unchanged = await host.deploy(2, goal)
    expect(await host.coordinator.result(unchanged.id)).toMatchObject({ changed: false, installed: { version: '1.0' } })
    expect(await inspect()).toHaveLength(2)
    const repair = host.send('web', 3, { kind: 'deploy', goal, stop: 'running', repair: true })
    expect(await host.coordinator.result(repair.id)).toMatchObject({ verdict: 'succeeded', changed: true, installed: { revision: goal.revision, findings: [] } })
    expect(await readFile(await inRelease('app/version'), 'utf8')).toBe('1.0')
    expect(await inspect()).toEqual([])
    await expect(stat(spoilt)).rejects.toThrow('ENOENT')
    expect((await host.ledger()).slice(-3)).toEqual(['stop', 'start', 'check'].map((step) => `${repair.id} ${step} 1.0`))
    // there is nothing more to be done
    const after = await host.deploy(4, goal)
    expect(await host.coordinator.result(after.id)).toMatchObject({ changed: false })
  })
})
