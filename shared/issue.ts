/** Turns what zod finds into what people read: the field as they wrote it, and what would be right. */
import { z } from 'zod'

/** An object that takes no other fields than these, and says which it takes. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `there is no such field; expected one of ${known}` : undefined),
  })
}

/** For a record: what its keys are to be, where zod says only that one is not right. */
export function keysAre(expected: string): { error: (issue: { code?: string }) => string | undefined } {
  return { error: ({ code }) => (code === 'invalid_key' || code === 'unrecognized_keys' ? `expected ${expected}` : undefined) }
}

/** What every validator that wraps zod hands on of an issue. */
export type Issue = { path: readonly PropertyKey[]; message: string; code?: string | undefined; keys?: readonly string[] | undefined }

/** `strategy.waves[0]`: the path of an issue, down to the unknown key if that is what it is about. */
export function issueField({ path, code, keys }: Issue): string {
  const full = code === 'unrecognized_keys' && keys?.[0] !== undefined ? [...path, keys[0]] : path
  return full.reduce<string>(
    (text, part) => (/^\d+$/.test(String(part)) ? `${text}[${String(part)}]` : text === '' ? String(part) : `${text}.${String(part)}`),
    '',
  )
}

/** The sentence; zod's own for a value that is not there says less than "missing". */
export function issueMessage({ message }: Issue): string {
  return message
    .replace(/^Invalid input: expected (.*), received undefined$/, 'missing; expected $1')
    .replace(/^Invalid (?:input|option): /, '')
}
