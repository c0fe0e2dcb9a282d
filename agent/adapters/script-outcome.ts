/** What an ended script amounts to, in a line for a person that ends with what it said last. */
import { constants } from 'node:os'
import type { Outcome } from '../deploy/entry.ts'
import { lastLine } from './tail.ts'
import type { Tail } from './tail.ts'

/** A shell's status of a program that a signal has ended is this and the signal's number. */
const SIGNALLED = 128

export function exited(status: number, tail: Tail): Outcome {
  if (status === 0) return { kind: 'passed' }
  const signal = Object.entries(constants.signals).find(([, number]) => SIGNALLED + number === status)?.[0]
  return { kind: 'failed', exitCode: signal ? -1 : status, message: withLastLine(signal ? `was ended by ${signal}` : `exited with ${status}`, tail) }
}

/** `left`: processes that could not be ended. */
export function timedOut(left: number[], tail: Tail): Outcome {
  return { kind: 'timed-out', message: withLastLine(`did not end in time and was killed${unended(left)}`, tail) }
}

/** What it said last is no reason: somebody else had one. */
export function killed(reason: string, left: number[]): Outcome {
  return { kind: 'failed', exitCode: -1, message: `killed: ${reason}${unended(left)}` }
}

/** Something to add where there are processes that SIGKILL did not end. */
export function unended(left: number[]): string {
  return left.length > 0 ? `, though SIGKILL did not end ${left.join(', ')}` : ''
}

function withLastLine(how: string, tail: Tail): string {
  const said = lastLine(tail)
  return said ? `${how}: ${said}` : how
}
