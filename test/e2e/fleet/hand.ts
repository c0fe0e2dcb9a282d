/** A hand on the brake: controls of one rollout, each asked for with a reason that no other has, and each with one clear answer. */
import type { ProblemBody } from '../../../shared/api/problem.ts'
import type { RolloutView } from '../../../shared/api/rollout.ts'
import type { Api } from './api.ts'

/** `verb` as in the route; `fields`: what its body has besides the reason. */
export type Control = { verb: string; fields?: Record<string, unknown> }

/** `refused`: the sentence that says why; null: it was granted. */
export type Asked = { verb: string; reason: string; refused: string | null }

export class Hand {
  readonly asked: Asked[] = []
  readonly #api: Api
  readonly #rollout: string
  readonly #whose: string

  /** @param whose a word that begins all of its reasons */
  constructor(api: Api, rollout: string, whose: string) {
    this.#api = api
    this.#rollout = rollout
    this.#whose = whose
  }

  /** @throws when the answer is neither the rollout nor a refusal in a sentence */
  async ask({ verb, fields = {} }: Control): Promise<Asked> {
    const reason = `${this.#whose} ${this.asked.length}`
    const asked: Asked = { verb, reason, refused: null }
    this.asked.push(asked)
    const { status, body } = await this.#api.ask<RolloutView | ProblemBody>('POST', `/v1/rollouts/${this.#rollout}/${verb}`, { ...fields, reason })
    if (status === 200 && 'id' in body && body.id === this.#rollout) return asked
    const error = 'error' in body ? body.error : null
    const isClear = status === 422 && error?.code === 'control_refused' && /^\S+ .*\S$/.test(error.message)
    if (!isClear) throw new Error(`${verb} ${JSON.stringify(fields)} has no clear answer: ${status} ${JSON.stringify(body)}`)
    asked.refused = error.message
    return asked
  }

  /** The reasons of all that was granted. */
  get granted(): string[] {
    return this.asked.filter(({ refused }) => refused === null).map(({ reason }) => reason)
  }
}
