/** A step's output: its end, which travels and which a person reads first, and any part of it that is asked for. */
import { appendFile, open, truncate } from 'node:fs/promises'
import { OUTPUT_TAIL_BYTES } from '../../shared/command.ts'

export type Tail = { bytes: Buffer; totalBytes: number }

/** A script that says more fills the host's disk: all but the end of what it has said so far is dropped then, and a line says so in its place. */
export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
const LAST_LINE_CHARS = 200

/** Empty while there is no output. */
export async function readTail(file: string): Promise<Tail> {
  const handle = await open(file, 'r').catch(() => null)
  if (!handle) return { bytes: Buffer.alloc(0), totalBytes: 0 }
  try {
    const { size } = await handle.stat()
    const start = Math.max(0, size - OUTPUT_TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    const bytes = buffer.subarray(0, bytesRead)
    if (size > MAX_OUTPUT_BYTES) await drop(file, start, bytes)
    return { bytes, totalBytes: size }
  } finally {
    await handle.close()
  }
}

/** Null: there is no such file. Nothing lies beyond the end, which comes nearer when what was said is dropped. */
export async function readPart(file: string, offset: number, limitBytes: number): Promise<Tail | null> {
  const handle = await open(file, 'r').catch(() => null)
  if (!handle) return null
  try {
    const { size } = await handle.stat()
    const length = Math.max(0, Math.min(limitBytes, size - offset))
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, Math.min(offset, size))
    return { bytes: buffer.subarray(0, bytesRead), totalBytes: size }
  } finally {
    await handle.close()
  }
}

/** Who writes there appends, and goes on after `end`: perhaps it says nothing more, and why it failed is what it has said last. */
async function drop(file: string, droppedBytes: number, end: Buffer): Promise<void> {
  await truncate(file, 0)
  await appendFile(file, Buffer.concat([Buffer.from(`--- muster: ${droppedBytes} bytes of output are dropped here ---\n`), end]))
}

/** The last line that is not empty, within a bound; '' when there is none. */
export function lastLine({ bytes }: Tail): string {
  const lines = bytes.toString('utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return (lines.at(-1) ?? '').slice(0, LAST_LINE_CHARS)
}
