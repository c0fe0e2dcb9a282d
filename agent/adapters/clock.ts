/** The one clock of the agent. Deadlines use its monotonic reading, which all processes of one boot share; `at` is for people. */
import { readFileSync } from 'node:fs'
import type { Stamp } from '../deploy/entry.ts'

const NS_PER_MS = 1_000_000n

export const BOOT_ID = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

export function stamp(): Stamp {
  return { at: new Date().toISOString(), bootId: BOOT_ID, monotonicMs: monotonicMs() }
}

/** Milliseconds since some moment of this boot; comparable with what another process, or an earlier agent, has read. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / NS_PER_MS)
}
