/** What the command line touches outside itself, handed in, so that a test can run it in another world. */
import type { Readable, Writable } from 'node:stream'
import type { ExitCode } from './exit.ts'

export type Out = Writable & { isTTY?: boolean; columns?: number; rows?: number }

export type In = Readable & { isTTY?: boolean }

/** `signal` aborts at Ctrl-C; `now` is the time of day in milliseconds. */
export type World = { stdin: In; stdout: Out; stderr: Out; env: NodeJS.ProcessEnv; signal: AbortSignal; now: () => number }

/** One run of `muster`: its world, and the exit code that its verb leaves. */
export type Run = { world: World; exitCode: ExitCode }
