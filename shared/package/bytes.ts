/** Sizes as people read them. In memory they are bytes and end in `Bytes`. */
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `512 bytes`, `1.5 KiB`, `16 GiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${UNITS[power]}`
}

const SIZE_PATTERN = /^(\d+(?:\.\d+)?)\s?([KMGT]i?)?B?$/
const POWERS = ['', 'K', 'M', 'G', 'T']

/** Bytes, or null when `text` is not a size: `500MB` are millions, `2GiB` powers of 1024; a number alone are bytes. */
export function parseBytes(text: string): number | null {
  const match = SIZE_PATTERN.exec(text)
  if (!match) return null
  const [, amount, unit = ''] = match
  const bytes = Math.round(Number(amount) * (unit.endsWith('i') ? 1024 : 1000) ** POWERS.indexOf(unit.charAt(0)))
  return Number.isSafeInteger(bytes) ? bytes : null
}
