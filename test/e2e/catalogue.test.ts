/** The catalogue as hosts feel it: their own variables, what restarts them and what does not; one story, so each test begins where the last one ended. */
import { beforeAll, expect, test } from 'vitest'
import type { AppliedView } from '../../shared/api/catalogue.ts'
import type { HostView } from '../../shared/api/host.ts'
import type { PlanView } from '../../shared/api/rollout.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { WebService } from './web-service.ts'
import type { Answer } from './web-service.ts'

const HELLO = { variables: { GREETING: 'hello' } }
const H2_SAYS_HI = { ...HELLO, overrides: [{ host: 'h2', variables: { GREETING: 'hi' } }] }

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3, labels: () => ({ env: 'prod' }) })
  web = new WebService(fleet, 'web')
  await web.apply(HELLO)
  await web.release('1')
  expect(await web.rollOut('1')).toMatchObject({ phase: 'succeeded' })
})

const answers = (): Promise<Answer[]> => Promise.all(fleet.hosts.map((host) => web.ask(host)))
const pids = async (): Promise<number[]> => (await answers()).map(({ pid }) => pid)
const greetings = async (): Promise<string[]> => (await answers()).map(({ greeting }) => greeting)

/** What each host says that it runs. */
async function revisions(): Promise<(string | null | undefined)[]> {
  const { hosts } = await fleet.api.get<{ hosts: HostView[] }>('/v1/hosts')
  return fleet.hosts.map((name) => hosts.find(({ host }) => host === name)?.services[0]?.revision)
}

/** Rolls out what the catalogue has now, and says on which hosts a script ran. */
async function touched(): Promise<string[]> {
  const { id, phase } = await web.rollOut('1')
  expect(phase).toBe('succeeded')
  return [...new Set(web.ledgers(id).map(({ host }) => host))].sort()
}

test('a host with variables of its own has a revision of its own, and is the only one that changes', async () => {
  const [before, pidsBefore] = await Promise.all([revisions(), pids()])
  expect(new Set(before).size).toBe(1)
  await web.apply(H2_SAYS_HI)
  const plan = await fleet.api.post<PlanView>('/v1/rollouts/plan', { service: 'web', release: '1' })
  expect(plan.waves.flatMap(({ hosts }) => hosts.map(({ host, change }) => `${host} ${change}`)).sort()).toEqual(['h1 none', 'h2 update', 'h3 none'])

  expect(await touched()).toEqual(['h2'])
  expect(await greetings()).toEqual(['hello', 'hi', 'hello'])
  expect(await revisions()).toEqual([before[0], expect.not.stringMatching(before[0]!), before[2]])
  expect((await pids()).map((pid, index) => pid === pidsBefore[index])).toEqual([true, false, true])
})

test('the command line explains where a variable comes from', async () => {
  const { stdout } = await fleet.muster('service', 'vars', 'web', '--host', 'h2')
  expect(stdout).toMatch(/^NAME +VALUE +FROM +OVERRIDES *\nGREETING +hi +host h2 +hello \(service\) *\n$/)
})

test('another owner, selector or limit restarts nothing', async () => {
  const [before, pidsBefore] = await Promise.all([revisions(), pids()])
  const { outcome } = await web.apply({ ...H2_SAYS_HI, owners: ['ann'], hosts: 'env=prod', limits: [{ down: '50%' }], keepReleases: 4 })
  expect(outcome).toBe('updated')
  expect(await touched()).toEqual([])
  expect(await Promise.all([revisions(), pids()])).toEqual([before, pidsBefore])
})

test('an earlier entry is restored, and hosts go back to the revision that they had; those that never left it are not touched', async () => {
  const [before, pidsBefore] = await Promise.all([revisions(), pids()])
  const restore = (entry: number) => fleet.api.post<AppliedView>(`/v1/services/web/entries/${entry}/restore`, { reason: 'h2 is to say hello' })
  expect(await restore(2)).toMatchObject({ outcome: 'updated', service: { entry: 4, restored: 2 } })
  expect(await touched()).toEqual([])
  expect(await Promise.all([revisions(), pids()])).toEqual([before, pidsBefore])

  await restore(1)
  expect(await touched()).toEqual(['h2'])
  expect(await greetings()).toEqual(['hello', 'hello', 'hello'])
  expect(await revisions()).toEqual([before[0], before[0], before[0]])
})
