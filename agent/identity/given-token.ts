/** The join token as the setting `join` gives it: itself, or the file that it lies in, where no list of processes shows it. */
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { problem } from '../../shared/errors.ts'
import { parseJoinToken } from '../../shared/identity/join-token.ts'
import type { JoinToken } from '../../shared/identity/join-token.ts'
import type { Identity } from './identity.ts'

const FIELD = '--join'
const EXPECTED = 'a join token (mstj_…), or the path of a file that holds one: muster token create --role agent'

/** Null: none is given, or none is needed and what is given cannot be read. @throws MusterError config_invalid: it is needed */
export async function tokenFor(identity: Pick<Identity, 'kept'>, given: string | undefined, log: Logger): Promise<JoinToken | null> {
  if (given === undefined) return null
  if (identity.kept === null) return await givenToken(given)
  log.info('this host has joined already: the join token is left alone as long as a coordinator knows it')
  return await givenToken(given).catch(() => null)
}

/** @throws MusterError config_invalid: no token, and no file with one. The message does not repeat what may be a secret */
export async function givenToken(given: string): Promise<JoinToken> {
  const itself = parseJoinToken(given)
  if (itself !== null) return itself
  if (!given.includes('/')) throw problem('config_invalid', `${FIELD}: the join token is damaged or incomplete`, { field: FIELD, expected: EXPECTED })
  const text = await readFile(given, 'utf8').catch((error: Error) => {
    throw problem('config_invalid', `${FIELD}: ${given} cannot be read: ${error.message}`, { field: FIELD, expected: EXPECTED })
  })
  const token = parseJoinToken(text.trim())
  if (token === null) throw problem('config_invalid', `${FIELD}: ${given} holds no whole join token`, { field: FIELD, expected: EXPECTED })
  return token
}
