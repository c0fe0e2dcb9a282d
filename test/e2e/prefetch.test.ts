/** Hosts that fetch ahead: real agents have the release before the first wave, whoever dies meanwhile, and the waves then fetch nothing. */
import { randomBytes } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { FetchTotalView } from '../../shared/api/fetch.ts'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { until } from './fleet/until.ts'
import { WebService } from './web-service.ts'

const BALLAST_BYTES = 800_000
const FIRST_WAVE_WAITS = { prefetch: true, waves: [1, 2], gate: { after: 'first', kind: 'manual' }, order: 'as-listed' }

/** With a release that is some work to fetch. */
class HeavyService extends WebService {
  protected override files(version: string, tuning: Parameters<WebService['release']>[1] = {}) {
    const { srv, cmd } = super.files(version, tuning)
    return { srv: [...srv, { path: 'ballast', content: randomBytes(BALLAST_BYTES) }], cmd }
  }
}

stopFleetsAfterwards()

let fleet: Fleet
let web: HeavyService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3, labels: () => ({ dc: 'fra' }) })
  web = new HeavyService(fleet, 'web')
  await web.apply()
  for (const version of ['1', '2']) await web.release(version)
})

const travelled = ({ fetched }: RolloutView) => fetched === null ? 0 : sum(fetched)
const sum = ({ fromPeersBytes, fromRelayBytes, fromOriginBytes }: FetchTotalView) => fromPeersBytes + fromRelayBytes + fromOriginBytes

test('every host has the release before the first wave, and no wave fetches it again', async () => {
  const id = await web.start('1', FIRST_WAVE_WAITS)
  const atGate = await fleet.rolloutWhen(id, 'at its gate', ({ gate }) => gate !== null)
  expect(atGate.warming).toEqual({ state: 'over', cold: 0, warming: 0, warm: 3, missed: 0, untilMs: null })
  const tasks = await fleet.tasks(id)
  expect([...tasks.values()].map(({ warm, state }) => [warm, state])).toEqual([['warm', 'succeeded'], ['warm', 'waiting'], ['warm', 'waiting']])
  const fetched = await until('all that was fetched is counted', async () => {
    const rollout = await fleet.rollout(id)
    return rollout.fetched?.hosts === 3 && rollout.fetched.bytesDone === rollout.fetched.bytesTotal ? rollout : null
  })
  expect(travelled(fetched)).toBeGreaterThan(3 * BALLAST_BYTES)
  await fleet.api.post(`/v1/rollouts/${id}/promote`, {})
  const ended = await fleet.ended(id)
  expect(ended.phase).toBe('succeeded')
  expect(travelled(ended)).toBe(travelled(fetched))
  expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1' })
})

test('a coordinator that dies meanwhile is outlived, and so is an agent; who will not wait promotes', async () => {
  const id = await web.start('2', { ...FIRST_WAVE_WAITS, gate: { after: 'none', kind: 'manual' }, prefetchRate: '4KB/s' })
  await until('somebody fetches', async () => (await fleet.rollout(id)).warming?.warming === 3)
  await fleet.restartCoordinator()
  await fleet.restartAgent('h3')
  await fleet.connected()
  expect(await fleet.rollout(id)).toMatchObject({ phase: 'running', warming: { state: 'open', warming: 3 } })
  expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1' })
  await fleet.api.post(`/v1/rollouts/${id}/promote`, {})
  const ended = await fleet.ended(id)
  expect(ended).toMatchObject({ phase: 'succeeded', warming: { state: 'over', warming: 0, warm: 0, missed: 3 } })
  expect(await web.versions()).toEqual({ h1: '2', h2: '2', h3: '2' })
})
