/** Tries a property on many random scripts, and prints the smallest one that breaks it so that a person can read and repeat it. */
import fc from 'fast-check'
import { print } from './script.ts'
import type { Script } from './script.ts'

/** MUSTER_FC_RUNS: scripts per property. MUSTER_FC_SEED and MUSTER_FC_PATH, as a failure prints them, repeat it. */
const { MUSTER_FC_RUNS, MUSTER_FC_SEED, MUSTER_FC_PATH } = process.env
const RUNS = Number(MUSTER_FC_RUNS ?? 200)
/** For the runs, and then for shrinking a failure; what has been found by then is reported. */
const SEARCH_MS = Math.max(15_000, 150 * RUNS)
export const TEST_TIMEOUT_MS = 2 * SEARCH_MS

/** @throws when `holds` throws for any script */
export function always(scripts: fc.Arbitrary<Script>, holds: (script: Script) => void): void {
  const repeat = MUSTER_FC_SEED === undefined ? {} : { seed: Number(MUSTER_FC_SEED), ...(MUSTER_FC_PATH === undefined ? {} : { path: MUSTER_FC_PATH }) }
  const tried = fc.check(fc.property(scripts, (script) => holds(script)), { numRuns: RUNS, plugins: [fc.interruptAfterTimeLimit(SEARCH_MS)], ...repeat })
  if (!tried.failed) return
  const [script] = (tried.counterexample ?? []) as Script[]
  const what = tried.errorInstance instanceof Error ? tried.errorInstance.message : String(tried.errorInstance)
  const again = `MUSTER_FC_SEED=${tried.seed} MUSTER_FC_PATH=${tried.counterexamplePath}`
  throw new Error(`${what}\n\nThe script (again: ${again}):\n${script === undefined ? '' : print(script)}`)
}
