/** The key of `--sign`: it stays here, and no coordinator ever sees it. */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { problem } from '../../shared/errors.ts'

const OTHERS = 0o077

/** @throws MusterError flag_invalid */
export async function readSigningKey(file: string): Promise<KeyObject> {
  const refuse = (why: string) => problem('flag_invalid', `${file} ${why}`, {
    field: '--sign', expected: 'an Ed25519 private key (PKCS#8, PEM), as muster key create makes it',
  })
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.code}`)
  })
  const key = privateKeyIn(pem)
  if (key?.asymmetricKeyType !== 'ed25519') throw refuse('is no Ed25519 private key')
  const { mode } = await stat(file)
  if ((mode & OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8)
    throw problem('flag_invalid', `${file} can be read by others: its mode is ${octal}`, { field: '--sign', expected: `chmod 600 ${file}` })
  }
  return key
}

function privateKeyIn(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
