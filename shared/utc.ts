/** An instant in a sentence: who reads it may be anywhere, so it names its zone. */

/** `2026-11-23 07:00 UTC` */
export function utc(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
