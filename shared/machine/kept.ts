/**
 * What a machine keeps of who it is, in its data directory. Owns that it is whole: everything of an identity lies in one file, which is replaced in one
 * rename, so no crash leaves a key beside a certificate of another.
 *
 *     identity/identity.json  key, certificate, authorities, and where the coordinators are
 *     identity/joining.key    the key of an enrolment whose answer is not here yet
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { makeDirectory } from '../directory.ts'
import { problem } from '../errors.ts'
import { machineIn } from '../identity/names.ts'
import type { Machine } from '../identity/names.ts'
import { removeDurably, writeDurably } from '../durable.ts'
import { makeKey } from './request.ts'

const keptSchema = z.object({
  /** Of the coordinators' HTTPS edge. */
  url: z.string(),
  /** HOST:PORT where sessions are had. */
  grpc: z.string(),
  /** The URL where a coordinator gives out packages; absent: the coordinator was of a version before there were any. */
  pieces: z.string().optional(),
  /** The id of the join token that let this machine in: that one does not let it in a second time. */
  token: z.string(),
  /** PEM. */
  key: z.string(),
  certificate: z.string(),
  /** Any number of them, the one that issues first. */
  authorities: z.string(),
  /** When the certificate came, by this host's clock, in milliseconds since the epoch. */
  obtainedAtMs: z.number(),
})

export type Kept = z.output<typeof keptSchema>

const FILE = 'identity.json'
const JOINING_KEY = 'joining.key'

/** Null: this machine has never enrolled. @throws MusterError config_invalid when the file is damaged */
export async function readKept(dir: string): Promise<Kept | null> {
  const file = join(dir, FILE)
  const text = await textOf(file)
  if (text === null) return null
  try {
    const kept = keptSchema.parse(JSON.parse(text))
    if (!certificateOf(kept).checkPrivateKey(createPrivateKey(kept.key))) throw new Error('the key is not that of the certificate')
    return kept
  } catch (error) {
    const expected = `an identity; remove ${file} and give --join to enrol anew`
    throw problem('config_invalid', `${file} is damaged: ${(error as Error).message.split('\n')[0]}`, { field: '--data-dir', expected })
  }
}

/** On the disk when it resolves. */
export async function writeKept(dir: string, kept: Kept): Promise<void> {
  await writeDurably(join(dir, FILE), `${JSON.stringify(kept, null, 2)}\n`)
}

/** The key to enrol with: the same until the enrolment has ended, whatever happens between, and never one that has been enrolled before. */
export async function joiningKey(dir: string, former: Kept | null): Promise<string> {
  const file = join(dir, JOINING_KEY)
  const begun = await textOf(file)
  if (begun !== null && begun !== former?.key) return begun
  await makeDirectory(dir, 0o700)
  const key = makeKey()
  await writeDurably(file, key)
  return key
}

export async function forgetJoiningKey(dir: string): Promise<void> {
  await removeDurably(join(dir, JOINING_KEY))
}

export function certificateOf({ certificate }: Pick<Kept, 'certificate'>): X509Certificate {
  return new X509Certificate(certificate)
}

/** Whose certificate it is; null: no machine's. */
export function holderOf(kept: Pick<Kept, 'certificate'>): Machine | null {
  return machineIn(certificateOf(kept).subjectAltName)
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
