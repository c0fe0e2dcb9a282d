/** Bytes as people compare them: three digits, in powers of a thousand. */
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** `27.8 MB` */
export function sizeText(bytes: number): string {
  const power = powerOf(bytes)
  return `${digits(bytes, power)} ${UNITS[power]}`
}

/** `12.3 of 27.8 MB`: both in the unit of the whole. */
export function partText(bytes: number, ofBytes: number): string {
  const power = powerOf(ofBytes)
  return `${digits(bytes, power)} of ${digits(ofBytes, power)} ${UNITS[power]}`
}

/** `9.8 MB/s` */
export function rateText(bytesPerSecond: number): string {
  return `${sizeText(bytesPerSecond)}/s`
}

function powerOf(bytes: number): number {
  return bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
}

function digits(bytes: number, power: number): string {
  const value = bytes / 1000 ** power
  return value >= 100 || power === 0 ? String(Math.round(value)) : value.toFixed(1)
}
