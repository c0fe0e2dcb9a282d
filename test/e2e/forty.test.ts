/** The three strategies that people ask for first, and a command line, on forty hosts: waves, gates and windows as the scripts themselves saw them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { OutputsView } from '../../shared/api/rollout.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { begunTwice, hostsOf, mostAtOnce, noting, readLines } from './fleet/fleet-ledger.ts'
import { until } from './fleet/until.ts'
import { MarkerService } from './marker-service.ts'
import type { Tuning } from './service.ts'
import { untilFile } from './web-service.ts'

const HOSTS = Array.from({ length: 40 }, (_, index) => `h${index + 1}`)
/** Forty agents are forty programs that start; on a machine that is busy they take their time. */
const FLEET_WITHIN_MS = 300_000
const [FIRST_TWENTY, LAST_TWENTY] = [HOSTS.slice(0, 20), HOSTS.slice(20)]

stopFleetsAfterwards()

let fleet: Fleet

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: HOSTS.length, labels: (host) => ({ half: FIRST_TWENTY.includes(host) ? 'first' : 'last' }) })
}, FLEET_WITHIN_MS)

async function newService(name: string, tuning: Tuning = {}): Promise<MarkerService> {
  const service = new MarkerService(fleet, name)
  await service.apply()
  await service.release('1', tuning)
  return service
}

function everywhere(hosts: readonly string[], version: string | null): Record<string, string | null> {
  return Object.fromEntries(hosts.map((host) => [host, version]))
}

/** How many tasks hold a slot, and how many have fetched and unpacked and can do nothing more without one. */
async function slotsAndLine(id: string): Promise<{ holding: number; inLine: number }> {
  const tasks = [...(await fleet.tasks(id)).values()]
  const count = (holds: (task: (typeof tasks)[number]) => boolean) => tasks.filter(holds).length
  return {
    holding: count(({ state }) => state === 'claimed' || state === 'running'),
    inLine: count(({ state, step }) => state === 'sent' && step === 'unpack'),
  }
}

test('five at a time over forty: the window is filled, and never exceeded', async () => {
  const service = await newService('five', { start: untilFile('go') })
  const id = await service.start('1', { concurrency: 5 })
  await until('the window is full, and ten hosts are in it or ready to be', async () => {
    const { holding, inLine } = await slotsAndLine(id)
    return holding >= 5 && holding + inLine === 10 && hostsOf(service.lines(id)).length === holding
  })
  expect(await fleet.rollout(id)).toEqual(expect.objectContaining({ window: 5, slots: 5 }))
  await Promise.all(HOSTS.map((host) => service.put(host, 'go')))
  expect((await fleet.ended(id)).phase).toBe('succeeded')
  expect(mostAtOnce(service.lines(id))).toBe(5)
  expect(begunTwice(service.lines(id))).toEqual([])
  expect(await service.running()).toEqual(everywhere(HOSTS, '1'))
})

test('two first, a look, then eighteen: nobody begins before the word is given', async () => {
  const service = await newService('eighteen')
  const id = await service.start('1', { waves: [2, 18], gate: { after: 'first', kind: 'manual' } }, 'half=first')
  const held = await fleet.rolloutWhen(id, 'at its gate', ({ gate }) => gate?.kind === 'manual')
  const two = hostsOf(service.lines(id))
  expect(two).toHaveLength(2)
  expect(held.waves.map(({ size, forward }) => [size, forward.succeeded, forward.waiting])).toEqual([[2, 2, 0], [18, 0, 18]])
  service.remark('promoted')
  expect(await fleet.muster('rollout', 'promote', id, '--reason', 'both are well')).toEqual(expect.objectContaining({ code: 0, stderr: '' }))
  expect((await fleet.ended(id)).phase).toBe('succeeded')

  const lines = service.lines()
  const promoted = lines.findIndex(({ mark }) => mark === 'promoted')
  const ofRollout = (part: typeof lines) => hostsOf(part.filter(({ rollout }) => rollout === id)).sort()
  expect(ofRollout(lines.slice(0, promoted))).toEqual(two.toSorted())
  expect(ofRollout(lines.slice(promoted))).toEqual(FIRST_TWENTY.filter((host) => !two.includes(host)).sort())
  expect(await service.running()).toEqual({ ...everywhere(FIRST_TWENTY, '1'), ...everywhere(LAST_TWENTY, null) })
})

test('one after another over twenty: in their order, and none before the one before it is done', async () => {
  const service = await newService('one')
  const { id, phase } = await service.rollOut('1', { waves: [1], order: 'as-listed' }, 'half=last')
  expect(phase).toBe('succeeded')
  expect(service.lines(id).filter(({ mark }) => mark === 'begun').map(({ host, step, version }) => `${host} ${step} ${version}`))
    .toEqual(LAST_TWENTY.flatMap((host) => [`${host} start 1`, `${host} check 1`]))
  expect(mostAtOnce(service.lines(id))).toBe(1)
  expect(await service.running()).toEqual({ ...everywhere(FIRST_TWENTY, null), ...everywhere(LAST_TWENTY, '1') })
})

describe('a command line', () => {
  const HANGING = 'h7'
  const sound = HOSTS.filter((host) => host !== HANGING)

  test('runs within its window; what all printed is shown once; one that hangs is killed, and tried again', async () => {
    const [ledger, mended] = [join(fleet.dir, 'run.ledger'), join(fleet.dir, 'mended')]
    const hangs = `[[ $MUSTER_HOST != ${HANGING} || -e '${mended}' ]] || { echo hanging; sleep 1000; }`
    const command = `${noting(ledger)}${hangs}; echo "rack $MUSTER_LABEL_RACK"`
    const ran = fleet.muster('run', '--hosts', 'h*', '--concurrency', '5', '--reason', 'which rack', '--', command)
    const id = 'run-1'
    await until('all but one have ended', async () => [...(await fleet.tasks(id)).values()].filter(({ state }) => state === 'succeeded').length === 39)
    expect(await fleet.rollout(id)).toEqual(expect.objectContaining({ kind: 'run', phase: 'running', window: 5, slots: 1, reason: 'which rack' }))

    await fleet.api.post(`/v1/rollouts/${id}/kill`, { hosts: [HANGING], reason: 'it hangs' })
    const { code, stdout } = await ran
    expect(code).toBe(1)
    expect(stdout).toContain('rack r0')
    expect(stdout).toContain('rack r1')
    expect(stdout.match(/^rack /gm)).toHaveLength(2)
    const killed = (await fleet.tasks(id)).get(HANGING)
    expect({ state: killed?.state, message: killed?.failure?.message }).toEqual({ state: 'failed', message: 'run: killed: it hangs' })

    await writeFile(mended, '')
    expect((await fleet.muster('rollout', 'retry', id, HANGING)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    const lines = readLines(ledger)
    expect(mostAtOnce(lines)).toBeLessThanOrEqual(5)
    expect(begunTwice(lines)).toEqual([])
    expect(lines.filter(({ mark }) => mark === 'begun').map(({ command }) => command).sort())
      .toEqual([...sound.map((host) => `${id}/${host}/1`), `${id}/${HANGING}/1`, `${id}/${HANGING}/2`].sort())
    const { hosts } = await fleet.api.get<OutputsView>(`/v1/rollouts/${id}/outputs?limit=1000`)
    expect(hosts).toHaveLength(40)
  })
})
