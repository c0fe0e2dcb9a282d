/** The key of `--sign`: it stays here, and no coordinator ever sees it. */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { problem } from '../../shared/errors.ts'

/** @throws MusterError flag_invalid */
export async function readSigningKey(file: string): Promise<KeyObject> {
  const refuse = (why: string) => problem('flag_invalid', `${file} ${why}`, {
    field: '--sign', expected: 'an Ed25519 private key (PKCS#8, PEM), as muster key create makes it',
  })
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.code}`)
  })
  const key = privateKeyIn(pem)
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw refuse('is no Ed25519 private key')
}

function privateKeyIn(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
