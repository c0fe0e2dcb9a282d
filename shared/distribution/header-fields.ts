/**
 * The fields of a tar header that change without the file: its time stamp and the checksum over the whole block; and the size, which is
 * told elsewhere. They can be taken out of a header and put back exactly, if they are written in one of the ways that tar programs write
 * them.
 */
const SIZE = { from: 124, to: 136 }
const TIME = { from: 136, to: 148 }
const CHECKSUM = { from: 148, to: 156 }

/**
 * By these numbers they are told; 0: the field stays where it is. POSIX with a NUL or a space behind, and node-tar's for numbers of up to
 * ten digits.
 */
const NUMBERS: readonly ((value: number) => string)[] = [
  (value) => `${octal(value, 11)}\0`,
  (value) => `${octal(value, 11)} `,
  (value) => `${octal(value, 10)} \0`,
]
/** GNU and Go and Python; node-tar; the seven digits of some others. */
const CHECKSUMS: readonly ((value: number) => string)[] = [
  (value) => `${octal(value, 6)}\0 `,
  (value) => `${octal(value, 6)} \0`,
  (value) => `${octal(value, 7)}\0`,
]

/** How each field was written: 0 (it was left where it is) to 3. */
export type Forms = { size: number; time: number; checksum: number }

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

/** The time stamp of a header, in seconds; null when it is written in no known way. */
export function timeOf(block: Buffer): number | null {
  const seconds = parseInt(block.toString('latin1', TIME.from, TIME.to), 8)
  return formOf(block, TIME, NUMBERS, seconds) === 0 ? null : seconds
}

/** `block` without those of the fields that `restore` can put back, zeros in their place. */
export function blank(block: Buffer, sizeBytes: number, timeSeconds: number): { block: Buffer; forms: Forms } {
  const forms = {
    size: formOf(block, SIZE, NUMBERS, sizeBytes),
    time: formOf(block, TIME, NUMBERS, timeSeconds),
    checksum: formOf(block, CHECKSUM, CHECKSUMS, checksumOf(block)),
  }
  const blanked = Buffer.from(block)
  if (forms.size > 0) blanked.fill(0, SIZE.from, SIZE.to)
  if (forms.time > 0) blanked.fill(0, TIME.from, TIME.to)
  if (forms.checksum > 0) blanked.fill(0, CHECKSUM.from, CHECKSUM.to)
  return { block: blanked, forms }
}

/** Writes what `blank` took out into `block`. */
export function restore(block: Buffer, forms: Forms, sizeBytes: number, timeSeconds: number): void {
  write(block, SIZE, NUMBERS, forms.size, sizeBytes)
  write(block, TIME, NUMBERS, forms.time, timeSeconds)
  write(block, CHECKSUM, CHECKSUMS, forms.checksum, checksumOf(block))
}

type Field = { from: number; to: number }

function formOf(block: Buffer, { from, to }: Field, ways: readonly ((value: number) => string)[], value: number): number {
  const written = block.toString('latin1', from, to)
  return ways.findIndex((way) => way(value) === written) + 1
}

function write(block: Buffer, { from, to }: Field, ways: readonly ((value: number) => string)[], form: number, value: number): void {
  const way = ways[form - 1]
  if (way !== undefined) block.write(way(value).slice(0, to - from), from, 'latin1')
}

/** The sum of all bytes, those of the checksum's own field taken as spaces. */
function checksumOf(block: Buffer): number {
  let sum = (CHECKSUM.to - CHECKSUM.from) * 0x20
  for (let at = 0; at < block.length; at += 1) if (at < CHECKSUM.from || at >= CHECKSUM.to) sum += block[at]!
  return sum
}
