/** What a coordinator asks of an agent and what the agent answers, as both ends hold it in memory. `wire.ts` maps it to frames. */
import type { Envelope } from './envelope.ts'
import type { CommandId, HostName, RolloutId } from './ids.ts'

/** Where an attempt is on its host. `claim` is the border: nothing that runs is touched before it. `run` is all that scripts and command lines have. */
export const STEPS = [
  'preflight', 'fetch', 'unpack', 'claim', 'stop', 'switch', 'start', 'check', 'run',
  'revert-stop', 'revert-switch', 'revert-start', 'revert-check',
] as const
export type Step = (typeof STEPS)[number]

/** How an attempt ended. `unknown`: a script was started and left no status. `withdrawn`: given up before it claimed its slot. */
export type Verdict = 'succeeded' | 'failed' | 'timed-out' | 'unknown' | 'withdrawn'

/** What became of the release that ran before, when an attempt did not succeed. */
export type Revert = 'not-needed' | 'succeeded' | 'failed'

/** A package: SHA-256, size and number of entries of the uncompressed tar. */
export type Artifact = { digest: string; sizeBytes: number; entries: number }

/** What is no longer as it was put there: the release's files, whose release the processes run from, where `current` points. */
export type Finding = { kind: 'files' | 'process' | 'link'; message: string }

/** What a host runs of a service. `findings` is empty while all is as it was put there. */
export type Installed = { service: string; revision: string; version: string; findings: Finding[] }

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
  /** By their names: the variables of each instance, beyond and before those of all. Empty: one instance without a name. */
  instances: Record<string, Record<string, string>>
  /** The command line that the default `start` keeps running; null: the package's own executable `run`. */
  run: string | null
  /** Null: the default `check` asks only whether the process lives. */
  check: Check | null
  steps: StepSettings
  /** What was signed of the release; null: nothing, it is from before releases were signed. */
  release: Envelope | null
}

/** Whose `stop` is run: that of the release that runs, that of the new one, or none: its processes are killed. */
export type Stop = 'running' | 'new' | 'kill'

/**
 * What is to be done. `deploy` takes the host to the goal; `repair`: also when it is there already, unpacked afresh. `remove` takes the
 * service off the host. `script` runs an executable of the goal's cmd package once and touches nothing that runs; `hosts` are those of
 * `wave`, counted from 1, that it is about; null: it is about the rollout. `exec` runs a shell command line. `prefetch` fetches the goal's packages,
 * so that a later `deploy` finds them, at most at so many bytes a second; null: as fast as it goes.
 */
export type Action =
  | { kind: 'deploy'; goal: Goal; stop: Stop; repair: boolean }
  | { kind: 'remove'; stop: Exclude<Stop, 'new'> }
  | { kind: 'script'; goal: Goal; script: string; wave: number | null; hosts: HostName[]; undo: boolean }
  | { kind: 'exec'; command: string }
  | { kind: 'prefetch'; goal: Goal; maxBytesPerSecond: number | null }

/** One attempt on one host, whole. `path`: where the service lives; of `exec`: where the command line runs. */
export type Command = {
  id: CommandId
  rollout: RolloutId
  service: string
  action: Action
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
/** What a host reports of one service; the last one says that there are more. */
export const MAX_FINDINGS = 8
export const FINDING_MESSAGE_CHARS = 200
/** At most so much of an output travels in one answer. */
export const OUTPUT_PART_BYTES = 256 * 1024
