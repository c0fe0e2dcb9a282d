/**
 * Identities in Redis, sealed, under the tag `{identity}`, which join tokens share: a machine is let in and its token has one use less in one step, so
 * that a crash in between is not possible.
 */
import { problem } from '../../../shared/errors.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Admission, Identities, Identity } from '../../engine/ports/identities.ts'
import { loadScript } from '../redis/script.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'
import { tokenRecords } from './tokens.ts'

const MACHINES = '{identity}:machines'
/** A record that others change at the same time is tried so often; in this process admissions take turns, so the others are other coordinators. */
export const MAX_TRIES = 50

const admitMachine = loadScript<0 | 1>(new URL('./lua/admit.lua', import.meta.url))

export function redisIdentities(store: SealedStore): Identities {
  const { redis } = store
  const machines = new SealedHash<Identity>(store, MACHINES)
  const tokens = tokenRecords(store)
  const inTurn = turns()

  /** Null: something has changed meanwhile. */
  async function admitOnce(identity: Identity, replace: boolean): Promise<Admission | null> {
    const field = fieldOf(identity)
    const [machine, token] = await Promise.all([machines.read(field), tokens.read(identity.token)])
    if (machine.value !== null && (!replace || isSameMachine(machine.value, identity))) return 'exists'
    if (token.value?.kind !== 'join' || token.value.usesLeft < 1) return 'no-use'
    const spent = tokens.seal(identity.token, { ...token.value, usesLeft: token.value.usesLeft - 1 })
    const args = [identity.token, token.text, spent, field, machine.text, machines.seal(field, identity)]
    return await admitMachine(redis, [tokens.key, MACHINES], args) === 1 ? 'admitted' : null
  }

  return {
    get: async (role, host) => (await machines.read(fieldOf({ role, host }))).value,
    all: () => machines.all(),
    admit: (identity, replace) => inTurn(() => settled(() => admitOnce(identity, replace))),
    renewed: (identity) => settled(async () => {
      const seen = await machines.read(fieldOf(identity))
      if (seen.value?.keyPin !== identity.keyPin) return false
      return await machines.replace(fieldOf(identity), seen, identity) ? true : null
    }),
    remove: async (role, host) => await redis.hdel(MACHINES, fieldOf({ role, host })) === 1,
  }
}

function fieldOf({ role, host }: { role: MachineRole; host: HostName }): string {
  return `${role}/${host}`
}

function isSameMachine(a: Identity, b: Identity): boolean {
  return a.keyPin === b.keyPin && a.token === b.token
}

/** @param attempt null: others were faster */
async function settled<T>(attempt: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outcome = await attempt()
    if (outcome !== null) return outcome
  }
  throw problem('unavailable', 'too many machines join at the same moment', { expected: 'the same again in a moment' })
}

/** One after the other, in the order of the calls. */
function turns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const mine = last.then(run)
    last = mine.catch(() => {})
    return mine
  }
}
