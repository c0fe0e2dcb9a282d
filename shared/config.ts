/**
 * A daemon's settings from flags, environment and a YAML file, in that order of precedence. Every setting has one name: `data-dir` is the flag
 * `--data-dir`, the variable `<PREFIX>_DATA_DIR` and the file's key `data-dir`. A bad value is refused with the name under which it was given.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { problem } from './errors.ts'
import { issueMessage } from './issue.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The setting that every daemon has. */
export const logLevel = z.enum(LOG_LEVELS, { error: `expected one of ${LOG_LEVELS.join(', ')}` })
  .default('info')
  .describe(`least severity that is logged (${LOG_LEVELS.join(', ')}); default: info`)

export type ConfigSources = {
  /** `MUSTER_AGENT`, for instance. */
  envPrefix: string
  /** By setting; undefined where the flag was not given. */
  flags: Readonly<Record<string, unknown>>
  env: Readonly<Record<string, string | undefined>>
  /** Path of the YAML file; null: none. */
  file: string | null
}

type Given = { value: unknown; as: string }

/** @throws MusterError config_invalid, naming the setting as it was given and what would be right */
export function loadConfig<T extends z.ZodObject>(schema: T, sources: ConfigSources): z.output<T> {
  const given = collect(Object.keys(schema.shape), sources)
  const input = Object.fromEntries([...given].map(([name, { value }]) => [name, value]))
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const name = String(issue?.path[0] ?? '')
  const field = given.get(name)?.as ?? `--${name}`
  const missing = !given.has(name)
  throw problem('config_invalid', missing ? `${field} is missing` : `${field}: ${issue === undefined ? 'invalid' : issueMessage(issue)}`, {
    field,
    ...(missing && schema.shape[name]?.description ? { expected: schema.shape[name].description } : {}),
  })
}

function collect(names: readonly string[], { envPrefix, flags, env, file }: ConfigSources): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const [name, value] of Object.entries(file === null ? {} : readConfigFile(file))) {
    if (!names.includes(name))
      throw problem('config_invalid', `${file}: there is no setting "${name}"`, { field: name, expected: `one of ${names.join(', ')}` })
    given.set(name, { value, as: `${file}: ${name}` })
  }
  for (const name of names) {
    const variable = `${envPrefix}_${name.replaceAll('-', '_').toUpperCase()}`
    if (env[variable] !== undefined) given.set(name, { value: env[variable], as: variable })
    if (flags[name] !== undefined) given.set(name, { value: flags[name], as: `--${name}` })
  }
  return given
}

function readConfigFile(file: string): Record<string, unknown> {
  const refuse = (why: string) => problem('config_invalid', `${file}: ${why}`, { field: '--config', expected: 'a YAML file of settings' })
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw refuse(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
  if (content === null) return {}
  if (typeof content !== 'object' || Array.isArray(content)) throw refuse('not a mapping of settings')
  return content as Record<string, unknown>
}
