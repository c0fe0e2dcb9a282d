/** Everything that the engine needs of the world. main.ts puts it together. */
import type { Logger } from 'pino'
import type { Announcements } from './announcements.ts'
import type { Packages } from './artifacts.ts'
import type { Audit } from './audit.ts'
import type { Catalogue } from './catalogue.ts'
import type { HostHistory } from './history.ts'
import type { CatchUpTries, Intents } from './convergence.ts'
import type { Freezes } from './freezes.ts'
import type { Assignments, Hosts, Mailbox } from './hosts.ts'
import type { Seals, Signer } from './keys.ts'
import type { Places } from './places.ts'
import type { RolloutStore } from './rollouts.ts'
import type { Schedules } from './schedules.ts'
import type { Turns } from './turns.ts'
import type { Wakeups } from './wakeups.ts'

export type Ports = {
  rollouts: RolloutStore
  catalogue: Catalogue
  hosts: Hosts
  mailbox: Mailbox
  assignments: Assignments
  intents: Intents
  tries: CatchUpTries
  freezes: Freezes
  schedules: Schedules
  history: HostHistory
  /** Limits over all rollouts count them. */
  places: Places
  turns: Turns
  packages: Packages
  wakeups: Wakeups
  audit: Audit
  announcements: Announcements
  signer: Signer
  seals: Seals
  /** Milliseconds since the epoch. */
  clock: () => number
  log: Logger
}
