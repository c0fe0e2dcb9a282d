/** The join token as the setting `join` gives it: itself, or the file that it lies in, where no list of processes shows it. */
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { problem } from '../errors.ts'
import { parseJoinToken } from '../identity/join-token.ts'
import type { JoinToken } from '../identity/join-token.ts'
import type { MachineRole } from '../identity/names.ts'
import type { Identity } from './identity.ts'

const FIELD = '--join'

/** Null: none is given, or none is needed and what is given cannot be read. @throws MusterError config_invalid: it is needed */
export async function tokenFor(identity: Pick<Identity, 'kept' | 'role'>, given: string | undefined, log: Logger): Promise<JoinToken | null> {
  if (given === undefined) return null
  if (identity.kept === null) return await givenToken(given, identity.role)
  log.info('this machine has joined already: the join token is left alone as long as a coordinator knows it')
  return await givenToken(given, identity.role).catch(() => null)
}

/** @throws MusterError config_invalid: no token, and no file with one. The message does not repeat what may be a secret */
export async function givenToken(given: string, role: MachineRole): Promise<JoinToken> {
  const expected = `a join token (mstj_…), or the path of a file that holds one: muster token create --role ${role}`
  const itself = parseJoinToken(given)
  if (itself !== null) return itself
  if (!given.includes('/')) throw problem('config_invalid', `${FIELD}: the join token is damaged or incomplete`, { field: FIELD, expected })
  const text = await readFile(given, 'utf8').catch((error: Error) => {
    throw problem('config_invalid', `${FIELD}: ${given} cannot be read: ${error.message}`, { field: FIELD, expected })
  })
  const token = parseJoinToken(text.trim())
  if (token === null) throw problem('config_invalid', `${FIELD}: ${given} holds no whole join token`, { field: FIELD, expected })
  return token
}
