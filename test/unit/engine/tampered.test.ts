/**
 * Whoever can write to Redis: what is changed there, moved to another place or stripped of its seal is not acted on, whichever of the things it is that
 * orders are built from, and those who have the right can put it right.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pino } from 'pino'
import { redisCatalogue } from '../../../coordinator/adapters/catalogue/catalogue.ts'
import { adoptUnsealed } from '../../../coordinator/adapters/unsealed.ts'
import { addFreeze, removeFreeze } from '../../../coordinator/engine/calendar/freeze.ts'
import { fire } from '../../../coordinator/engine/calendar/firing.ts'
import { addSchedule } from '../../../coordinator/engine/calendar/schedule.ts'
import { CONVERGE_EVERY_MS } from '../../../coordinator/engine/convergence/converge.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { plan } from '../../../coordinator/engine/planning.ts'
import { start } from '../../../coordinator/engine/start.ts'
import { sweep } from '../../../coordinator/engine/sweep.ts'
import { realRedis } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'
import { testKeys } from '../../keys.ts'
import { benchOn } from './bench.ts'
import type { Bench } from './bench.ts'

const SERVICES = '{catalogue}:services'
const ENTRIES = '{catalogue}:entries:web'
const RELEASES = '{catalogue}:releases:web'
const REVISIONS = '{catalogue}:revisions'
const SCHEDULES = '{plans}:schedules'
const FREEZES = '{plans}:freezes'
const ASSIGNED = '{s:web}:assigned'
const INTENTS = '{s:web}:intents'
const MINUTE_MS = 60_000

let redis: RealRedis
let bench: Bench
const epochs = new Map<string, number>()

beforeEach(async () => {
  redis = await realRedis()
  bench = benchOn(redis, await testKeys())
  epochs.clear()
  for (const host of ['h1', 'h2']) epochs.set(host, await bench.connect(host))
  await bench.prepare({}, ['1', '2'])
})
afterEach(() => bench.stop())

const commands = () => redis.connections.commands
const at = async (key: string, field: string): Promise<string> => (await commands().hget(key, field))!
const put = (key: string, field: string, text: string) => commands().hset(key, field, text)
const mailed = async (host: string) => [...(await bench.mailbox.look(host)).mail.values()].map(({ command }) => command.action)
const planned = (release = '1') => plan(bench.ports, { service: 'web', release })
const tampered = (message: string, expected = '') => ({
  problem: { code: 'tampered', message: expect.stringContaining(message) as string, expected: expect.stringContaining(expected) as string },
})

/** Ways to write to Redis; `other`: a sealed text of the same kind from another place. */
const WAYS: Record<string, (text: string, other: string) => string> = {
  'changed in place': (text) => [['/srv/web', '/srv/own'], ['"createdBy":"ann"', '"createdBy":"eve"'], ['"by":"ann"', '"by":"eve"'], ['"release":"1"', '"release":"2"']]
    .reduce((changed, [from = '', to = '']) => changed.replace(from, to), text),
  'moved from another place': (_text, other) => other,
  'stripped of its seal': withoutSeal,
}

function withoutSeal(text: string): string {
  return text.slice(0, text.lastIndexOf(' '))
}

describe.each(Object.entries(WAYS))('%s', (_way, written) => {
  async function tamper(key: string, field: string, otherKey: string, otherField: string): Promise<void> {
    const text = await at(key, field)
    const changed = written(text, await at(otherKey, otherField))
    expect(changed).not.toBe(text)
    await put(key, field, changed)
  }

  test('the entry of a service begins nothing, and is put right by applying it again', async () => {
    const before = await bench.ports.catalogue.service('web')
    await tamper(SERVICES, 'web', ENTRIES, '1')
    await expect(start(bench.ports, { service: 'web', release: '1' }, { actor: 'ann', reason: null })).rejects.toMatchObject(tampered('the entry of web'))
    expect(await bench.ports.rollouts.active()).toEqual([])
    expect(await bench.ports.catalogue.services()).toEqual([])
    expect(await bench.ports.catalogue.apply(before!.spec, 'ann', 9)).toMatchObject({ outcome: 'unchanged', entry: before })
    expect((await planned()).entry).toEqual(before)
  })

  test('an entry of the history is not restored', async () => {
    await bench.prepare({ variables: { LEVEL: 'debug' } }, [])
    await tamper(ENTRIES, '1', ENTRIES, '2')
    await expect(bench.ports.catalogue.entry('web', 1)).rejects.toMatchObject(tampered('entry 1 of web', 'muster service history web'))
    expect((await bench.ports.catalogue.entries('web', { before: null, limit: 10 })).map(({ entry }) => entry)).toEqual([2])
  })

  test('a release is not planned, is never the latest, and is put right by making it again', async () => {
    const release = (await bench.ports.catalogue.getRelease('web', '2'))!
    await tamper(RELEASES, '2', RELEASES, '1')
    await expect(planned('2')).rejects.toMatchObject(tampered('release 2 of web'))
    expect((await bench.ports.catalogue.releases('web')).map(({ version }) => version)).toEqual(['1'])
    expect(await bench.ports.catalogue.release(release)).toMatchObject({ outcome: 'created' })
    expect((await planned('2')).release).toEqual(release)
  })

  test('a revision reaches no host', async () => {
    const [one, two] = [(await planned('1')).revision, (await planned('2')).records]
    await bench.ports.catalogue.putRevisions(two)
    const { id } = await start(bench.ports, { service: 'web', release: '1' }, { actor: 'ann', reason: null })
    await tamper(REVISIONS, one, REVISIONS, two[0]!.goal.revision)
    for (let i = 0; i < 3; i++) await drive(bench.ports, id)
    expect([await mailed('h1'), await mailed('h2')]).toEqual([[], []])
    const message = expect.stringContaining('was changed in Redis') as string
    expect(await bench.task(id, 'h1')).toMatchObject({ state: 'failed', failure: { message } })
  })

  test('a schedule does not fire; that is in the record, and adding it anew takes its place', async () => {
    const nightly = { name: 'nightly', service: 'web', release: '1', cron: '* * * * *', tz: 'UTC' }
    await addSchedule(bench.ports, nightly, 'ann')
    await addSchedule(bench.ports, { ...nightly, name: 'other' }, 'ann')
    await tamper(SCHEDULES, 'nightly', SCHEDULES, 'other')
    bench.pass(MINUTE_MS)
    await fire(bench.ports, 'nightly')
    expect(await bench.ports.rollouts.active()).toEqual([])
    const { entries } = await bench.audit.page({ actor: null, verb: 'schedule.fire', target: null, sinceMs: null, limit: 10, cursor: null })
    expect(entries).toEqual([expect.objectContaining({ targets: ['schedule/nightly'], outcome: 'refused', code: 'tampered' })])
    await expect(bench.ports.schedules.get('nightly')).rejects.toMatchObject(tampered('the schedule nightly', 'muster schedule add'))
    expect((await bench.ports.schedules.all()).map(({ name }) => name)).toEqual(['other'])
    await addSchedule(bench.ports, nightly, 'ann')
    bench.pass(MINUTE_MS)
    await fire(bench.ports, 'nightly')
    expect(await bench.ports.rollouts.active()).toHaveLength(1)
  })

  test('a freeze is about everything, for ever, until somebody removes it', async () => {
    const freeze = { from: '1980-01-01 00:00', to: '1980-01-02 00:00', tz: 'UTC', services: 'db', reason: 'the sale' }
    for (const name of ['sale', 'feast']) await addFreeze(bench.ports, { ...freeze, name }, 'ann')
    await planned()
    await tamper(FREEZES, 'sale', FREEZES, 'feast')
    const asked = () => start(bench.ports, { service: 'web', release: '1' }, { actor: 'ann', reason: null })
    await expect(asked()).rejects.toMatchObject({ problem: { code: 'frozen', message: expect.stringContaining('frozen by sale') as string } })
    await removeFreeze(bench.ports, 'sale')
    await expect(asked()).resolves.toMatchObject({ service: 'web' })
  })

  test('an assignment takes its host nowhere', async () => {
    await bench.prepare({ drift: 'converge' }, [])
    const id = await deployed()
    const other = await planned('2')
    await bench.ports.catalogue.putRevisions(other.records)
    const text = (await at(ASSIGNED, 'h2')).replace((await bench.rollout(id)).revision, other.revision)
    await put(ASSIGNED, 'h2', written(text, await at(ASSIGNED, 'h1')))
    expect(await swept()).toEqual([])
    expect([...(await bench.ports.assignments.of('web', ['h1', 'h2'])).keys()]).toEqual(['h1'])
  })

  test('an intent takes no host that joins anywhere', async () => {
    const id = await deployed()
    await tamper(INTENTS, id, ENTRIES, '1')
    epochs.set('h3', await bench.connect('h3'))
    expect(await swept()).toEqual([])
    expect(await bench.ports.intents.of('web')).toEqual([])
  })
})

/** Release 1, by all hosts. @returns the rollout */
async function deployed(): Promise<string> {
  const id = await bench.start('1', {})
  for (const host of epochs.keys()) await bench.deploy(id, host)
  expect((await bench.rollout(id)).phase).toBe('succeeded')
  return id
}

/** All hosts are alive, and the system looks whether they are where they should be. @returns what it has begun */
async function swept(): Promise<string[]> {
  bench.pass(CONVERGE_EVERY_MS)
  for (const [host, epoch] of epochs) await bench.beat(host, epoch)
  await sweep(bench.ports)
  const active = await Promise.all((await bench.ports.rollouts.active()).map((id) => bench.rollout(id)))
  return active.filter(({ kind }) => kind === 'catch-up').map(({ id, release }) => `${id} to ${release}`)
}

test('an older entry, seen by somebody who can write to Redis, is believed in its own place and nowhere else', async () => {
  const older = await at(SERVICES, 'web')
  await bench.prepare({ variables: { LEVEL: 'debug' } }, [])
  await put(SERVICES, 'db', older)
  await expect(bench.ports.catalogue.service('db')).rejects.toMatchObject(tampered('the entry of db'))
  await put(ENTRIES, '2', older)
  await expect(bench.ports.catalogue.entry('web', 2)).rejects.toMatchObject(tampered('entry 2 of web'))
  await put(SERVICES, 'web', older)
  expect(await bench.ports.catalogue.service('web')).toMatchObject({ entry: 1, spec: { variables: {} } })
})

test('what is not acted on is an error in the log, once', async () => {
  const lines: string[] = []
  const { seals } = await testKeys()
  const log = pino({ level: 'error' }, { write: (line) => void lines.push(line) })
  const catalogue = redisCatalogue({ redis: commands(), seals, log })
  await put(RELEASES, '2', withoutSeal(await at(RELEASES, '2')))
  for (let i = 0; i < 3; i++) await catalogue.releases('web')
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([expect.objectContaining({ key: RELEASES, field: '2', msg: expect.stringContaining('tampered') as string })])
})

describe('what an earlier version wrote', () => {
  const strip = async (key: string): Promise<void> => {
    for (const [field, text] of Object.entries(await commands().hgetall(key))) await put(key, field, withoutSeal(text))
  }

  test('is refused with the way to take it over, which takes over what has no seal and never what has a broken one', async () => {
    await addSchedule(bench.ports, { name: 'nightly', service: 'web', release: '1', cron: '0 * * * *', tz: 'UTC' }, 'ann')
    const before = await bench.ports.schedules.get('nightly')
    for (const key of [SERVICES, ENTRIES, RELEASES, SCHEDULES]) await strip(key)
    await expect(planned()).rejects.toMatchObject(tampered('the entry of web', '--adopt-unsealed'))
    const broken = `${await at(RELEASES, '2')} ${'A'.repeat(43)}`
    await put(RELEASES, '2', broken)
    const { seals, vault } = await testKeys()
    const sealed = { redis: commands(), seals, log: pino({ level: 'silent' }) }
    for (let i = 0; i < 2; i++) await adoptUnsealed(sealed, vault, bench.ports.clock)
    const { entries } = await bench.audit.page({ actor: null, verb: 'redis.adopt', target: null, sinceMs: null, limit: 10, cursor: null })
    expect(entries.map(({ reason }) => reason)).toEqual(['what had no seal was taken over as it was: services 1, schedules 1, entries 1, releases 1'])
    expect((await planned()).entry).toEqual(await bench.ports.catalogue.entry('web', 1))
    expect(await bench.ports.schedules.get('nightly')).toEqual(before)
    expect(await at(RELEASES, '2')).toBe(broken)
    await expect(planned('2')).rejects.toMatchObject({ problem: { code: 'tampered', expected: expect.not.stringContaining('--adopt-unsealed') as string } })
  })
})
