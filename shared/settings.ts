/** Kinds of settings that several daemons have, as flags and files give them. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { parseAddress } from './address.ts'
import type { Address } from './address.ts'
import { parseDuration } from './duration.ts'
import { NAME_PATTERN } from './ids.ts'
import { parseBytes } from './package/bytes.ts'

/** Relative ones are meant from where the daemon is started. */
export const directory = z.string().min(1, 'expected a directory').transform((path) => resolve(path))

export const machineName = z.string().regex(NAME_PATTERN, 'expected lower-case letters, digits, dots and dashes, at most 63')

/** @param example of one that would be right */
export function addressLike(example: string) {
  return z.string().transform((text, context): Address => {
    const parsed = parseAddress(text)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: `"${text}" is not an address; expected HOST:PORT such as ${example}` })
    return z.NEVER
  })
}

/** In milliseconds. */
export const duration = z.string().transform((text, context): number => {
  const parsedMs = parseDuration(text)
  if (parsedMs !== null) return parsedMs
  context.addIssue({ code: 'custom', message: `"${text}" is not a duration; expected for instance 10s` })
  return z.NEVER
})

/** In bytes. */
export const size = z.string().transform((text, context): number => {
  const bytes = parseBytes(text)
  if (bytes !== null) return bytes
  context.addIssue({ code: 'custom', message: `"${text}" is not a size; expected for instance 500MB or 2GiB` })
  return z.NEVER
})

/** In bytes a second. */
export const rate = size.refine((bytes) => bytes > 0, { error: 'expected bytes a second, for instance 50MB' })

/** @param example of one that would be right @returns without a slash at the end */
export function httpsUrlLike(example: string) {
  return z.url({ protocol: /^https$/, error: `expected a URL such as ${example}` }).transform((url) => url.replace(/\/+$/, ''))
}
