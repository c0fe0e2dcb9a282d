/** What a coordinator asks of an agent and what the agent answers, as both ends hold it in memory. `wire.ts` maps it to frames. */
import type { CommandId, RolloutId } from './ids.ts'

/** Where an attempt is on its host. `claim` is the border: nothing that runs is touched before it. */
export const STEPS = [
  'preflight', 'fetch', 'unpack', 'claim', 'stop', 'switch', 'start', 'check',
  'revert-stop', 'revert-switch', 'revert-start', 'revert-check',
] as const
export type Step = (typeof STEPS)[number]

/** How an attempt ended. `unknown`: a script was started and left no status. `withdrawn`: given up before it claimed its slot. */
export type Verdict = 'succeeded' | 'failed' | 'timed-out' | 'unknown' | 'withdrawn'

/** What became of the release that ran before, when an attempt did not succeed. */
export type Revert = 'not-needed' | 'succeeded' | 'failed'

/** A package: SHA-256, size and number of entries of the uncompressed tar. */
export type Artifact = { digest: string; sizeBytes: number; entries: number }

/** What a host runs of a service. */
export type Installed = { service: string; revision: string; version: string }

export type Probe = { kind: 'http'; url: string } | { kind: 'tcp'; address: string } | { kind: 'exec'; command: string }

/** Healthy within `withinMs`, and then for `forMs` without a break. */
export type Check = { probe: Probe; withinMs: number; forMs: number }

/** `idempotent`: may be run again when its outcome is unknown. */
export type StepOptions = { idempotent: boolean }
export type StepSettings = Partial<Record<Step, StepOptions>>

/** A revision in full: everything that the scripts of one release see. */
export type Goal = {
  revision: string
  version: string
  srv: Artifact
  /** Null: the default scripts alone. */
  cmd: Artifact | null
  variables: Record<string, string>
  /** The command line that the default `start` keeps running; null: the package's own executable `run`. */
  run: string | null
  /** Null: the default `check` asks only whether the process lives. */
  check: Check | null
  steps: StepSettings
}

/** One attempt on one host, whole. `goal` null: take the service off the host. */
export type Command = {
  id: CommandId
  rollout: RolloutId
  service: string
  goal: Goal | null
  path: string
  account: string | null
  timeoutMs: number
  keepReleases: number
  actor: string
}

export type Result = {
  id: CommandId
  verdict: Verdict
  /** The step that decided it; null when all passed. */
  step: Step | null
  /** Of that step's script; -1 when it did not exit by itself. */
  exitCode: number
  /** One line for a person. */
  message: string
  revert: Revert
  /** False: the revision ran already and nothing was touched. */
  changed: boolean
  durationMs: number
  /** What the host runs after it; null: nothing. */
  installed: Installed | null
}

export const OUTPUT_TAIL_BYTES = 8 * 1024
export const RESULT_MESSAGE_CHARS = 500
