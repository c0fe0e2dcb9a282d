/** The hand on the brake reaches the machine here: one control, one compare-and-set, one clear answer, from any number of clients at once. */
import { MusterError, problem } from '../../shared/errors.ts'
import type { RolloutId } from '../../shared/ids.ts'
import { hasEnded } from '../../shared/states.ts'
import type { ControlEvent } from '../rollout/event.ts'
import { hostOf } from '../rollout/event.ts'
import type { Rollout } from '../rollout/state.ts'
import { besides, laterDeploy } from './busy.ts'
import type { Overlap } from './busy.ts'
import { SYSTEM_ACTOR, systemEntry } from './ports/audit.ts'
import type { Ports } from './ports/ports.ts'
import type { Loaded, Saved } from './ports/rollouts.ts'
import { Transaction } from './transaction.ts'

/** Saves that may be refused in a row because reports come in between. */
export const MAX_CONFLICTS = 100

/**
 * Applies all of `events`, or none.
 * @returns the rollout as it is afterwards
 * @throws MusterError rollout_unknown, host_unknown, control_refused (the message says why), unavailable
 */
export async function control(ports: Ports, id: RolloutId, events: readonly ControlEvent[]): Promise<Rollout> {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const loaded = await ports.rollouts.load(id)
    if (loaded === null) throw problem('rollout_unknown', `there is no rollout ${id}`, { field: 'id', expected: 'an id that `muster rollout list` shows' })
    if (loaded.archived === true) {
      throw problem('control_refused', `${id} is archived: it can be looked at, and no longer changed; start a new rollout of the version you want`)
    }
    const rollout = await tryControl(ports, loaded, events)
    if (rollout === null) continue
    await ports.wakeups.wake(id)
    return rollout
  }
  throw problem('unavailable', `${id} is too busy to take a control right now; try again`)
}

/** Aborts rollouts that `by` takes the place of. Those that have ended meanwhile, or are being aborted, are left as they are. */
export async function supersede(ports: Ports, ids: readonly RolloutId[], by: RolloutId): Promise<void> {
  for (const id of ids) {
    try {
      await control(ports, id, [{ type: 'AbortRequested', by: SYSTEM_ACTOR, reason: `superseded by ${by}` }])
    } catch (error) {
      if (!(error instanceof MusterError) || error.problem.code !== 'control_refused') throw error
      continue
    }
    const targets = [`rollout/${id}`, `rollout/${by}`]
    await ports.audit.record(systemEntry({ atMs: ports.clock(), verb: 'rollout.abort', targets, reason: `superseded by ${by}` }), `superseded/${id}/${by}`)
  }
}

/** Null: somebody saved in between. */
async function tryControl(ports: Ports, loaded: Loaded, events: readonly ControlEvent[]): Promise<Rollout | null> {
  const { rollout, version } = loaded
  const hosts = events.map(hostOf).filter((host) => host !== null)
  const transaction = new Transaction(rollout, await ports.rollouts.tasks(rollout.id, hosts))
  for (const host of hosts) {
    if (transaction.task(host) === null) throw problem('host_unknown', `${host} is not in ${rollout.id}`, { field: 'host', expected: 'a host of this rollout' })
  }
  for (const event of events) {
    const refused = transaction.apply(event, ports.clock())
    if (refused !== null) throw problem('control_refused', refused)
  }
  const { effects, changes, tasks } = transaction
  const save = (next: Rollout) => ports.rollouts.save(rollout.id, { rollout: next, version, tasks, consumed: 0, effects, changes })
  const reopens = rollout.kind !== 'run' && hasEnded(rollout.phase) && !hasEnded(transaction.rollout.phase)
  const saved = await (reopens ? reopen(ports, transaction.rollout, save) : save(transaction.rollout))
  return saved.outcome === 'saved' ? transaction.rollout : null
}

/**
 * An ended rollout may move again only while no later deployment has done anything on its hosts, and no other one is at work on them. Catch-ups on them
 * are aborted; what they still assign is older than what this one assigns from now on.
 */
async function reopen(ports: Ports, rollout: Rollout, save: (rollout: Rollout) => Promise<Saved>): Promise<Saved> {
  const { id, service } = rollout
  return ports.turns.inTurn(service, async (turn) => {
    const later = await laterDeploy(ports, rollout)
    if (later !== null) {
      const where = whereOf(later)
      throw problem('control_refused', `${later.rollout.id} came after ${id} ${where}; roll that one back, or start a new rollout of the version you want`)
    }
    const others = await besides(ports, rollout)
    const deploy = others.find((other) => other.rollout.kind === 'deploy')
    if (deploy !== undefined) {
      throw problem('control_refused', `${deploy.rollout.id} is at work ${whereOf(deploy)}; wait until it has ended, or abort it`)
    }
    await supersede(ports, others.map((other) => other.rollout.id), id)
    const generation = await ports.rollouts.nextSequence(service)
    await turn.confirm()
    return save({ ...rollout, generation })
  })
}

function whereOf({ hosts }: Overlap): string {
  return `on ${hosts.length === 1 ? hosts[0] : `${hosts.length} of its hosts`}`
}
