/**
 * The policy of the host's owner, from a file that only the owner can change. Owns that what cannot be read or trusted allows nothing, rather than
 * everything.
 */
import type { KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { pinOfKey } from '../../shared/identity/pin.ts'
import { readPublicKey } from '../../shared/identity/public-key.ts'
import { issueField, issueMessage, strict } from '../../shared/issue.ts'
import { MAX_POLICY_ENTRIES, MAX_POLICY_TEXT_CHARS } from '../../shared/policy.ts'
import type { HostPolicy } from '../../shared/policy.ts'

/** Read when it is there, unless another file is named. */
export const DEFAULT_POLICY_FILE = '/etc/muster/policy.yaml'
export const MAX_POLICY_BYTES = 64 * 1024

/** `keys`: those that `policy.releaseKeys` names, by their pins. */
export type OwnersPolicy = { policy: HostPolicy; keys: ReadonlyMap<string, KeyObject> }

const text = z.string().min(1).max(MAX_POLICY_TEXT_CHARS)
const list = <T extends z.ZodType<string>>(one: T) => z.array(one).max(MAX_POLICY_ENTRIES).default([])
const place = text.regex(/^\/(?!.*(^|\/)\.\.(\/|$))/, 'expected an absolute path without ..').transform((path) => path.replace(/(?<=.)\/+$/, ''))

const key = text.transform((given, context): KeyObject => {
  const read = readPublicKey(given)
  if (read !== null) return read
  context.addIssue({ code: 'custom', message: 'expected an Ed25519 public key, as `muster key create` prints it' })
  return z.NEVER
})

const policySchema = strict({
  services: list(text),
  accounts: list(text),
  paths: list(place),
  run: z.boolean('expected true or false').default(false),
  commands: list(text),
  releaseKeys: z.array(key).max(MAX_POLICY_ENTRIES).default([]),
})

/** Null: there is no file, and none was asked for. @param file null: the default one, if it is there */
export async function readPolicy(file: string | null): Promise<OwnersPolicy | null> {
  const path = file ?? DEFAULT_POLICY_FILE
  try {
    const { uid, mode, size } = await stat(path)
    if (uid !== 0 && uid !== process.getuid?.()) return broken(`${path} belongs to another account than root or the agent's own`)
    if ((mode & 0o022) !== 0) return broken(`${path} can be written by others; expected mode 0644 or less`)
    if (size > MAX_POLICY_BYTES) return broken(`${path} has more than ${MAX_POLICY_BYTES} bytes`)
    return policyOf(await readFile(path, 'utf8'), path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && file === null) return null
    return broken(`${path} cannot be read: ${code ?? message}`)
  }
}

/** @param path for what is said of it */
export function policyOf(yaml: string, path: string): OwnersPolicy {
  let value: unknown
  try {
    value = parse(yaml, { maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    return broken(`${path}: ${(error as Error).message.split('\n')[0]}`)
  }
  const parsed = policySchema.safeParse(value)
  const issue = parsed.error?.issues[0]
  if (!parsed.success) return broken(`${path}: ${issue === undefined ? 'invalid' : `${issueField(issue)}: ${issueMessage(issue)}`}`)
  const { releaseKeys, ...rest } = parsed.data
  const keys = new Map(releaseKeys.map((one) => [pinOfKey(one), one]))
  return { policy: { ...rest, releaseKeys: [...keys.keys()], broken: null }, keys }
}

function broken(why: string): OwnersPolicy {
  const nothing = { services: [], accounts: [], paths: [], run: false, commands: [], releaseKeys: [] }
  return { policy: { ...nothing, broken: why.slice(0, MAX_POLICY_TEXT_CHARS) }, keys: new Map() }
}
