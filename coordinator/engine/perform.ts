/** Performs what a save has promised. Every effect is idempotent where it lands, so that a crash between performing and acknowledging costs nothing. */
import type { Command } from '../../shared/command.ts'
import { commandId, serviceOf } from '../../shared/ids.ts'
import type { HostName } from '../../shared/ids.ts'
import { ORDER_VALID_MS } from '../../shared/order.ts'
import { hasEnded } from '../../shared/states.ts'
import type { Announcement, Effect, TaskRecord } from '../rollout/effect.ts'
import type { Rollout } from '../rollout/state.ts'
import { commandFor, execCommand, prefetchCommand, scriptCommand } from './commands.ts'
import { freeLeftPlaces, freePlace } from './limits.ts'
import { recordIntent } from './convergence/intent.ts'
import type { HistoryEntry } from './ports/history.ts'
import type { Ports } from './ports/ports.ts'
import type { OutboxEntry } from './ports/rollouts.ts'
import { noRecord, refusePrefetch, refuseScript, refuseTask, strangeGoal, strangeRecord, strangeScript } from './refuse.ts'
import { testedHosts } from './scripts.ts'
import { brokenSeal, strangeTask } from './seal.ts'

/** Effects on different hosts have no order between them; those on one host keep theirs. */
export const PERFORMED_AT_ONCE = 100

/** Performs the entries, which must be in their order, and acknowledges them. @throws when a port does; what is left is performed next time */
export async function performAll(ports: Ports, rollout: Rollout, entries: readonly OutboxEntry[]): Promise<void> {
  for (let from = 0; from < entries.length; from += PERFORMED_AT_ONCE) {
    const batch = entries.slice(from, from + PERFORMED_AT_ONCE)
    const lanes = Map.groupBy(batch, ({ effect }) => ('host' in effect ? effect.host : ''))
    await Promise.all([...lanes.values()].map((lane) => performInOrder(ports, rollout, lane)))
    const last = batch.at(-1)
    if (last !== undefined) await ports.rollouts.performed(rollout.id, last.seq)
  }
}

async function performInOrder(ports: Ports, rollout: Rollout, entries: readonly OutboxEntry[]): Promise<void> {
  for (const { effect, seq } of entries) await perform(ports, rollout, effect, seq)
}

async function perform(ports: Ports, rollout: Rollout, effect: Effect, seq: number): Promise<void> {
  switch (effect.type) {
    case 'SendCommand':
      return send(ports, rollout, effect)
    case 'GrantSlot':
      return ports.mailbox.grant(effect.host, commandId({ rollout: rollout.id, lane: 'task', ...effect }), effect.epoch)
    case 'WithdrawCommand':
      return ports.mailbox.withdraw(effect.host, commandId({ rollout: rollout.id, lane: 'task', ...effect }))
    case 'CloseCommand':
      return ports.mailbox.close(effect.host, commandId({ rollout: rollout.id, lane: 'task', ...effect }))
    case 'Assign':
      return ports.assignments.assign({
        service: rollout.service, host: effect.host, revision: effect.revision, rollout: rollout.id, generation: [rollout.generation, seq],
      })
    case 'KillCommand':
      return ports.mailbox.kill(effect.host, commandId({ rollout: rollout.id, lane: 'task', ...effect }), effect.reason)
    case 'SendScript':
      return sendScript(ports, rollout, effect)
    case 'CloseScript':
      return ports.mailbox.close(effect.on, commandId({ rollout: rollout.id, host: effect.on, lane: 'script', attempt: effect.number }))
    case 'SendPrefetch':
      return sendPrefetch(ports, rollout, effect)
    case 'WithdrawPrefetch':
      return ports.mailbox.withdraw(effect.host, commandId({ rollout: rollout.id, host: effect.host, lane: 'prefetch', attempt: effect.number }))
    case 'ClosePrefetch':
      return ports.mailbox.close(effect.host, commandId({ rollout: rollout.id, host: effect.host, lane: 'prefetch', attempt: effect.number }))
    case 'FreeSlot':
      return freeSlot(ports, rollout, effect.host)
    case 'Record':
      return ports.history.add(effect.host, historyOf(rollout, effect.entry))
    case 'Announce':
      return announce(ports, rollout, effect.announcement, seq)
    case 'EndRollout':
      return endRollout(ports, rollout)
  }
}

/** Other rollouts of the service may have waited for the place. */
async function freeSlot(ports: Ports, rollout: Rollout, host: HostName): Promise<void> {
  if (await freePlace(ports, rollout, host)) await wakeOthers(ports, rollout)
}

async function wakeOthers(ports: Ports, { id, service }: Rollout): Promise<void> {
  for (const other of await ports.rollouts.active()) if (other !== id && serviceOf(other) === service) await ports.wakeups.wake(other)
}

function historyOf(rollout: Rollout, record: TaskRecord): HistoryEntry {
  const { id, service, release } = rollout
  return { id: `${id}/${record.attempt}/${record.direction}/${record.state}/${record.atMs}`, kind: 'task', rollout: id, service, release, ...record }
}

function announce(ports: Ports, { id, service, release }: Rollout, announcement: Announcement, seq: number): Promise<void> {
  return ports.announcements.announce(`${id}/${seq}`, { rollout: id, service, release, ...announcement })
}

async function sendScript(ports: Ports, rollout: Rollout, effect: Extract<Effect, { type: 'SendScript' }>): Promise<void> {
  const script = rollout.scripts[effect.script]
  const record = await ports.catalogue.revision(rollout.revision)
  if (script === undefined) return refuseScript(ports, rollout, effect, `${rollout.id} has no script ${effect.script}`)
  if (record === null) return refuseScript(ports, rollout, effect, noRecord(rollout.revision))
  const why = brokenSeal(ports.seals, rollout) ?? strangeScript(rollout, script) ?? strangeRecord(rollout, rollout.revision, record)
  if (why !== null) return refuseScript(ports, rollout, effect, why)
  const hosts = script.wave === null ? [] : await testedHosts(ports, rollout, script.wave)
  await give(ports, effect.on, scriptCommand(rollout, effect, { script, record, hosts }))
}

async function send(ports: Ports, rollout: Rollout, effect: Extract<Effect, { type: 'SendCommand' }>): Promise<void> {
  const task = (await ports.rollouts.tasks(rollout.id, [effect.host])).get(effect.host)
  const broken = brokenSeal(ports.seals, rollout) ?? strangeTask(ports.seals, rollout, task) ?? strangeGoal(rollout, effect, task)
  if (broken !== null) return refuseTask(ports, rollout, effect, broken)
  if (rollout.kind === 'run') return give(ports, effect.host, execCommand(rollout, effect))
  const revision = effect.revision ?? rollout.revision
  const record = await ports.catalogue.revision(revision)
  if (record === null) return refuseTask(ports, rollout, effect, noRecord(revision))
  const why = strangeRecord(rollout, revision, record)
  if (why !== null) return refuseTask(ports, rollout, effect, why)
  return give(ports, effect.host, commandFor(rollout, effect, record))
}

async function sendPrefetch(ports: Ports, rollout: Rollout, effect: Extract<Effect, { type: 'SendPrefetch' }>): Promise<void> {
  const { host, revision } = effect
  const task = (await ports.rollouts.tasks(rollout.id, [host])).get(host)
  const goal = { host, revision, direction: 'forward' as const }
  const broken = brokenSeal(ports.seals, rollout) ?? strangeTask(ports.seals, rollout, task) ?? strangeGoal(rollout, goal, task)
  if (broken !== null) return refusePrefetch(ports, rollout, effect, broken)
  const record = await ports.catalogue.revision(revision)
  if (record === null) return refusePrefetch(ports, rollout, effect, noRecord(revision))
  const why = strangeRecord(rollout, revision, record)
  if (why !== null) return refusePrefetch(ports, rollout, effect, why)
  return give(ports, host, prefetchCommand(rollout, effect, record))
}

/** The one place where orders are signed. A repetition is signed anew, and leaves the one that lies in the mailbox as it is. */
function give({ signer, mailbox, clock }: Ports, host: HostName, command: Command): Promise<void> {
  const issuedAtMs = clock()
  return mailbox.put(host, signer.signOrder({ host, command, issuedAtMs, expiresAtMs: issuedAtMs + ORDER_VALID_MS }), command.id)
}

/** The end may be performed late: by then the rollout may have been opened again, and has not ended. */
async function endRollout(ports: Ports, rollout: Rollout): Promise<void> {
  const now = await ports.rollouts.load(rollout.id)
  if (now !== null && !hasEnded(now.rollout.phase)) return
  await recordIntent(ports, now?.rollout ?? rollout)
  await freeLeftPlaces(ports, rollout)
  await ports.wakeups.wakeAt(rollout.id, null)
  await wakeOthers(ports, rollout)
}
