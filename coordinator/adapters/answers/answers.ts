/** Kept answers in Redis, under the tag `{answers}`. Keys are digests: what people choose as a key never becomes the name of anything. */
import type { Redis } from 'ioredis'
import { sha256 } from '../../../shared/digest.ts'
import { ANSWERS_KEPT_MS, MAX_ANSWER_BYTES, MAX_ANSWERS } from '../../engine/ports/answers.ts'
import type { Answer, Answers, Standing } from '../../engine/ports/answers.ts'
import { loadScript } from '../redis/script.ts'

const FIRST_USED = '{answers}:first-used'
const REQUESTS = '{answers}:requests'
const KEPT = '{answers}:kept'

type Reply = ['begun' | 'running' | 'other-request'] | ['answered', string]

const beginScript = loadScript<Reply>(new URL('./lua/answers-begin.lua', import.meta.url))
const answerScript = loadScript<null>(new URL('./lua/answers-answer.lua', import.meta.url))

export function redisAnswers(redis: Redis): Answers {
  return {
    async begin(key, request, now): Promise<Standing> {
      const args = [sha256(key), request, now, ANSWERS_KEPT_MS, MAX_ANSWERS]
      const reply = await beginScript(redis, [FIRST_USED, REQUESTS, KEPT], args)
      return reply[0] === 'answered' ? { is: 'answered', answer: JSON.parse(reply[1]) as Answer } : { is: reply[0] }
    },
    async answer(key, answer) {
      if (Buffer.byteLength(answer.body) > MAX_ANSWER_BYTES) return
      await answerScript(redis, [REQUESTS, KEPT], [sha256(key), JSON.stringify(answer)])
    },
  }
}
