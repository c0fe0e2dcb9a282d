/**
 * The key directory: what lies in it, and how it comes to be. It is the same for all coordinators; whichever of them starts first makes it, and
 * several may do so at once. `secret` is made last and says that all is there: from then on what is missing is lost, and is never made anew.
 *
 *     authority-<n>.pem  an authority (CA): its certificate, its key where it may issue, and those above it
 *     issuer             which of them issues: the name of its file
 *     orders.key         signs orders and artifact grants (Ed25519)
 *     releases.key       signs releases (Ed25519)
 *     secret             seals what Redis keeps, and encrypts secrets in it
 *     admin-token        lets its holder in as an administrator; may be removed once there is another
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../../../shared/directory.ts'
import { problem } from '../../../shared/errors.ts'
import { SIGNER_PURPOSES } from '../../../shared/identity/names.ts'
import { makeAuthority } from './certificates.ts'
import { readAuthority } from './known-authority.ts'
import type { KnownAuthority } from './known-authority.ts'
import { makeWhole, readPrivate, refuseOpenToOthers } from './whole-file.ts'

const OWNER_ONLY = 0o700
const SECRET_BYTES = 32
/** 32 bytes in base64url. */
const SECRET_SHAPE = /^[A-Za-z0-9_-]{43}$/
const ADMIN_TOKEN_SHAPE = /^mst_admin_[A-Za-z0-9_-]{43}$/
const AUTHORITY_FILE = /^authority-([1-9]\d{0,8})\.pem$/
/** A rotation has two, and three when one is overtaken by the next. */
export const MAX_AUTHORITIES = 10

const FIRST_AUTHORITY = 'authority-1.pem'
export const ISSUER = 'issuer'
const SECRET = 'secret'
const ADMIN_TOKEN = 'admin-token'

/** By the names of their files, in the order of their numbers. */
export type DirectoryAuthorities = { known: ReadonlyMap<string, KnownAuthority>; issuer: string | null }

/** Makes the directory if it has not been made. @param makesAuthority false: the authority comes from elsewhere @throws MusterError config_invalid */
export async function makeKeyDirectory(dir: string, makesAuthority: boolean, nowMs: number): Promise<void> {
  await makeDirectory(dir, OWNER_ONLY)
  await refuseOpenToOthers(dir, '700')
  if (await readPrivate(join(dir, SECRET)) !== null) return
  await refuseRemains(dir)
  for (const purpose of SIGNER_PURPOSES) await makeWhole(join(dir, `${purpose}.key`), newSigningKey())
  if (makesAuthority) {
    const { key, certificate } = await makeAuthority(nowMs)
    await makeWhole(join(dir, FIRST_AUTHORITY), `${certificate.trim()}\n${key}`)
    await makeWhole(join(dir, ISSUER), `${FIRST_AUTHORITY}\n`)
  }
  await makeWhole(join(dir, ADMIN_TOKEN), `mst_admin_${newSecret()}\n`)
  await makeWhole(join(dir, SECRET), `${newSecret()}\n`)
}

/** Only what is read here is ever used. @throws MusterError config_invalid: missing, damaged, or open to others */
export async function secretIn(dir: string): Promise<Buffer> {
  const file = join(dir, SECRET)
  const text = (await existing(file)).trim()
  if (!SECRET_SHAPE.test(text)) throw damaged(file)
  return Buffer.from(text, 'base64url')
}

/** PEM. @throws MusterError config_invalid: missing, or open to others */
export function signingKeyIn(dir: string, purpose: string): Promise<string> {
  return existing(signingKeyFile(dir, purpose))
}

export function signingKeyFile(dir: string, purpose: string): string {
  return join(dir, `${purpose}.key`)
}

/** The token of the bootstrap administrator; null once it has been removed. @throws MusterError config_invalid: damaged, or open to others */
export async function adminTokenIn(dir: string): Promise<string | null> {
  const file = join(dir, ADMIN_TOKEN)
  const text = (await readPrivate(file))?.trim() ?? null
  if (text !== null && !ADMIN_TOKEN_SHAPE.test(text)) throw damaged(file)
  return text
}

/** @throws MusterError config_invalid: one of them is damaged, or `issuer` names none */
export async function authoritiesIn(dir: string): Promise<DirectoryAuthorities> {
  const names = (await readdir(dir)).filter((name) => AUTHORITY_FILE.test(name)).sort((a, b) => numberOf(a) - numberOf(b))
  if (names.length > MAX_AUTHORITIES) {
    throw problem('config_invalid', `${dir} has more than ${MAX_AUTHORITIES} authorities`, { field: dir, expected: 'muster ca retire' })
  }
  const known = new Map<string, KnownAuthority>()
  for (const name of names) known.set(name, readAuthority(join(dir, name), await existing(join(dir, name))))
  const issuer = (await readPrivate(join(dir, ISSUER)))?.trim() ?? null
  if (issuer !== null && !known.has(issuer)) {
    const field = join(dir, ISSUER)
    throw problem('config_invalid', `${field} names ${issuer}, which is not there`, { field, expected: `${dir} as it was, from its backup` })
  }
  return { known, issuer }
}

/** One that is not taken. */
export function nextAuthorityFile(names: Iterable<string>): string {
  return `authority-${Math.max(0, ...[...names].map(numberOf)) + 1}.pem`
}

/** A new directory is empty, or has been begun. Whatever only comes later in its life says that its `secret` has been lost. */
async function refuseRemains(dir: string): Promise<void> {
  const remains = (await readdir(dir)).find((name) => AUTHORITY_FILE.test(name) && name !== FIRST_AUTHORITY)
  if (remains !== undefined) throw lost(join(dir, SECRET))
}

async function existing(file: string): Promise<string> {
  const text = await readPrivate(file)
  if (text === null) throw lost(file)
  return text
}

function lost(file: string) {
  return problem('config_invalid', `${file} is missing; it is never made anew`, { field: file, expected: 'the key directory as it was, from its backup' })
}

export function damaged(file: string) {
  return problem('config_invalid', `${file} is damaged`, { field: file, expected: 'the file as it was, from the backup of the key directory' })
}

function numberOf(name: string): number {
  return Number(AUTHORITY_FILE.exec(name)?.[1] ?? 0)
}

function newSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}
