/**
 * Whether this host may run the release that a command names: what was signed must be exactly that, by somebody whom the host trusts. Where its owner
 * names keys, one of them must have signed, and the coordinator's word alone is not enough.
 */
import type { KeyObject } from 'node:crypto'
import type { Command } from '../shared/command.ts'
import { releaseFault } from '../shared/signed-release.ts'
import { goalOf } from './deploy/installation.ts'

/** By their pins. `coordinator`: certified for releases. `owner`: those of the host's policy; empty: it names none. */
export type ReleaseKeys = { coordinator: ReadonlyMap<string, KeyObject>; owner: ReadonlyMap<string, KeyObject> }

/** One sentence that says why the release is not run; null: it may be, or the command is about none. */
export function refuseRelease(command: Command, { coordinator, owner }: ReleaseKeys): string | null {
  const goal = goalOf(command)
  if (goal === null) return null
  const { version, srv, cmd, release: envelope } = goal
  const claim = { service: command.service, version, srv, cmd, envelope }
  return owner.size > 0
    ? releaseFault(claim, owner, 'a release key of this host\'s policy')
    : releaseFault(claim, coordinator, 'a coordinator that this host trusts')
}
