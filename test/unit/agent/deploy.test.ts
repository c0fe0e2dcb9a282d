/** The whole path on one host: a real agent process, a real gRPC coordinator, real packages over HTTP, real scripts. */
import { chmod, lstat, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { HOST } from './commands.ts'
import { TestHost } from './fixture.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
afterEach(async () => await host.dispose())

/** Keeps a process running that says its version in its command line, and knows it by a pid file. */
const SERVICE = {
  start: 'setsid sleep "1000.$(echo "$MUSTER_VERSION" | tr -d .)" >/dev/null 2>&1 </dev/null & echo $! >"$MUSTER_SHARED_DIR/pid"',
  stop: 'kill "$(cat "$MUSTER_SHARED_DIR/pid")"',
  check: 'kill -0 "$(cat "$MUSTER_SHARED_DIR/pid")"',
}

it('installs, updates, leaves alone what is there, and removes', async () => {
  host = await TestHost.create()
  host.start()
  const first = await host.deploy(1, host.release('1.0', SERVICE))
  expect(await host.coordinator.result(first.id)).toMatchObject({ verdict: 'succeeded', changed: true, installed: { service: 'web', revision: 'rev-1.0', version: '1.0' } })
  const pid = () => readFile(join(host.servicePath, 'shared/pid'), 'utf8').then(Number)
  const runs = async () => (await readFile(`/proc/${await pid()}/cmdline`, 'latin1').catch(() => '')).split('\0')[1]
  expect(await runs()).toBe('1000.10')

  const goal = host.release('1.1', SERVICE)
  const second = await host.deploy(2, goal)
  expect(await host.coordinator.result(second.id)).toMatchObject({ verdict: 'succeeded', installed: { version: '1.1' } })
  expect(await runs()).toBe('1000.11')
  expect(await readFile(join(host.servicePath, 'current/app/version'), 'utf8')).toBe('1.1')
  const path = [`${first.id} start 1.0`, `${first.id} check 1.0`, `${second.id} stop 1.0`, `${second.id} start 1.1`, `${second.id} check 1.1`]
  expect(await host.ledger()).toEqual(path)

  const link = join(host.servicePath, 'current')
  const before = { pid: await pid(), link: (await lstat(link)).ino, release: (await stat(link)).mtimeMs }
  const third = await host.deploy(3, goal)
  expect(await host.coordinator.result(third.id)).toMatchObject({ verdict: 'succeeded', changed: false, installed: { version: '1.1' } })
  expect({ pid: await pid(), link: (await lstat(link)).ino, release: (await stat(link)).mtimeMs }).toEqual(before)
  expect(await host.ledger()).toEqual(path)
  expect(host.coordinator.heard.filter((message) => message.kind === 'claim')).toHaveLength(2)

  const last = await host.deploy(4, null)
  expect(await host.coordinator.result(last.id)).toMatchObject({ verdict: 'succeeded', changed: true, installed: null })
  await expect(lstat(link)).rejects.toThrow('ENOENT')
  expect(await runs()).toBeUndefined()
})

it('keeps as many releases as it is told, and those that are needed', async () => {
  host = await TestHost.create()
  host.start()
  for (const [index, version] of ['1.0', '1.1', '1.2', '1.2'].entries()) {
    await host.coordinator.result((await host.deploy(index + 1, host.release(version), { keepReleases: 1 })).id)
  }
  // the fourth changes nothing, and begins when the third has tidied up
  expect(new Set((await readdir(join(host.servicePath, 'releases'))).map((name) => name.split('-')[0]))).toEqual(new Set(['1.1', '1.2']))
})

it('installs again what somebody has unlinked by hand', async () => {
  host = await TestHost.create()
  host.start()
  const goal = host.release('1.0')
  await host.coordinator.result((await host.deploy(1, goal)).id)
  const { length } = host.site.given
  await rm(join(host.servicePath, 'current'))
  expect(await host.coordinator.result((await host.deploy(2, goal)).id)).toMatchObject({ verdict: 'succeeded', changed: true })
  expect(await readFile(join(host.servicePath, 'current/app/version'), 'utf8')).toBe('1.0')
  // what was fetched once is not fetched again
  expect(host.site.given).toHaveLength(length)
})

it('goes back when the check fails, and reports both', async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.result((await host.deploy(1, host.release('1.0', SERVICE))).id)
  const bad = await host.deploy(2, host.release('1.1', { ...SERVICE, check: 'echo never answers; exit 7' }))
  expect(await host.coordinator.result(bad.id)).toMatchObject({
    verdict: 'failed', step: 'check', exitCode: 7, revert: 'succeeded', message: 'check: exited with 7: never answers; 1.0 runs again', installed: { version: '1.0' },
  })
  expect((await host.ledger()).slice(2).map((line) => line.split(' ').slice(1).join(' '))).toEqual([
    'stop 1.0', 'start 1.1', 'check 1.1', 'revert-stop 1.1', 'revert-start 1.0', 'revert-check 1.0',
  ])
  expect(await readlink(join(host.servicePath, 'current'))).toMatch(/^releases\/1\.0-/)
  const heartbeat = await host.coordinator.hear('heartbeat', () => true, host.coordinator.heard.length)
  expect(heartbeat.heartbeat.installed).toEqual([{ service: 'web', revision: 'rev-1.0', version: '1.0', findings: [] }])
  await host.deploy(3, null)
  await host.coordinator.result(`web-1/${HOST}/3`)
})

it('runs the default scripts where the package has none, with names of variables and labels filled in', async () => {
  host = await TestHost.create()
  host.start()
  const srv = host.artifacts.pack([{ path: 'run', mode: 0o755, content: '#!/bin/sh\nexec sleep 1000\n' }])
  const goal = {
    revision: 'r', version: '1.0', srv, cmd: null, variables: { SECONDS: '1000' }, instances: {}, steps: {}, release: null,
    run: 'echo "port ${label.port} of $MUSTER_SERVICE"; exec sleep ${SECONDS}',
    check: { probe: { kind: 'exec' as const, command: 'grep -q "port ${label.port} of web" "$MUSTER_SHARED_DIR/log/web.log"' }, withinMs: 40_000, forMs: 0 },
  }
  const install = await host.deploy(1, goal)
  expect(await host.coordinator.result(install.id)).toMatchObject({ message: 'web 1.0 runs' })
  const removal = await host.deploy(2, null)
  expect(await host.coordinator.result(removal.id)).toMatchObject({ verdict: 'succeeded' })
  const outputs = host.coordinator.heard.flatMap((message) => (message.kind === 'output' ? [Buffer.from(message.output.tail).toString()] : []))
  expect(outputs.at(-1)).toMatch(/web stopped in/)
})

it.runIf(process.getuid?.() === 0)('runs scripts as the service’s account, which may write to shared and to nothing else', async () => {
  host = await TestHost.create()
  await chmod(host.dir, 0o777)
  host.start()
  const start = 'id -un >"$MUSTER_SHARED_DIR/who"; echo "$HOME" >>"$MUSTER_SHARED_DIR/who"; ! touch "$MUSTER_RELEASE_DIR/mine" && ! touch "$MUSTER_PATH/mine"'
  const sent = await host.deploy(1, host.release('1.0', { start }), { account: 'nobody' })
  expect(await host.coordinator.result(sent.id)).toMatchObject({ message: 'web 1.0 runs' })
  expect((await readFile(join(host.servicePath, 'shared/who'), 'utf8')).split('\n')[0]).toBe('nobody')
  expect(await host.ledger()).toHaveLength(2)
})

it('refuses in preflight what cannot work, all of it at once, and touches nothing', async () => {
  host = await TestHost.create()
  host.start()
  const goal = host.release('1.0', {}, { run: 'serve ${PROT}', check: { probe: { kind: 'tcp', address: 'localhost:${label.prot}' }, withinMs: 1, forMs: 0 } })
  const sent = await host.deploy(1, goal, { account: 'nobody-of-that-name' })
  const result = await host.coordinator.result(sent.id)
  expect(result).toMatchObject({ verdict: 'failed', step: 'preflight', revert: 'not-needed', changed: false, installed: null })
  expect(result.message).toContain('${PROT}')
  expect(result.message).toContain('${label.prot}')
  expect(result.message).toContain('account nobody-of-that-name does not exist')
  expect(host.site.given).toEqual([])
  await expect(stat(host.servicePath)).rejects.toThrow('ENOENT')
})

it('refuses a package that is larger than any disk', async () => {
  host = await TestHost.create()
  host.start()
  const goal = host.release('1.0')
  const sent = await host.deploy(1, { ...goal, srv: { ...goal.srv, sizeBytes: 2 ** 52 } })
  expect((await host.coordinator.result(sent.id)).message).toMatch(/^preflight: .* has \d+ MiB free, \d+ MiB are needed$/)
})
