/** A running release whose `stop` is broken, and the ways round it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { identify } from '../../../agent/adapters/processes.ts'
import type { Goal, Stop } from '../../../shared/command.ts'
import { TestHost } from './fixture.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
beforeEach(async () => {
  host = await TestHost.create()
  host.start()
})
afterEach(async () => {
  for (const name of left) process.kill(await pidIn(name), 'SIGKILL')
  left = []
  await host.dispose()
})

/** Files with pids of processes that a test leaves. */
let left: string[] = []
const pidIn = async (name: string) => Number(await readFile(join(host.dir, name), 'utf8'))
const lives = async (name: string) => (await identify(await pidIn(name))) !== null
/** Leaves a daemon with the service's marks, and without the step's. */
const daemon = (name: string, more = '') => `setsid env -u MUSTER_TICKET ${more} sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >"${host.dir}/${name}"`
/** With neither marks nor ticket, but with a pid file, as a daemon may have that cleans its environment. */
const bare = (name: string) =>
  `mkdir -p "$MUSTER_SHARED_DIR/run"
setsid env -i sleep 1000 </dev/null >/dev/null 2>&1 & pid=$!; echo $pid >"${host.dir}/${name}"
while [ "$(ps -o sid= -p $pid | tr -d ' ')" != $pid ]; do sleep 0.01; done
echo "$pid $(awk '{ print $22 }' /proc/$pid/stat) $(cat /proc/sys/kernel/random/boot_id)" >"$MUSTER_SHARED_DIR/run/web.pid"`

const deploy = async (attempt: number, goal: Goal, stop: Stop, more: object = {}) =>
  await host.coordinator.result(host.send('web', attempt, { kind: 'deploy', goal, stop, repair: false }, more).id)

const BROKEN = { hangs: 'trap "" TERM; sleep 1000', fails: 'echo jammed; exit 3' }

describe.each(Object.entries(BROKEN))('a stop that %s', (_how, stop) => {
  it('puts the host back and says how to get round it, and the next attempt does', async () => {
    // what its broken stop has not ended, its start leaves alone
    const start = `kill -0 "$(cat "${host.dir}/old")" 2>/dev/null && exit 0\n${daemon('old')}`
    await deploy(1, host.release('1.0', { stop, start }), 'running')
    const next = await host.unpack(12, host.release('1.1', { stop: `echo "$MUSTER_RELEASE_DIR $MUSTER_VERSION" >"${host.dir}/stopped"; kill $(cat "${host.dir}/old")` }))
    const refused = await deploy(2, next, 'running', { timeoutMs: 2500 })
    expect(refused).toMatchObject({ step: 'stop', revert: 'succeeded', installed: { version: '1.0' } })
    expect(refused.message).toMatch(/^stop: .*; 1\.0 runs again; strategy\.stop: new or kill overrules this stop$/)
    expect(await lives('old')).toBe(true)

    expect(await deploy(3, next, 'new')).toMatchObject({ verdict: 'succeeded', installed: { version: '1.1' } })
    // the new release's script sees the release that it stops
    expect(await readFile(join(host.dir, 'stopped'), 'utf8')).toMatch(new RegExp(`^${host.servicePath}/releases/1\\.0-[0-9a-f]{12} 1\\.0\\n$`))
    expect((await host.ledger()).filter((line) => line.startsWith('web/h1/3'))).toEqual(['stop 1.0', 'start 1.1', 'check 1.1'].map((line) => `web/h1/3 ${line}`))
  })
})

it('killing ends what carries the service’s marks, or its pid file names, and nothing else', async () => {
  left = ['other-place', 'other-service', 'migration']
  const start = [
    daemon('marked'), bare('bare'), daemon('other-place', 'MUSTER_PATH=/srv/web'), daemon('other-service', 'MUSTER_SERVICE=mail'), daemon('migration', 'MUSTER_TICKET=web-1/h1/s1/1-run'),
  ].join('\n')
  await deploy(1, host.release('1.0', { stop: BROKEN.hangs, start }), 'running')
  expect(await deploy(2, host.release('1.1'), 'kill')).toMatchObject({ verdict: 'succeeded', installed: { version: '1.1' } })
  expect(await Promise.all(['marked', 'bare', ...left].map(lives))).toEqual([false, false, true, true, true])
  expect((await host.ledger()).slice(-2)).toEqual(['web/h1/2 start 1.1', 'web/h1/2 check 1.1'])
})

it('killing takes away the launcher first, by which systemd would start the service again', async () => {
  const start = `mkdir -p "$MUSTER_SHARED_DIR/run"; touch "$MUSTER_SHARED_DIR/run/web.launch" "$MUSTER_SHARED_DIR/run/web.note"
setsid env -u MUSTER_TICKET bash -c 'trap "ls -m \\"$MUSTER_SHARED_DIR/run\\" >${host.dir}/seen; exit" TERM; echo $$ >${host.dir}/old; while :; do sleep 0.05; done' </dev/null >/dev/null 2>&1 &
until [ -s "${host.dir}/old" ]; do sleep 0.01; done`
  await deploy(1, host.release('1.0', { stop: BROKEN.hangs, start }), 'running')
  expect(await deploy(2, host.release('1.1'), 'kill')).toMatchObject({ verdict: 'succeeded' })
  expect(await readFile(join(host.dir, 'seen'), 'utf8')).toBe('web.note\n')
})

it('a service whose stop hangs can be removed by killing it', async () => {
  await deploy(1, host.release('1.0', { stop: BROKEN.hangs, start: daemon('old') }), 'running')
  const removal = host.send('web', 2, { kind: 'remove', stop: 'kill' })
  expect(await host.coordinator.result(removal.id)).toMatchObject({ verdict: 'succeeded', installed: null })
  expect(await lives('old')).toBe(false)
})
