/**
 * Changes of a key directory's authorities, one file at a time, so that a coordinator that looks in between sees a whole: a new one is trusted first,
 * then issues, and the one before goes last. An operator does it; two who do it at the same moment get in each other's way and do no harm.
 */
import { join } from 'node:path'
import { problem } from '../../../shared/errors.ts'
import { makeAuthority } from './certificates.ts'
import { authoritiesIn, ISSUER, MAX_AUTHORITIES, nextAuthorityFile } from './key-directory.ts'
import type { DirectoryAuthorities } from './key-directory.ts'
import { issuing, readAuthority } from './known-authority.ts'
import { makeWhole, removeFile, replaceWhole } from './whole-file.ts'

/** Of the pin, without `sha256:`; what is shorter fits too easily by chance. */
const SHORTEST_PIN = 6

/** Trusts one more authority: a new one, or that of `pem`, which may come without a key. @returns the name of its file @throws MusterError config_invalid */
export async function addAuthority(dir: string, pem: string | null, nowMs: number): Promise<string> {
  const made = pem === null ? await makeAuthority(nowMs) : null
  const text = made === null ? `${pem ?? ''}` : `${made.certificate.trim()}\n${made.key}`
  const { pin } = readAuthority('--certificate', text)
  for (;;) {
    const { known } = await authoritiesIn(dir)
    const same = [...known].find(([, one]) => one.pin === pin)
    if (same !== undefined) throw refuse(`${same[0]} in ${dir} is this authority already`, '--certificate', 'another authority')
    if (known.size >= MAX_AUTHORITIES) throw refuse(`${dir} has ${MAX_AUTHORITIES} authorities already`, '--key-dir', 'muster ca retire first')
    const name = nextAuthorityFile(known.keys())
    if (await makeWhole(join(dir, name), text)) return name
  }
}

/** From now on it issues. @param which a file's name or the beginning of a pin @returns the name of its file @throws MusterError config_invalid */
export async function activateAuthority(dir: string, which: string, nowMs: number): Promise<string> {
  const authorities = await authoritiesIn(dir)
  const name = named(authorities, which)
  issuing(join(dir, name), authorities.known.get(name)!, nowMs)
  await replaceWhole(join(dir, ISSUER), `${name}\n`)
  return name
}

/** It is trusted no longer. @param which as for activateAuthority @returns the name of its file @throws MusterError config_invalid: unknown, or it issues */
export async function retireAuthority(dir: string, which: string): Promise<string> {
  const authorities = await authoritiesIn(dir)
  const name = named(authorities, which)
  if (name === authorities.issuer) throw refuse(`${bare(name)} issues`, 'AUTHORITY', 'one that does not; muster ca activate another one first')
  await removeFile(join(dir, name))
  return name
}

function named({ known }: DirectoryAuthorities, which: string): string {
  const digits = which.replace(/^sha256:/, '')
  const fits = [...known].filter(([name, { pin }]) => name === which || name === `${which}.pem` ||
    (digits.length >= SHORTEST_PIN && pin.startsWith(`sha256:${digits}`)))
  const [found, second] = fits.map(([name]) => name)
  if (found !== undefined && second === undefined) return found
  const why = second === undefined ? 'there is no such authority' : 'several authorities fit'
  throw refuse(`${which}: ${why}`, 'AUTHORITY', `one of ${[...known.keys()].map(bare).join(', ')}, or the beginning of a pin`)
}

/** As people call it. */
function bare(file: string): string {
  return file.replace('.pem', '')
}

function refuse(message: string, field: string, expected: string) {
  return problem('config_invalid', message, { field, expected })
}
