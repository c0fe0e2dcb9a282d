/**
 * The context of a `muster dev`, with which verbs find it while it runs. Of two at once each has its own, and neither touches what somebody has
 * logged in to.
 */
import { createHash } from 'node:crypto'
import { problem } from '../../shared/errors.ts'
import { contextDirectory, currentContext, DEV_CONTEXT, hasContext, readContext, removeContext, saveContext } from '../contexts/store.ts'
import type { Endpoint } from '../transport.ts'
import { hold } from './hold.ts'

/** Nobody runs more at once. */
export const MAX_DEV_CONTEXTS = 50

/** `isChosen`: verbs use it without being told to. */
export type OwnContext = { name: string; isChosen: boolean; remove(): Promise<void> }

/** @throws MusterError unavailable: too many run, config_invalid: it cannot be written */
export async function makeOwnContext(env: NodeJS.ProcessEnv, { url, ca }: Endpoint, token: string): Promise<OwnContext> {
  const dir = contextDirectory(env)
  const place = createHash('sha256').update(dir).digest('hex').slice(0, 16)
  for (let n = 1; n <= MAX_DEV_CONTEXTS; n++) {
    const name = n === 1 ? DEV_CONTEXT : `${DEV_CONTEXT}-${n}`
    const held = await hold(`muster-dev-context/${place}/${name}`)
    if (held === null) continue
    if (await hasContext(dir, name) && !await isOfDev(dir, name)) {
      held.close()
      continue
    }
    await saveContext(dir, name, { url, token, ca, actor: 'admin', role: 'admin', expiresAtMs: null, madeBy: 'dev' })
    const current = await currentContext(dir)
    const remove = async (): Promise<void> => {
      if (await isOfDev(dir, name)) await removeContext(dir, name)
      held.close()
    }
    return { name, isChosen: (current ?? DEV_CONTEXT) === name, remove }
  }
  throw problem('unavailable', `${MAX_DEV_CONTEXTS} contexts of muster dev are taken`, {
    field: '--context', expected: 'fewer of them; muster context remove makes room',
  })
}

/** Left by one that could not remove it, or our own. */
async function isOfDev(dir: string, name: string): Promise<boolean> {
  return (await readContext(dir, name).catch(() => null))?.madeBy === 'dev'
}
