/**
 * What is new in outputs that are looked at again and again: each line once, when it is whole. Only the end of an output is ever seen, so what was
 * printed faster than it was looked at is told as a gap.
 */
import type { OutputView } from '../../shared/api/rollout.ts'
import { printedLines } from '../text/printable.ts'

type Output = OutputView['outputs'][number]

/** `skippedBytes`: so much was printed before it, and not seen. */
export type NewLine = Pick<Output, 'attempt' | 'step'> & { host: string; line: string; skippedBytes: number }

/** A line that has not ended after so many characters is shown as it is. */
export const MAX_UNENDED_CHARS = 8192

export class NewLines {
  readonly #seen = new Map<string, { bytes: number; unended: string }>()

  /** `isOver`: nothing more will come, so that a line without an end has none. */
  take({ host, outputs }: OutputView, isOver: boolean): NewLine[] {
    return outputs.flatMap((output, index) => this.#takeOutput(host, output, isOver || index < outputs.length - 1))
  }

  #takeOutput(host: string, { attempt, step, tail, totalBytes }: Output, isOver: boolean): NewLine[] {
    const key = `${host}/${attempt}/${step}`
    const before = this.#seen.get(key)
    // An output that has become shorter has been begun anew on its host, because it was too long.
    const seen = before === undefined || totalBytes < before.bytes ? { bytes: 0, unended: '' } : before
    const bytes = Buffer.from(tail)
    const added = totalBytes - seen.bytes
    const skippedBytes = Math.max(0, added - bytes.length)
    const text = (skippedBytes > 0 ? '' : seen.unended) + bytes.subarray(Math.max(0, bytes.length - added)).toString()
    const whole = isOver || text.length > MAX_UNENDED_CHARS ? text.length : text.lastIndexOf('\n') + 1
    this.#seen.set(key, { bytes: seen.bytes + added, unended: text.slice(whole) })
    return printedLines(text.slice(0, whole)).map((line, index) => ({ host, attempt, step, line, skippedBytes: index === 0 ? skippedBytes : 0 }))
  }
}
