/** How busy the machine's processors are: where they are the bottleneck, a lab says nothing of the network. */
import { readFileSync } from 'node:fs'

/** Above it a figure is one of the processors and not of the network. */
export const BUSY_SHARE = 0.9

/** Ticks since the machine started. */
type Ticks = { busy: number; all: number }

/** Starts to look. @returns what asks for the share of their time in which they have been busy since, 0 to 1 */
export function watchLoad(): () => number {
  const before = ticks()
  return () => {
    const after = ticks()
    return (after.busy - before.busy) / Math.max(1, after.all - before.all)
  }
}

/** proc(5): user, nice, system, idle, iowait, irq, softirq, steal. */
function ticks(): Ticks {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number)
  const all = fields.reduce((sum, field) => sum + field, 0)
  return { busy: all - fields[3]! - fields[4]!, all }
}
