/** The variables of a catalogue entry as people write them: those of all hosts, of some, and of the instances on each. */
import { z } from 'zod'
import { INSTANCE_PATTERN, LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, NAME_PATTERN, VARIABLE_PATTERN } from './ids.ts'
import { keysAre, strict } from './issue.ts'

/** Different names in one entry. */
export const MAX_VARIABLES = 200
export const MAX_VALUE_CHARS = 4096
export const MAX_OVERRIDES = 1000
/** On one host. */
export const MAX_INSTANCES = 32

export type Variables = Record<string, string>

/** One line of `overrides`: whom it is for, and what they get. */
export type Override = ({ environment: string } | { label: string } | { host: string }) & { variables: Variables }

export const variablesSchema = z
  .record(
    z.string().regex(VARIABLE_PATTERN),
    z.union([z.string().max(MAX_VALUE_CHARS), z.number(), z.boolean()]).transform(String),
    keysAre('a name such as LOG_LEVEL'),
  )
  .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, `expected at most ${MAX_VARIABLES} variables`)

function isLabel(text: string): boolean {
  const [key = '', value = '', ...rest] = text.split('=')
  return rest.length === 0 && LABEL_KEY_PATTERN.test(key) && LABEL_VALUE_PATTERN.test(value)
}

const overrideSchema = strict({
  environment: z.string().regex(LABEL_VALUE_PATTERN, 'expected a value of the label env, such as prod').optional(),
  label: z.string().refine(isLabel, 'expected one label and its value, such as dc=sg').optional(),
  host: z.string().regex(NAME_PATTERN, 'expected the name of a host').optional(),
  variables: variablesSchema,
}).transform(({ environment, label, host, variables }, context): Override => {
  const given = [environment, label, host].filter((scope) => scope !== undefined)
  if (given.length === 1 && environment !== undefined) return { environment, variables }
  if (given.length === 1 && label !== undefined) return { label, variables }
  if (given.length === 1 && host !== undefined) return { host, variables }
  context.addIssue({ code: 'custom', message: `expected exactly one of environment, label and host; found ${given.length}` })
  return z.NEVER
})

export const overridesSchema = z.array(overrideSchema).max(MAX_OVERRIDES).default([])

export const instancesSchema = z
  .record(z.string().regex(INSTANCE_PATTERN), variablesSchema, keysAre('names such as a, b or blue: small letters and digits, at most 31'))
  .refine((instances) => Object.keys(instances).length <= MAX_INSTANCES, `expected at most ${MAX_INSTANCES} instances`)
  .default({})
