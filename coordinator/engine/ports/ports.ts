/** Everything that the engine needs of the world. main.ts puts it together. */
import type { Logger } from 'pino'
import type { Catalogue } from './catalogue.ts'
import type { Assignments, Hosts, Mailbox } from './hosts.ts'
import type { RolloutStore } from './rollouts.ts'
import type { Wakeups } from './wakeups.ts'

export type Ports = {
  rollouts: RolloutStore
  catalogue: Catalogue
  hosts: Hosts
  mailbox: Mailbox
  assignments: Assignments
  wakeups: Wakeups
  /** Milliseconds since the epoch. */
  clock: () => number
  log: Logger
}
