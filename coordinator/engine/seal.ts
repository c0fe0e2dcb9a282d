/**
 * The seal of a rollout: what its commands are built from, as it was ordered. Redis keeps the rollout, and somebody may have changed it there; no
 * command is built from one whose seal does not fit.
 */
import type { Rollout } from '../rollout/state.ts'
import { sha256 } from '../../shared/digest.ts'
import type { Seals } from './ports/keys.ts'

/** @returns the rollout with its seal. To be done once, when it is ordered */
export function sealed(seals: Seals, rollout: Rollout): Rollout {
  return { ...rollout, seal: seals.seal(about(rollout), digestOf(rollout)) }
}

/** A sentence that says why nothing is sent; null: the rollout is as it was ordered. */
export function brokenSeal(seals: Seals, rollout: Rollout): string | null {
  const { seal } = rollout
  if (seal !== null && seals.open(about(rollout), seal) === digestOf(rollout)) return null
  return 'the rollout was started by an earlier version or changed in Redis, so nothing is sent for it; abort it and start it again'
}

/** The names of the scripts that it may run. */
export function scriptNames({ strategy: { before, after, gate } }: Rollout): string[] {
  return [...before, ...after, ...(gate.kind === 'test' ? [gate.test] : [])]
}

function about({ id }: Rollout): string {
  return `rollout ${id}`
}

/** A list, and not an object, so that no order of keys matters. What is left out may change: how far it is, and how it goes on. */
function digestOf(rollout: Rollout): string {
  const { id, kind, service, release, revision, actor, run, createdAtMs, strategy: { timeoutMs, stop } } = rollout
  const command = run && [run.command, run.account]
  return sha256(JSON.stringify([id, kind, service, release, revision, actor, command, createdAtMs, timeoutMs, stop, scriptNames(rollout)]))
}
