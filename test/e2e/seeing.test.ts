/** What people see of a fleet: outputs while they are printed and in full, what failed and why, what happened to a host, and what has drifted. */
import { readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { HistoryView, HostDetailView } from '../../shared/api/host.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { until } from './fleet/until.ts'
import { untilFile, WebService } from './web-service.ts'

stopFleetsAfterwards()

const LINES = 60_000
const CHATTY = `for ((line = 1; line <= ${LINES}; line++)); do echo "line $line of many"; done`
const EVERYTHING = Array.from({ length: LINES }, (_, index) => `line ${index + 1} of many\n`).join('')
const FAILING = `${CHATTY}; echo 'port 8080 already in use' >&2; exit 7`

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3 })
  web = new WebService(fleet, 'web')
  await web.apply()
  await web.release('1')
  await web.release('2', { check: CHATTY, start: `echo waiting; ${untilFile('go')}; echo gone on` })
  await web.release('3', { check: FAILING })
  await web.release('4', { start: untilFile('never') })
  expect((await web.rollOut('1')).phase).toBe('succeeded')
})

const printed = (text: string, host: string, step: string) =>
  text.split('\n').filter((line) => line.startsWith(`${host} ${step} | `)).map((line) => line.slice(`${host} ${step} | `.length))

describe('outputs', () => {
  let id: string

  test('are shown while they are printed, each line with its host, until the rollout has ended', async () => {
    id = await web.start('2')
    const following = fleet.muster('logs', id, '--follow')
    await until('all wait', () => web.ledgers(id).filter(({ step }) => step === 'start').length === 3)
    for (const host of fleet.hosts) await web.put(host, 'go')
    const { code, stdout } = await following
    expect(code).toBe(0)
    for (const host of fleet.hosts) {
      expect(printed(stdout, host, 'start').slice(0, 3)).toEqual([`start of web 2 on ${host}`, 'waiting', 'gone on'])
      expect(printed(stdout, host, 'check')).toContain(`line ${LINES} of many`)
    }
    expect(stdout).toContain(`${id} succeeded: `)
  })

  test('are read in full from their host', async () => {
    const { code, stdout } = await fleet.muster('logs', id, '--host', 'h2', '--full', '--step', 'check')
    expect(code).toBe(0)
    expect(stdout).toContain(`check of web 2 on h2\n${EVERYTHING}`)
    expect(await fleet.muster('logs', id, '--host', 'h2', '--full', '--step', 'unpack')).toMatchObject({ code: 3 })
  })
})

describe('failures', () => {
  let id: string

  test('are one line for all hosts that say the same', async () => {
    const { id: failed } = await web.rollOut('3', { attempts: 1, tolerance: { failed: 3 }, onFailure: 'continue' })
    id = failed
    const { stdout } = await fleet.muster('rollout', 'show', id)
    expect(stdout).toMatch(/failed: 3 hosts\n {2}.*\n {4}3 hosts: h1…h3, since .*\n/)
  })

  test('have their whole output here when the host is gone', async () => {
    await until('it was brought here', async () => (await fullOutput('h3')).code === 0)
    await fleet.agent('h3').daemon.kill()
    await until('h3 is away', async () => (await fleet.api.get<HostDetailView>('/v1/hosts/h3')).status === 'away')
    const { stdout, stderr } = await fullOutput('h3')
    expect({ stderr, end: stdout.slice(-80) }).toEqual({ stderr: '', end: expect.stringContaining(`line ${LINES} of many\nport 8080 already in use\n`) })
    const other = await fleet.muster('logs', id, '--host', 'h3', '--full', '--step', 'start')
    expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('h3 is not connected') })
    await fleet.restartAgent('h3')
    await fleet.connected()
  })

  const fullOutput = (host: string) => fleet.muster('logs', id, '--host', host, '--full', '--step', 'check')
})

describe('a host', () => {
  test('that hangs has its script ended by a person, and its history says who, and why', async () => {
    const id = await web.start('4', { attempts: 1, onFailure: 'pause' }, 'h1')
    await until('it hangs', () => web.ledgers(id).some(({ step }) => step === 'start'))
    const shown = await fleet.api.get<HostDetailView>('/v1/hosts/h1')
    expect(shown.commands).toEqual([{ id: `${id}/h1/1`, rollout: id, action: 'deploy', granted: true, killed: null }])
    await fleet.api.post(`/v1/rollouts/${id}/kill`, { hosts: ['h1'], reason: 'it hangs' })
    await until('it was put back', async () => (await fleet.tasks(id)).get('h1')?.state === 'failed')
    await until('nothing is under way', async () => (await fleet.api.get<HostDetailView>('/v1/hosts/h1')).commands.length === 0)
    expect((await web.ask('h1')).version).toBe('2')
    await fleet.api.post(`/v1/rollouts/${id}/abort`, {})
    await fleet.ended(id)
    const { entries } = await fleet.api.get<HistoryView>('/v1/hosts/h1/history')
    expect(entries.map((entry) => (entry.kind === 'task' ? `${entry.release} ${entry.state}` : entry.kind))).toEqual(
      expect.arrayContaining(['4 failed', '3 failed', '2 succeeded', '1 succeeded', 'connected']))
    expect((await fleet.muster('host', 'show', 'h1')).stdout).toMatch(/web-\d+ +failed +web 2 → 4.*it hangs/)
  })

  test('where somebody has changed a file has drifted, once it has looked', async () => {
    const current = fleet.agent('h2').real('/srv/web/current')
    const file = join(current, '..', await readlink(current), 'version')
    expect(await fleet.muster('drift', 'web', '--inspect')).toMatchObject({ stdout: expect.not.stringContaining('files: ') })
    await writeFile(file, 'tampered')
    const { code, stdout } = await fleet.muster('drift', 'web', '--inspect')
    expect(code).toBe(1)
    expect(stdout).toMatch(/ {2}files: .*version.*\n {4}1 host: h2, since /)
    expect((await fleet.muster('host', 'show', 'h2')).stdout).toMatch(/web +found +.*version/)
    await rm(file)
    expect((await fleet.muster('drift', 'web', '--inspect')).stdout).toMatch(/files: .*gone.*version/)
  })

  test('that is gone for good is removed', async () => {
    await fleet.agent('h3').daemon.stop()
    await until('h3 is away', async () => (await fleet.api.get<HostDetailView>('/v1/hosts/h3')).status === 'away')
    expect((await fleet.muster('host', 'list', '--status', 'away')).stdout).toMatch(/^h3 +away/m)
    expect((await fleet.muster('drift', 'web')).stdout).toMatch(/ {2}away: 1 host: h3/)
    expect(await fleet.muster('host', 'remove', 'h3', '--reason', 'scrapped')).toMatchObject({ code: 0 })
    expect((await fleet.muster('host', 'list')).stdout).not.toContain('h3')
    expect((await fleet.muster('drift', 'web')).stdout).not.toContain('h3')
  })
})
