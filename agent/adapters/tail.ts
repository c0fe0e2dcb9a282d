/** The end of a step's output: what travels, and what a person reads first. */
import { open, truncate } from 'node:fs/promises'
import { OUTPUT_TAIL_BYTES } from '../../shared/command.ts'

export type Tail = { bytes: Buffer; totalBytes: number }

/** A script that says more fills the host's disk: what it has said so far is dropped then, and only the tail that was sent remains. */
export const OUTPUT_MAX_BYTES = 64 * 1024 * 1024
const LAST_LINE_CHARS = 200

/** Empty while there is no output. */
export async function readTail(file: string): Promise<Tail> {
  const handle = await open(file, 'r').catch(() => null)
  if (!handle) return { bytes: Buffer.alloc(0), totalBytes: 0 }
  try {
    const { size } = await handle.stat()
    if (size > OUTPUT_MAX_BYTES) await truncate(file, 0)
    const start = Math.max(0, size - OUTPUT_TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    return { bytes: buffer.subarray(0, bytesRead), totalBytes: size }
  } finally {
    await handle.close()
  }
}

/** The last line that is not empty, within a bound; '' when there is none. */
export function lastLine({ bytes }: Tail): string {
  const lines = bytes.toString('utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return (lines.at(-1) ?? '').slice(0, LAST_LINE_CHARS)
}
