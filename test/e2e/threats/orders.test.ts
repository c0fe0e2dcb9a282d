/** What hosts run at all: packages as they were released, each order once, and nothing that their owners have not allowed. */
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HOSTS } from '../../../coordinator/adapters/hosts/keys.ts'
import type { ReleaseView } from '../../../shared/api/catalogue.ts'
import type { PlanView, RolloutView } from '../../../shared/api/rollout.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { until } from '../fleet/until.ts'
import { MarkerService } from '../marker-service.ts'
import { untilFile } from '../web-service.ts'
import { Intruder } from './intruder.ts'

stopFleetsAfterwards()

let fleet: Fleet
let intruder: Intruder
beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2 })
  intruder = new Intruder(fleet)
})
afterAll(() => intruder.close())

test('a package whose bytes were altered where it lies is not run, and what ran goes on', async () => {
  // The versions stand in the packages, so that no other service has the same ones.
  const altered = new MarkerService(fleet, 'altered')
  await altered.apply()
  await altered.release('1-altered')
  await altered.rollOut('1-altered', {}, 'h2')
  await altered.release('2-altered')
  expect(await alterPieces(join(fleet.coordinator.dataDir, 'artifacts/pieces'))).toBeGreaterThan(0)
  const id = await altered.start('2-altered', {}, 'h2')
  await fleet.rolloutWhen(id, 'held', ({ phase }) => phase === 'paused')
  expect((await fleet.tasks(id)).get('h2')).toMatchObject({ state: 'failed', failure: { message: expect.stringMatching(/^fetch: the package cannot be fetched: .*: it is not there/) as string } })
  expect(await altered.running(['h2'])).toEqual({ h2: '1-altered' })
  expect(altered.lines(id)).toEqual([])
})

test('a release that is changed in Redis is not even planned', async () => {
  const shop = new MarkerService(fleet, 'shop')
  await shop.apply()
  await shop.release('1')
  const { srv } = await fleet.api.get<ReleaseView>('/v1/services/shop/releases/1')
  await intruder.change('{catalogue}:releases:shop', '1', srv.digest, 'f'.repeat(64))
  const asked = { service: 'shop', release: '1' }
  for (const path of ['/v1/rollouts/plan', '/v1/rollouts']) {
    expect(await fleet.api.ask('POST', path, asked)).toMatchObject({ status: 422, body: { error: { code: 'tampered' } } })
  }
})

test('an order that was caught on its way and is sent once more, after its command has ended, runs nothing', async () => {
  const web = new MarkerService(fleet, 'web')
  await web.apply()
  await web.release('1', {}, { migrate: untilFile('go') })
  const strategy = { before: ['migrate'] }
  const id = await web.start('1', strategy, 'h1')
  const caught = await until('the order', () => intruder.order('h1', `${id}/h1/s1`))
  await web.put('h1', 'go')
  expect((await fleet.ended(id)).phase).toBe('succeeded')

  await intruder.redis.del(`{h:h1}:over:${id}:script`)
  await intruder.mail('h1', `${id}/h1/s1`, caught)
  const epoch = Number(await intruder.read(HOSTS.epochs, 'h1'))
  await fleet.restartAgent('h1')
  await until('h1 has a session anew', async () => Number(await intruder.read(HOSTS.epochs, 'h1')) > epoch)
  await fleet.connected()
  await web.release('2', {}, { migrate: '' })
  expect((await web.rollOut('2', strategy, 'h1')).phase).toBe('succeeded')
  expect(await web.once('h1')).toEqual(['migrate 1', 'migrate 2'])
})

test('what the policy of a host’s owner does not allow, no administrator has run there; the plan says so, and the other hosts get it', async () => {
  fleet.agent('h2').limit('services: [web]\nrun: false\n')
  await fleet.restartAgent('h2')
  const api = new MarkerService(fleet, 'api')
  await api.apply()
  await api.release('1')
  const planned = await until('a plan that knows of the policy', async () => {
    const plan = await fleet.api.post<PlanView>('/v1/rollouts/plan', { service: 'api', release: '1' })
    const refused = plan.waves.flatMap(({ hosts }) => hosts.map(({ host, refused }) => [host, refused] as const))
    return refused.some(([, why]) => why !== null) ? refused : null
  })
  expect(Object.fromEntries(planned)).toEqual({ h1: null, h2: expect.stringContaining('does not allow service api') as string })

  const id = await api.start('1', { tolerance: { failed: 1 } })
  await fleet.ended(id)
  expect((await fleet.tasks(id)).get('h2')).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining('does not allow service api') as string } })
  expect(await api.running()).toEqual({ h1: '1', h2: null })

  const run = await fleet.api.post<RolloutView>('/v1/runs', { hosts: 'h1,h2', command: `echo "$MUSTER_HOST" >>${join(fleet.dir, 'ran')}`, strategy: { tolerance: { failed: 1 } } })
  await fleet.ended(run.id)
  expect((await fleet.tasks(run.id)).get('h2')).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining('does not allow command lines') as string } })
  expect((await readFile(join(fleet.dir, 'ran'), 'utf8')).trim()).toBe('h1')
})

/** Their last bytes, so that they are as long as before. @returns how many there are */
async function alterPieces(dir: string): Promise<number> {
  const pieces = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((one) => one.isFile())
  for (const { parentPath, name } of pieces) {
    const file = await open(join(parentPath, name), 'r+')
    const { size } = await file.stat()
    const last = Buffer.alloc(1)
    await file.read(last, 0, 1, size - 1)
    await file.write(Buffer.from([last[0]! ^ 1]), 0, 1, size - 1)
    await file.close()
  }
  return pieces.length
}
