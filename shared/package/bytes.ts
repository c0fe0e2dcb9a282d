/** Sizes as people read them. In memory they are bytes and end in `Bytes`. */
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `512 bytes`, `1.5 KiB`, `16 GiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${UNITS[power]}`
}
