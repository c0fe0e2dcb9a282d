/** The authority that issues when it is given as files instead of lying in the key directory. */
import { readFile } from 'node:fs/promises'
import { problem } from '../../../shared/errors.ts'
import { issuing, keyOf, readAuthority } from './known-authority.ts'
import type { IssuingAuthority } from './known-authority.ts'
import { readPrivate } from './whole-file.ts'

/** `certificate` may be an intermediate, followed by those above it. */
export type AuthorityFiles = { certificate: string; key: string }

/** @throws MusterError config_invalid: one of them cannot be read, they do not fit together, or others can read the key */
export async function readGivenAuthority({ certificate: file, key: keyFile }: AuthorityFiles, nowMs: number): Promise<IssuingAuthority> {
  const authority = readAuthority(file, await publicFile(file))
  const keyPem = await readPrivate(keyFile)
  if (keyPem === null) throw problem('config_invalid', `${keyFile} is missing`, { field: keyFile, expected: `the key of ${file} in PEM` })
  return issuing(file, { ...authority, key: keyOf(keyFile, keyPem, authority.certificate) }, nowMs)
}

async function publicFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw problem('config_invalid', `${file} cannot be read: ${why}`, { field: file, expected: 'the certificate of an authority in PEM' })
  }
}
