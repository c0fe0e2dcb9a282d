/** Numbers of entries as arguments. */
import { wholeNumber } from '../argument.ts'

export const MAX_ENTRY = 1_000_000_000

/** @throws MusterError flag_invalid */
export const parseEntry: (text: string) => number = wholeNumber('entry', 1, MAX_ENTRY)
