/**
 * Every control at a random moment of a rollout of which some hosts fail, and two more after it, whatever they are. Each has one clear answer;
 * the window holds; nothing runs twice; and what a host runs in the end follows from what was asked. MUSTER_SEED repeats a run's choices.
 */
import { randomInt } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { RolloutView, TaskView } from '../../shared/api/rollout.ts'
import { hasEnded } from '../../shared/states.ts'
import { Random } from '../sim/random.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { begunTwice, mostAtOnce } from './fleet/fleet-ledger.ts'
import { Hand } from './fleet/hand.ts'
import type { Control } from './fleet/hand.ts'
import { until } from './fleet/until.ts'
import { MarkerService } from './marker-service.ts'

const ROUNDS = 2
const FIRST_WAVE = ['h1', 'h2', 'h3', 'h4']
const HANGING = 'h1'
const HOSTS = 6
const MAX_WINDOW = 3
/** What scripts have written by the time of a control. A host writes six lines where all goes well. */
const MAX_LINES = 20
/** Until a rollout has ended, a person is asked for a word so many times at most. */
const MAX_WORDS = 30

const seed = Number(process.env['MUSTER_SEED'] ?? randomInt(2 ** 31))

/** `before`: makes the control possible; it is granted then. Nobody passes the gate by itself, so no rollout ends before it is asked. */
type Case = {
  name: string
  strategy?: Record<string, unknown>
  maxLines?: number
  before?: (id: string, hand: Hand) => Promise<unknown>
  control: (random: Random, tasks: TaskView[]) => Control
}

const host = (random: Random, tasks: TaskView[], state: TaskView['state']) => random.pick(tasks.filter((task) => task.state === state)).host
const whenHeld = (id: string) => fleet.rolloutWhen(id, 'held', ({ hold }) => hold !== null)
const whenOneHangs = (id: string) => until(`${HANGING} hangs`, () => service.lines(id).some((line) => line.host === HANGING && line.step === 'start'))

const CASES: Case[] = [
  { name: 'pause', control: () => ({ verb: 'pause' }) },
  { name: 'resume', before: (_id, hand) => hand.ask({ verb: 'pause' }), control: () => ({ verb: 'resume' }) },
  { name: 'promote', before: (id) => fleet.rolloutWhen(id, 'at its gate', ({ gate }) => gate !== null), control: () => ({ verb: 'promote' }) },
  { name: 'skip', control: (random) => ({ verb: 'skip', fields: { hosts: [random.pick(['h5', 'h6'])] } }) },
  { name: 'retry of all that failed', strategy: { onFailure: 'pause' }, before: whenHeld, control: () => ({ verb: 'retry' }) },
  {
    name: 'retry of one host', strategy: { onFailure: 'pause' }, before: whenHeld,
    control: (random, tasks) => ({ verb: 'retry', fields: { hosts: [host(random, tasks, 'failed')] } }),
  },
  {
    name: 'retry of what has not begun', control: () => ({ verb: 'retry', fields: { which: 'not-started' } }),
    before: async (id, hand) => {
      await hand.ask({ verb: 'abort' })
      await fleet.ended(id)
    },
  },
  { name: 'kill', maxLines: 3, before: whenOneHangs, control: () => ({ verb: 'kill', fields: { hosts: [HANGING] } }) },
  { name: 'abort', control: () => ({ verb: 'abort' }) },
  { name: 'rollback', control: () => ({ verb: 'rollback' }) },
  { name: 'rollback of one wave', control: () => ({ verb: 'rollback', fields: { wave: 1 } }) },
]

/** Anything that anybody may think of, at any time. */
function anyControl(random: Random): Control {
  const verb = random.pick(['pause', 'resume', 'promote', 'abort', 'rollback', 'rollback', 'retry', 'retry', 'retry', 'skip', 'kill'])
  const hosts = { hosts: [random.pick(fleet.hosts)] }
  switch (verb) {
    case 'rollback':
      return { verb, fields: random.pick([{}, { wave: random.between(1, 3) }]) }
    case 'retry':
      return { verb, fields: random.pick([{}, { which: 'not-started' }, hosts]) }
    case 'skip':
    case 'kill':
      return { verb, fields: hosts }
    default:
      return { verb }
  }
}

stopFleetsAfterwards()

let fleet: Fleet
let service: MarkerService

beforeAll(async () => {
  console.info(`MUSTER_SEED=${seed}`)
  fleet = await Fleet.start({ hosts: HOSTS })
  service = new MarkerService(fleet, 'marker')
  await service.apply()
  await service.release('0')
  expect((await service.rollOut('0')).phase).toBe('succeeded')
})

const rounds = Array.from({ length: ROUNDS }, (_, round) => CASES.map((each) => ({ ...each, round: round + 1 }))).flat()
  .map((each, index) => ({ ...each, number: index + 1 }))

test.each(rounds)(`$name, round $round (MUSTER_SEED=${seed})`, async ({ name, strategy = {}, maxLines = MAX_LINES, before, control, number }) => {
  const random = new Random(seed + number)
  const version = String(number)
  const was = await service.running()
  await service.release(version, { stop: 'sleep 0.1', start: START })
  if (name === 'kill') await service.put(HANGING, 'hangs')
  for (const from of [FIRST_WAVE, fleet.hosts]) await service.put(random.pick(from.filter((each) => each !== HANGING)), `fails-${version}`)

  const window = random.between(1, MAX_WINDOW)
  const gate = { after: 'first', kind: 'manual' }
  const id = await service.start(version, { waves: [4, 2], gate, concurrency: window, onFailure: 'continue', order: 'as-listed', ...strategy })
  const hand = new Hand(fleet.api, id, name)
  await moment(id, random, maxLines)
  await before?.(id, hand)
  const asked = await hand.ask(control(random, [...(await fleet.tasks(id)).values()]))
  expect(asked.refused, `${name} is possible and therefore granted`).toBeNull()
  for (let more = 0; more < 2; more++) {
    await moment(id, random, MAX_LINES)
    await hand.ask(anyControl(random))
  }
  const { notes } = await toItsEnd(id, hand)
  expect(notes.map(({ reason }) => reason)).toEqual(hand.granted)
  expect(mostAtOnce(service.lines(id))).toBeLessThanOrEqual(window)
  expect(begunTwice(service.lines(id))).toEqual([])
  await expectHostsToFollow(id, was, version)
})

/** Bash: hangs once where it is told to; takes a while; fails where this version is to fail. */
const START = `if [[ -e $MUSTER_SHARED_DIR/hangs ]]; then rm "$MUSTER_SHARED_DIR/hangs"; sleep 1000; fi
sleep 0.1
[[ ! -e $MUSTER_SHARED_DIR/fails-$MUSTER_VERSION ]]`

const standsStill = ({ phase, hold, gate }: RolloutView) => hasEnded(phase) || gate !== null || (hold !== null && hold.kind !== 'abort')

/** When the scripts have written a random number of lines more, or nothing goes on by itself. */
async function moment(id: string, random: Random, maxLines: number): Promise<void> {
  const lines = service.lines(id).length + random.between(1, maxLines)
  await until(`${id} is that far`, async () => service.lines(id).length >= lines || standsStill(await fleet.rollout(id)))
}

/** Says what moves it whenever it stands still. */
async function toItsEnd(id: string, hand: Hand): Promise<RolloutView> {
  for (let words = 0; words < MAX_WORDS; words++) {
    const rollout = await fleet.rolloutWhen(id, 'standing still', standsStill)
    if (hasEnded(rollout.phase)) return rollout
    await hand.ask({ verb: rollout.hold === null ? 'promote' : 'resume' })
  }
  throw new Error(`${id} has not ended after ${MAX_WORDS} words: ${JSON.stringify(await fleet.rollout(id))}`)
}

/** @param was what each host ran before the rollout */
async function expectHostsToFollow(id: string, was: Record<string, string | null>, version: string): Promise<void> {
  const [runs, assigned, tasks] = await Promise.all([service.running(), service.assigned(), fleet.tasks(id)])
  expect(runs, 'what runs is what is assigned').toEqual(assigned)
  for (const { host, state, direction } of tasks.values()) {
    const why = `${host}, which is ${state} going ${direction}`
    expect(['succeeded', 'failed', 'skipped', 'waiting', 'withdrawn'], why).toContain(state)
    const possible = direction === 'forward' ? [state === 'succeeded' ? version : was[host]] : state === 'succeeded' ? [was[host]] : [was[host], version]
    expect(possible, why).toContain(runs[host])
  }
}
