/**
 * Kill -9 at random moments of rollouts that are under way: of the coordinator, of Redis, and of an agent while a script of its runs. Whatever
 * dies, every rollout ends well by itself, and no step of a command is ever begun twice on a host. MUSTER_SEED repeats a run's choices.
 */
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../sim/random.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { until } from './fleet/until.ts'
import { WebService } from './web-service.ts'

const VICTIMS = ['coordinator', 'redis', 'agent'] as const
type Victim = (typeof VICTIMS)[number]

const ROLLOUTS = 7
/** The longest that is waited before the next kill. */
const MAX_CALM_MS = 600
/** Of a rollout, with its kills. */
const ENDS_WITHIN_MS = 90_000

const seed = Number(process.env['MUSTER_SEED'] ?? randomInt(2 ** 31))
const random = new Random(seed)
/** Each rollout meets each kind of death once, in an order of its own. */
const plan = Array.from({ length: ROLLOUTS }, (_, index) => ({ version: String(index + 2), victims: shuffled(VICTIMS) }))

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  console.info(`MUSTER_SEED=${seed}`)
  fleet = await Fleet.start({ hosts: 6 })
  web = new WebService(fleet, 'web')
  await web.apply()
  for (const version of ['1', ...plan.map(({ version }) => version)]) await web.release(version, { stop: 'sleep 0.3', start: 'sleep 0.3', check: 'sleep 0.2' })
  expect((await web.rollOut('1')).phase).toBe('succeeded')
})

test.each(plan)(`release $version survives the deaths of $victims (MUSTER_SEED=${seed})`, async ({ version, victims }) => {
  const id = await web.start(version, { waves: [2], concurrency: 2, offline: 'wait' })
  for (const victim of victims) {
    await sleep(random.between(0, MAX_CALM_MS))
    expect(doneOn(id).length, `${id} has not come to its end yet`).toBeLessThan(fleet.hosts.length)
    await kill(victim, id)
  }
  const { phase, why } = await fleet.ended(id, ENDS_WITHIN_MS)
  expect({ phase, why }).toEqual({ phase: 'succeeded', why: `6 of 6 hosts on ${version}` })
  expect(await web.versions()).toEqual(Object.fromEntries(fleet.hosts.map((host) => [host, version])))
  expect(begunTwice()).toEqual([])
})

async function kill(victim: Victim, rollout: string): Promise<void> {
  switch (victim) {
    case 'coordinator':
      return fleet.restartCoordinator()
    case 'redis':
      return fleet.coordinator.killRedis()
    case 'agent': {
      const running = () => web.ledgers(rollout).filter(({ endedAtMs }) => endedAtMs === null).map(({ host }) => host)
      const hosts = await until('a script runs somewhere', () => (running().length > 0 ? running() : null))
      return fleet.restartAgent(random.pick(hosts))
    }
    default:
      victim satisfies never
  }
}

/** Hosts whose last script has ended. */
function doneOn(rollout: string): string[] {
  return web.ledgers(rollout).filter(({ step, endedAtMs }) => step === 'check' && endedAtMs !== null).map(({ host }) => host)
}

/** Steps of commands that are in a host's ledger more than once. */
function begunTwice(): string[] {
  const begun = Map.groupBy(web.ledgers(), ({ host, command, step }) => `${host}: ${command} ${step}`)
  return [...begun].filter(([, entries]) => entries.length > 1).map(([step]) => step)
}

function shuffled(victims: readonly Victim[]): Victim[] {
  return victims.map((victim) => ({ victim, place: random.next() })).sort((a, b) => a.place - b.place).map(({ victim }) => victim)
}
