/**
 * Contexts: coordinators that somebody has logged in to, by the names that they gave them. Each is a file of its own, so that two who write at once
 * are in nobody's way. Owns that nobody but its owner can read a token, and that a file is there whole or not at all.
 *
 *     $XDG_CONFIG_HOME/muster/contexts/NAME.json   where, as whom, and whom to trust
 *     $XDG_CONFIG_HOME/muster/current              the name of the one that verbs use
 */
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { problem } from '../../shared/errors.ts'
import { NAME_PATTERN } from '../../shared/ids.ts'

/** What `muster dev` calls its own; verbs use it when there is no current one. */
export const DEV_CONTEXT = 'dev'
export const MAX_CONTEXTS = 200
const OTHERS = 0o077
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])
const SUFFIX = '.json'

const contextSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  token: z.string().min(1),
  /** PEM of the authorities that are trusted; null: those that everybody trusts. */
  ca: z.string().min(1).nullable(),
  /** Whose token it is, and until when; null: it does not expire. */
  actor: z.string(),
  role: z.string(),
  expiresAtMs: z.number().int().nullable(),
  /** One of `muster dev` goes away with it. */
  madeBy: z.enum(['login', 'dev']),
})

export type Context = z.output<typeof contextSchema>

export function contextDirectory({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string {
  const base = XDG_CONFIG_HOME !== undefined && isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(HOME ?? homedir(), '.config')
  return join(base, 'muster')
}

/** @throws MusterError flag_invalid: no such context; config_invalid: its file is broken, or others may read it */
export async function readContext(dir: string, name: string): Promise<Context> {
  const file = fileOf(dir, name)
  const text = await textOf(file)
  if (text === null) {
    const names = await contextNames(dir)
    const expected = names.length === 0 ? 'muster login URL makes one' : `one of ${names.join(', ')}; muster login URL makes another`
    throw problem('flag_invalid', `there is no context ${name}`, { field: '--context', expected })
  }
  if (((await stat(file)).mode & OTHERS) !== 0) {
    throw problem('config_invalid', `${file} holds a token, and others may read it`, { field: '--context', expected: `chmod 600 ${file}` })
  }
  const context = contextSchema.safeParse(parsed(text))
  if (context.success) return context.data
  throw problem('config_invalid', `${file} is not a context`, { field: '--context', expected: `muster login URL --context ${name} writes it anew` })
}

/** @throws MusterError flag_invalid: not a name, or too many */
export async function saveContext(dir: string, name: string, context: Context): Promise<void> {
  const names = await contextNames(dir)
  if (!names.includes(name) && names.length >= MAX_CONTEXTS) {
    throw problem('flag_invalid', `there are ${MAX_CONTEXTS} contexts already`, { field: '--context', expected: 'muster context remove NAME makes room' })
  }
  await writeWhole(dir, fileOf(dir, name), `${JSON.stringify(context, null, 2)}\n`)
}

/** @throws MusterError flag_invalid */
export async function useContext(dir: string, name: string): Promise<void> {
  await readContext(dir, name)
  await writeWhole(dir, join(dir, 'current'), `${name}\n`)
}

/** Whether there was one. */
export async function removeContext(dir: string, name: string): Promise<boolean> {
  const was = await hasContext(dir, name)
  await rm(fileOf(dir, name), { force: true })
  if (await currentContext(dir) === name) await rm(join(dir, 'current'), { force: true })
  return was
}

/** Null: none was chosen. */
export async function currentContext(dir: string): Promise<string | null> {
  return (await textOf(join(dir, 'current')))?.trim() ?? null
}

export async function hasContext(dir: string, name: string): Promise<boolean> {
  return (await contextNames(dir)).includes(name)
}

export async function contextNames(dir: string): Promise<string[]> {
  const files = await readdir(join(dir, 'contexts')).catch((): string[] => [])
  return files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length)).filter((name) => NAME_PATTERN.test(name)).sort()
}

/** @throws MusterError flag_invalid */
function fileOf(dir: string, name: string): string {
  if (NAME_PATTERN.test(name)) return join(dir, 'contexts', `${name}${SUFFIX}`)
  throw problem('flag_invalid', `"${name}" is not the name of a context`, { field: '--context', expected: 'lower-case letters, digits, - and ., such as prod' })
}

async function writeWhole(dir: string, file: string, text: string): Promise<void> {
  await mkdir(join(dir, 'contexts'), { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
  const half = `${file}.${randomUUID()}`
  await writeFile(half, text, { mode: 0o600 })
  await rename(half, file)
}

/** Null: it is not there. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (ABSENT.has(code)) return null
    throw problem('config_invalid', `${file} cannot be read: ${code}`, { field: '--context', expected: 'a file of your own' })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
