/** What every contestant of the swarm benchmark can do; the race between them is the same for all. */
import type { Host } from '../../lab/lab.ts'

/** `file`: what everybody is to have, which lies at the origin; `dir`: for files of this run; `liars`: those of the hosts that are to serve garbage. */
export type Course = { origin: Host; hosts: readonly Host[]; liars: readonly Host[]; file: string; dir: string }

export type System = {
  name: string
  /** Debian's packages of the programs that it takes. */
  packages: Readonly<Record<string, string>>
  /** Whether it can have hosts that lie; otherwise all are honest. */
  lies: boolean
  /** Everything is started, idle, and able to begin. */
  prepare(course: Course): Promise<Contestant>
}

export type Contestant = {
  /** These hosts are to have the file from now on. */
  begin(hosts: readonly Host[]): void
  /** Resolves when the host has the whole file and has verified it. @throws when it gives up */
  done(host: Host): Promise<void>
  /** Payload that has left the origin so far, or crossed the line that is looked at; null: nobody knows. */
  payloadBytes(): Promise<number | null>
  stop(): Promise<void>
}
