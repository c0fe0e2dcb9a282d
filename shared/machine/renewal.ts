/**
 * Renews this machine's certificate by itself: in good time, after a long absence, and when another authority has begun to issue. Whether there is a
 * session does not matter. Owns how often a coordinator is asked, and that a machine which is not known any more goes on doing what it can.
 */
import type { Logger } from 'pino'
import { MusterError } from '../errors.ts'
import type { JoinToken } from '../identity/join-token.ts'
import type { MachineRole } from '../identity/names.ts'
import { untimely } from '../identity/validity.ts'
import { pause, rest } from './backoff.ts'
import type { Backoff } from './backoff.ts'
import { renewAtMs } from './due.ts'
import { ask } from './exchange.ts'
import type { Identity } from './identity.ts'
import { join } from './joining.ts'
import { certificateOf } from './kept.ts'
import type { Kept } from './kept.ts'
import { certificateRequest } from './request.ts'

export type Pace = {
  backoff: Backoff
  /** A new authority is followed within this time: a whole fleet learns of it in the same second. */
  rotationSpreadMs: number
  /** After an answer that this machine is not known. */
  unknownPauseMs: number
  /** How often the clock is looked at: it may jump. */
  lookEveryMs: number
}

export const PACE: Pace = { backoff: { baseMs: 1000, capMs: 60_000 }, rotationSpreadMs: 5 * 60_000, unknownPauseMs: 3 * 60_000, lookEveryMs: 30_000 }

const MEANWHILE = {
  agent: 'what runs on this host goes on running', relay: 'hosts fetch elsewhere once its certificate is over',
} as const satisfies Record<MachineRole, string>

/** `unknown`: no coordinator will renew it, whenever it is asked. */
type Outcome = 'renewed' | 'failed' | 'unknown'

/** Drawn once for each certificate. `turnAtMs`: when the one of a former authority is given up; null: it is not of a former one. */
type Plan = { certificate: string; renewAtMs: number; turnAtMs: number | null }

export class Renewal {
  readonly #identity: Identity
  /** For a machine that is not known any more; null: none was given, or it is the one that this machine has joined with before. */
  readonly #token: JoinToken | null
  readonly #log: Logger
  readonly #pace: Pace
  #plan: Plan | null = null

  constructor(identity: Identity, token: JoinToken | null, log: Logger, pace = PACE) {
    this.#identity = identity
    this.#token = token !== null && token.id !== identity.kept?.token ? token : null
    this.#log = log
    this.#pace = pace
  }

  /** At the start: an identity that has expired, or for which somebody brings another token, is seen to before it is used. Never rejects. */
  async begin(ending: AbortSignal): Promise<void> {
    const { kept } = this.#identity
    if (kept === null || (this.#token === null && untimely(certificateOf(kept), `its`, Date.now()) === null)) return
    await this.#renew(kept, ending)
  }

  /** Until `ending`. Never rejects. */
  async keep(ending: AbortSignal): Promise<void> {
    let failures = 0
    while (!ending.aborted) {
      const { kept } = this.#identity
      const leftMs = kept === null ? Infinity : this.#dueAtMs(kept) - Date.now()
      if (kept === null || leftMs > 0) {
        await rest(Math.min(leftMs, this.#pace.lookEveryMs), ending)
        continue
      }
      const outcome = await this.#renew(kept, ending)
      // one that is due again at once came from a clock or an authority that is not right yet
      const isDone = outcome === 'renewed' && this.#dueAtMs(this.#identity.kept!) > Date.now()
      failures = isDone ? 0 : failures + 1
      if (outcome === 'unknown') await rest(this.#pace.unknownPauseMs, ending)
      else if (!isDone) await pause(this.#pace.backoff, failures, ending)
    }
  }

  #dueAtMs(kept: Kept): number {
    if (this.#plan?.certificate !== kept.certificate) {
      const life = { obtainedAtMs: kept.obtainedAtMs, expiresAtMs: certificateOf(kept).validToDate.getTime() }
      this.#plan = { certificate: kept.certificate, renewAtMs: renewAtMs(life, Math.random()), turnAtMs: null }
    }
    if (!this.#identity.isOfFormerAuthority()) this.#plan.turnAtMs = null
    else this.#plan.turnAtMs ??= Date.now() + Math.random() * this.#pace.rotationSpreadMs
    return Math.min(this.#plan.renewAtMs, this.#plan.turnAtMs ?? Infinity)
  }

  async #renew(kept: Kept, ending: AbortSignal): Promise<Outcome> {
    const { key, certificate, url, authorities } = kept
    try {
      const request = await certificateRequest(key, this.#identity.host)
      await this.#identity.renewed(await ask('renew', url, authorities, { certificate, request }, ending))
      this.#say('the certificate is renewed')
      return 'renewed'
    } catch (error) {
      if (ending.aborted) return 'failed'
      const code = error instanceof MusterError ? error.problem.code : null
      if (code === 'identity_unknown' || code === 'certificate_refused') return await this.#joinAnew(error as MusterError, ending)
      this.#log.warn({ url, reason: (error as Error).message, until: certificateOf(kept).validToDate }, 'the certificate cannot be renewed yet')
      return 'failed'
    }
  }

  /** With the token of somebody who wants this machine back; one that it has used already would undo its removal. */
  async #joinAnew(why: MusterError, ending: AbortSignal): Promise<Outcome> {
    const { role, host } = this.#identity
    try {
      if (this.#token !== null) {
        await join(this.#identity, this.#token, ending)
        this.#say(`${host} has joined anew`)
        return 'renewed'
      }
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, `${host} cannot join anew`)
      return 'unknown'
    }
    const remedy = `start it with \`muster ${role} --join\` and a new token; ${MEANWHILE[role]}`
    this.#log.error({ code: why.problem.code, reason: why.message }, `no coordinator renews the identity of ${host} any more; ${remedy}`)
    return 'unknown'
  }

  #say(what: string): void {
    const certificate = certificateOf(this.#identity.kept!)
    const late = untimely(certificate, 'the new', Date.now())
    if (late === null) this.#log.info({ until: certificate.validToDate }, what)
    else this.#log.error(`${what}, and of no use yet: ${late}`)
  }
}
