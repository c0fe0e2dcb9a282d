/** Has the output of a step that failed brought here at once, so that it is there when the host is not. Best effort: nothing fails with it. */
import { OUTPUT_PART_BYTES } from '../../../shared/command.ts'
import type { Step } from '../../../shared/command.ts'
import type { CommandId, HostName } from '../../../shared/ids.ts'
import type { HostAnswer, Question } from '../../engine/ports/asks.ts'
import { MAX_KEPT_OUTPUT_BYTES } from '../../engine/ports/outputs.ts'

/** For one part. */
export const KEEP_WITHIN_MS = 30_000

type Asking = { host: HostName; ask(question: Question, signal: AbortSignal): Promise<HostAnswer | null> }

/** The end of the output, at most MAX_KEPT_OUTPUT_BYTES. Null: there is none, or the host does not answer. */
export async function endOfOutput(session: Asking, id: CommandId, step: Step): Promise<Uint8Array | null> {
  const first = await part(session, id, step, 0)
  if (first === null || first.totalBytes <= first.bytes.length) return first?.bytes ?? null
  const parts: Uint8Array[] = []
  for (let offset = Math.max(0, first.totalBytes - MAX_KEPT_OUTPUT_BYTES); offset < first.totalBytes;) {
    const next = await part(session, id, step, offset)
    if (next === null || next.bytes.length === 0) return null
    parts.push(next.bytes)
    offset += next.bytes.length
  }
  return Buffer.concat(parts)
}

async function part(session: Asking, id: CommandId, step: Step, offset: number): Promise<Extract<HostAnswer, { kind: 'read-output' }> | null> {
  const question: Question = { kind: 'read-output', id, step, offset, limitBytes: OUTPUT_PART_BYTES }
  const answer = await session.ask(question, AbortSignal.timeout(KEEP_WITHIN_MS))
  return answer?.kind === 'read-output' && answer.found ? answer : null
}
