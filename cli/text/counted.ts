/** Numbers with their noun. */

/** `1 host`, `20 hosts`, `10,000 hosts`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
