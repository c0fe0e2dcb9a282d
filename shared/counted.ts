/** Numbers with their noun. */

/** `1 host`, `20 hosts`, `10,000 hosts`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`
}
