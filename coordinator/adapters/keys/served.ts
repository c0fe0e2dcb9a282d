/**
 * What a coordinator shows of itself in TLS, and whose certificates it takes. Owns that its own certificate is renewed before it expires and when
 * another authority is to be shown, and that a certificate for people's browsers that was replaced on disk is taken over; connections stay as they are.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { problem } from '../../../shared/errors.ts'
import { coordinatorCertificate } from './authority.ts'
import type { Names } from './certificates.ts'
import type { LiveKeys } from './live-keys.ts'
import { shownAuthority } from './shown.ts'

export const RENEWAL_LOOK_EVERY_MS = 60_000

/** PEM; the chain begins with the certificate of the key. */
export type Shown = { key: string; chain: string }
/** `machines`: under Muster's own name. `people`: under any other. `trusted`: PEM, the authorities of machines; the one that issues comes first. */
export type Served = { machines: Shown; people: Shown; trusted: readonly string[] }
export type CertificateFiles = { certificate: string; key: string }

/** `own`: a certificate for people, instead of one of the authority. */
export type ServeOptions = {
  keys: Pick<LiveKeys, 'current' | 'onChange'>
  names: Names
  own: CertificateFiles | null
  clock: () => number
  log: Logger
  lookEveryMs?: number
}

export type LiveServed = {
  now(): Served
  /** Called with what is to be shown to connections from now on. @returns what ends it */
  onChange(listener: (served: Served) => void): () => void
  /** Looks at once instead of at the next interval. */
  look(): Promise<void>
  close(): void
}

type Issued = Shown & { issuerPin: string; renewAtMs: number }

/** @throws MusterError config_invalid: `own` cannot be read, or does not fit together */
export async function serveCertificates({ keys, names, own, clock, log, lookEveryMs = RENEWAL_LOOK_EVERY_MS }: ServeOptions): Promise<LiveServed> {
  const listeners = new Set<(served: Served) => void>()
  const people = async (): Promise<Shown | null> => own === null ? null : readShown(own)
  let issued = await issue(keys, names, clock())
  let served = servedWith(keys, issued, await people())

  async function look(): Promise<void> {
    const isDue = clock() >= issued.renewAtMs || shownAuthority(keys.current(), clock()).pin !== issued.issuerPin
    if (isDue) issued = await issue(keys, names, clock())
    const next = servedWith(keys, issued, await people())
    if (JSON.stringify(next) === JSON.stringify(served)) return
    served = next
    listeners.forEach((listener) => listener(served))
  }

  let looking: Promise<void> = Promise.resolve()
  const lookInTurn = (): Promise<void> => {
    looking = looking.then(look).catch((error: unknown) => log.error({ err: error }, 'certificates cannot be renewed; those of before are shown'))
    return looking
  }
  const timer = setInterval(() => void lookInTurn(), lookEveryMs).unref()
  const ignoreKeys = keys.onChange(() => void lookInTurn())
  return {
    now: () => served,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    look: lookInTurn,
    close() {
      clearInterval(timer)
      ignoreKeys()
    },
  }
}

function servedWith(keys: ServeOptions['keys'], { key, chain }: Issued, people: Shown | null): Served {
  const machines = { key, chain }
  return { machines, people: people ?? machines, trusted: keys.current().trusted.map(({ certificate }) => certificate.toString()) }
}

/** Renewed when half of its time is over, so that an authority that is out of order for days is no outage. */
async function issue(keys: ServeOptions['keys'], names: Names, nowMs: number): Promise<Issued> {
  const issuer = shownAuthority(keys.current(), nowMs)
  const { key, certificate } = await coordinatorCertificate(issuer, names, nowMs)
  const chain = [certificate, issuer.certificate.toString(), ...issuer.above.map(String)].map((pem) => `${pem.trim()}\n`).join('')
  const untilMs = new X509Certificate(certificate).validToDate.getTime()
  return { key, chain, issuerPin: issuer.pin, renewAtMs: nowMs + (untilMs - nowMs) / 2 }
}

/** @throws MusterError config_invalid, naming the file */
async function readShown({ certificate: file, key: keyFile }: CertificateFiles): Promise<Shown> {
  const [chain, key] = [await readPem(file), await readPem(keyFile)]
  const certificate = parsed(file, () => new X509Certificate(chain))
  const isItsKey = certificate.checkPrivateKey(parsed(keyFile, () => createPrivateKey(key)))
  if (!isItsKey) throw problem('config_invalid', `${keyFile} holds the key of another certificate`, { field: keyFile, expected: `the key of ${file}` })
  return { key, chain }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw problem('config_invalid', `${file} cannot be read: ${(error as Error).message}`, { field: file, expected: 'a PEM file that this account may read' })
  }
}

function parsed<T>(file: string, parse: () => T): T {
  try {
    return parse()
  } catch {
    throw problem('config_invalid', `${file} cannot be understood`, { field: file, expected: 'a PEM file, a key without a passphrase' })
  }
}
