/** Questions to a host, answered at once or not at all: through whichever coordinator holds its stream. Nothing is decided by them. */
import type { Finding, Step } from '../../../shared/command.ts'
import type { CommandId, HostName } from '../../../shared/ids.ts'

export type Question =
  /** A piece of what a step has printed, at most OUTPUT_PART_BYTES. */
  | { kind: 'read-output'; id: CommandId; step: Step; offset: number; limitBytes: number }
  /** How a service is found, now. */
  | { kind: 'inspect'; service: string }

/** `totalBytes`: how long the whole output is; `found` false: the host has none, or none any more. */
export type HostAnswer =
  | { kind: 'read-output'; bytes: Uint8Array; totalBytes: number; found: boolean }
  | { kind: 'inspect'; findings: Finding[] }

export type AnswerTo<Q extends Question> = Extract<HostAnswer, { kind: Q['kind'] }>

export interface Asks {
  /** @throws MusterError host_away: it has no session, its session ends, or nothing comes within `withinMs` */
  ask<Q extends Question>(host: HostName, question: Q, withinMs: number): Promise<AnswerTo<Q>>
}

/** Null: the host has no session here, or its session ends before it answers. `signal` aborts when nobody waits any more. */
export type Answerer = (host: HostName, question: Question, signal: AbortSignal) => Promise<HostAnswer | null>

/** Of the coordinator that holds streams. */
export interface AskInbox {
  /** From its resolution on. @returns stops listening */
  listen(answer: Answerer): Promise<() => void>
}
