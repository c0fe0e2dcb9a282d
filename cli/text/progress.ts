/** How far something has come, in one line of a terminal that is written over; nothing where nobody looks. */
import { formatBytes } from '../../shared/package/bytes.ts'
import type { Out } from '../world.ts'

const CLEAR_LINE = '\r\x1b[2K'

/** The line goes when all is done. */
export function progressOn(out: Out, what: string, isQuiet: boolean): (doneBytes: number, sizeBytes: number) => void {
  if (isQuiet || out.isTTY !== true) return () => undefined
  return (doneBytes, sizeBytes) => {
    const percent = Math.floor((100 * doneBytes) / sizeBytes)
    out.write(doneBytes < sizeBytes ? `${CLEAR_LINE}${what}: ${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}, ${percent} %` : CLEAR_LINE)
  }
}
