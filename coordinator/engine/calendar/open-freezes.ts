/**
 * Freeze windows: which are open, whom they are about, and that nobody begins in one unasked. A rollback is never frozen, and neither is a command
 * on hosts.
 */
import { problem } from '../../../shared/errors.ts'
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import { matchesGlob, parseSelector, selects } from '../../../shared/selector.ts'
import type { Selectable } from '../../../shared/selector.ts'
import { utc } from '../../../shared/utc.ts'
import type { Rollout } from '../../rollout/state.ts'
import { overlapsOf } from '../busy.ts'
import { systemEntry } from '../ports/audit.ts'
import type { Freeze } from '../ports/freezes.ts'
import type { Ports } from '../ports/ports.ts'
import { lastOf, parseCron } from './cron.ts'

/** How old what a running rollout knows of its freezes may be. */
export const KNOWN_FOR_MS = 3000
/** Rollouts of which that is remembered. */
export const MAX_KNOWN = 1000

/** A freeze whose window is open. */
export type OpenFreeze = { freeze: Freeze; untilMs: number; covers: (host: Selectable) => boolean }
export type Frozen = { freeze: string; untilMs: number }

/** When the window that is open now closes; null: none is. */
export function openUntil({ window }: Freeze, now: number): number | null {
  if (window.kind === 'once') return window.fromMs <= now && now < window.toMs ? window.toMs : null
  const parsed = parseCron(window.cron)
  const began = parsed.ok ? lastOf(parsed.cron, window.tz, now - window.forMs, now) : null
  return began === null ? null : began + window.forMs
}

/** Open freezes that are about the service, the one that lasts longest first. */
export async function freezeOn(ports: Ports, service: string, now: number): Promise<OpenFreeze[]> {
  const open = (await ports.freezes.all()).flatMap((freeze) => {
    const untilMs = isAbout(freeze, service) ? openUntil(freeze, now) : null
    return untilMs === null ? [] : [{ freeze, untilMs, covers: covering(freeze) }]
  })
  return open.sort((a, b) => b.untilMs - a.untilMs)
}

/** The one of them that covers any of the hosts, and lasts longest; null: none does. */
export async function openFreezeOn(ports: Ports, service: string, hosts: readonly Selectable[]): Promise<OpenFreeze | null> {
  return (await freezeOn(ports, service, ports.clock())).find(({ covers }) => hosts.some(covers)) ?? null
}

/** @throws MusterError frozen, unless `override`; then the freeze that was overridden, if there was one */
export async function refuseFrozen(ports: Ports, service: string, hosts: readonly Selectable[], override: boolean): Promise<Frozen | null> {
  const open = await openFreezeOn(ports, service, hosts)
  if (open === null) return null
  const { freeze: { name, reason }, untilMs } = open
  if (override) return { freeze: name, untilMs }
  throw problem('frozen', `${service} is frozen by ${name} until ${utc(untilMs)}: ${reason}`, {
    field: 'service', expected: `the end of ${name}; or --override-freeze with a --reason`,
  })
}

/** That somebody began in a freeze is in the record by itself, and not only in the request. */
export async function recordOverride(ports: Ports, { freeze }: Frozen, rollout: Rollout): Promise<void> {
  const { id, service, actor, reason } = rollout
  const targets = [`freeze/${freeze}`, `rollout/${id}`, `service/${service}`]
  await ports.audit.record(systemEntry({ atMs: ports.clock(), actor, verb: 'freeze.override', targets, reason }), `override/${id}/${freeze}`)
}

const known = new WeakMap<Ports['freezes'], Map<RolloutId, { atMs: number; frozen: Frozen | null }>>()

/** The freeze that holds a rollout; null: none does. */
export async function freezeFor(ports: Ports, rollout: Rollout, now: number): Promise<Frozen | null> {
  if (rollout.kind === 'run' || rollout.freezeOverriddenBy !== null || rollout.direction === 'back') return null
  const answers = known.get(ports.freezes) ?? new Map<RolloutId, { atMs: number; frozen: Frozen | null }>()
  known.set(ports.freezes, answers)
  const answer = answers.get(rollout.id)
  const isFresh = answer !== undefined && now - answer.atMs < KNOWN_FOR_MS && (answer.frozen === null || answer.frozen.untilMs > now)
  if (isFresh) return answer.frozen
  const frozen = await look(ports, rollout, now)
  answers.delete(rollout.id)
  answers.set(rollout.id, { atMs: now, frozen })
  const eldest = answers.keys().next().value
  if (answers.size > MAX_KNOWN && eldest !== undefined) answers.delete(eldest)
  return frozen
}

async function look(ports: Ports, rollout: Rollout, now: number): Promise<Frozen | null> {
  for (const { freeze, untilMs, covers } of await freezeOn(ports, rollout.service, now)) {
    if (freeze.hosts === null || (await hasHost(ports, rollout, covers))) return { freeze: freeze.name, untilMs }
  }
  return null
}

async function hasHost(ports: Ports, rollout: Rollout, covers: OpenFreeze['covers']): Promise<boolean> {
  const covered = (await ports.hosts.all()).filter(covers).map(({ host }): HostName => host)
  return (await overlapsOf(ports, [rollout], covered)).length > 0
}

function isAbout({ services }: Freeze, service: string): boolean {
  return services === null || services.split(',').some((glob) => matchesGlob(glob.trim(), service))
}

function covering({ hosts }: Freeze): OpenFreeze['covers'] {
  if (hosts === null) return () => true
  const parsed = parseSelector(hosts)
  return (host) => parsed.ok && selects(parsed.selector, host)
}

/** Who may override is whoever may start; the reason is what makes it possible to ask later. @throws MusterError body_invalid */
export function requireReason(override: boolean, reason: string | null): void {
  if (!override || (reason !== null && reason.trim() !== '')) return
  throw problem('body_invalid', 'a freeze is overridden only with a reason', { field: 'reason', expected: 'why it cannot wait for the end of the freeze' })
}

