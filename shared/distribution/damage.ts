/** What is said of bytes that have the right digest, or were named by something that has, and are still not what they should be. */
import { problem, type MusterError } from '../errors.ts'

export type Coded = 'manifest' | 'pack' | 'layout' | 'delta'

/** `how`: what is wrong with it, as the end of a sentence. */
export function damage(what: Coded, how: string): MusterError {
  return problem('piece_invalid', `the ${what} is damaged: ${how}`, { expected: `a ${what} as Muster makes it` })
}
