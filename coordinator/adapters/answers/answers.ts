/**
 * Kept answers in Redis, under the tag `{answers}`, encrypted: some hold a secret that is shown once. Keys are digests: what people choose as a key never
 * becomes the name of anything.
 */
import type { Redis } from 'ioredis'
import { sha256 } from '../../../shared/digest.ts'
import { ANSWERS_KEPT_MS, MAX_ANSWER_BYTES, MAX_ANSWERS } from '../../engine/ports/answers.ts'
import type { Answer, Answers, Standing } from '../../engine/ports/answers.ts'
import type { Vault } from '../../engine/ports/keys.ts'
import { loadScript } from '../redis/script.ts'

const FIRST_USED = '{answers}:first-used'
const REQUESTS = '{answers}:requests'
const KEPT = '{answers}:kept'

type Reply = ['begun' | 'running' | 'other-request'] | ['answered', string]

const beginScript = loadScript<Reply>(new URL('./lua/answers-begin.lua', import.meta.url))
const answerScript = loadScript<null>(new URL('./lua/answers-answer.lua', import.meta.url))

export function redisAnswers(redis: Redis, vault: Vault): Answers {
  return {
    async begin(key, request, now): Promise<Standing> {
      const digest = sha256(key)
      const reply = await beginScript(redis, [FIRST_USED, REQUESTS, KEPT], [digest, request, now, ANSWERS_KEPT_MS, MAX_ANSWERS])
      if (reply[0] !== 'answered') return { is: reply[0] }
      const answer = vault.decrypt(about(digest), reply[1])
      // It was carried out, and nobody knows with what answer: it must not be carried out a second time.
      return answer === null ? { is: 'running' } : { is: 'answered', answer: JSON.parse(answer) as Answer }
    },
    async answer(key, answer) {
      if (Buffer.byteLength(answer.body) > MAX_ANSWER_BYTES) return
      const digest = sha256(key)
      await answerScript(redis, [REQUESTS, KEPT], [digest, vault.encrypt(about(digest), JSON.stringify(answer))])
    },
  }
}

function about(digest: string): string {
  return `${KEPT} ${digest}`
}
