/**
 * The keys of a coordinator while it runs. Owns that a change of the authorities, by `muster ca` or by hand, is taken over within seconds and by
 * itself, and that what cannot be taken over is said and changes nothing: the last good keys stay. What seals and signs never changes in a process.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { problem } from '../../../shared/errors.ts'
import type { Authority, Seals, Signer, Vault } from '../../engine/ports/keys.ts'
import { authorityWith } from './authority.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readGivenAuthority } from './given-authority.ts'
import type { AuthorityFiles } from './given-authority.ts'
import { makeKeyDirectory } from './key-directory.ts'
import { readKeyring } from './keyring.ts'
import type { Keyring } from './keyring.ts'
import { sealsWith, vaultWith } from './seals.ts'
import { signerWith } from './signer.ts'

export const LOOK_EVERY_MS = 2000

/** `machineValidMs`: for how long machines' certificates are good. `given`: an authority that issues instead of the directory's. */
export type KeysOptions = {
  dir: string
  given: AuthorityFiles | null
  clock: () => number
  log: Logger
  machineValidMs?: number
  lookEveryMs?: number
}

export type LiveKeys = {
  /** Always as of now. */
  authority: Authority
  signer: Signer
  seals: Seals
  vault: Vault
  /** For claimKeys. */
  fingerprint: string
  current(): Keyring
  /** Called after authorities have changed. @returns what ends it */
  onChange(listener: () => void): () => void
  /** Looks at once instead of at the next interval. */
  look(): Promise<void>
  close(): void
}

/** Makes the key directory if it is new. @throws MusterError config_invalid */
export async function openKeys(options: KeysOptions): Promise<LiveKeys> {
  const { dir, given, clock, log, machineValidMs, lookEveryMs = LOOK_EVERY_MS } = options
  const givenNow = async () => given === null ? null : readGivenAuthority(given, clock())
  await makeKeyDirectory(dir, given === null, clock())
  let seen = await stampOf(dir, given)
  let keyring = await readKeyring(dir, clock(), await givenNow())
  let authority = authorityWith(keyring, machineValidMs, clock)
  const listeners = new Set<() => void>()

  async function look(): Promise<void> {
    const stamp = await stampOf(dir, given)
    if (stamp === seen) return
    seen = stamp
    try {
      const next = await readKeyring(dir, clock(), await givenNow())
      refuseOtherKeys(dir, keyring, next)
      keyring = next
    } catch (error) {
      log.error({ err: error }, 'the key directory has changed and is not usable; the keys of before stay')
      return
    }
    authority = authorityWith(keyring, machineValidMs, clock)
    log.info({ issuer: keyring.issuer.pin, trusted: keyring.trusted.length }, 'authorities have changed')
    listeners.forEach((listener) => listener())
  }

  const looking = everyWhile(lookEveryMs, look, log)
  return {
    authority: {
      get pin() {
        return authority.pin
      },
      issue: (...request) => authority.issue(...request),
      holderOf: (certificate) => authority.holderOf(certificate),
      claimOf: (certificate) => authority.claimOf(certificate),
      trust: () => authority.trust(),
    },
    signer: signerWith(keyring), seals: sealsWith(keyring.secret), vault: vaultWith(keyring.secret), fingerprint: fingerprintOf(keyring.secret),
    current: () => keyring,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    look: () => looking.now(),
    close: () => looking.close(),
  }
}

/** Does something again and again, never twice at once. What fails again in the same way has been said. */
function everyWhile(everyMs: number, work: () => Promise<void>, log: Logger): { now(): Promise<void>; close(): void } {
  let running: Promise<void> = Promise.resolve()
  let said: string | null = null
  const failed = (error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error)
    if (why !== said) log.error({ err: error }, 'the key directory cannot be looked at; the keys of before stay')
    said = why
  }
  const now = (): Promise<void> => {
    running = running.then(work).then(() => void (said = null)).catch(failed)
    return running
  }
  const timer = setInterval(() => void now(), everyMs).unref()
  return { now, close: () => clearInterval(timer) }
}

/** Changes when any file of the directory, or of the authority that was given, does. A draft that nobody has published yet is none of them. */
async function stampOf(dir: string, given: AuthorityFiles | null): Promise<string> {
  const names = (await readdir(dir)).filter((name) => !name.startsWith('.')).sort()
  const files = [...names.map((name) => join(dir, name)), ...given === null ? [] : [given.certificate, given.key]]
  const stamps = await Promise.all(files.map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => null)
    return `${file} ${found?.ino} ${found?.size} ${found?.mtimeNs} ${found?.mode}`
  }))
  return stamps.join('\n')
}

/** What is sealed and signed already would not be known again. */
function refuseOtherKeys(dir: string, before: Keyring, now: Keyring): void {
  const isSame = before.secret.equals(now.secret) && before.orders.key.equals(now.orders.key) && before.releases.key.equals(now.releases.key)
  if (isSame) return
  throw problem('config_invalid', `${dir}: the secret or a signing key is another one`, { field: dir, expected: 'the same as at the start of this process' })
}
