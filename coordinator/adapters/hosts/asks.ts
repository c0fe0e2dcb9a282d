/**
 * Questions to hosts over Redis pub/sub: to the coordinator that is recorded as holding the host's stream, and its answer back. Owns that every
 * question ends: with an answer, or with `host_away`, at the latest when its time is over.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { problem } from '../../../shared/errors.ts'
import type { MusterError } from '../../../shared/errors.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Answerer, AskInbox, Asks, AnswerTo, HostAnswer, Question } from '../../engine/ports/asks.ts'
import type { Notices } from '../redis/notices.ts'
import { answersChannel, asksChannel, HOSTS } from './keys.ts'
import { readSession } from './session-record.ts'

type Asked = { ask: string; from: string; host: HostName; question: Question; withinMs: number }
/** Bytes as base64. */
type Answered = { ask: string; answer: HostAnswer | null; bytes: string | null }

export type RedisAsks = Asks & AskInbox & { close(): Promise<void> }

/** @param coordinator this one's id */
export async function openAsks(redis: Redis, notices: Notices, coordinator: string, log: Logger): Promise<RedisAsks> {
  const open = new Map<string, (answer: HostAnswer | null) => void>()
  const stop = await notices.listen(answersChannel(coordinator), (message) => {
    const { ask, answer } = readAnswer(message)
    open.get(ask)?.(answer)
  })

  async function ask<Q extends Question>(host: HostName, question: Q, withinMs: number): Promise<AnswerTo<Q>> {
    const session = readSession(await redis.hget(HOSTS.sessions, host))
    if (session === null) throw away(`${host} is not connected`)
    const { promise, resolve } = Promise.withResolvers<HostAnswer | null>()
    const id = randomUUID()
    open.set(id, resolve)
    const timer = setTimeout(resolve, withinMs, null)
    try {
      const asked: Asked = { ask: id, from: coordinator, host, question, withinMs }
      const heardBy = await redis.publish(asksChannel(session.coordinator), JSON.stringify(asked))
      if (heardBy === 0) throw away(`the coordinator that ${host} was connected to is gone`)
      const answer = await promise
      if (answer?.kind === question.kind) return answer as AnswerTo<Q>
      throw away(`${host} has not answered`)
    } finally {
      clearTimeout(timer)
      open.delete(id)
    }
  }

  async function reply(message: string, answer: Answerer): Promise<void> {
    const { ask: id, from, host, question, withinMs } = JSON.parse(message) as Asked
    const answered = writeAnswer(id, await answer(host, question, AbortSignal.timeout(withinMs)))
    await redis.publish(answersChannel(from), answered)
  }

  return {
    ask,
    listen: (answer) => notices.listen(asksChannel(coordinator), (message) => {
      reply(message, answer).catch((error: unknown) => log.warn({ err: error }, 'a question to a host was not answered'))
    }),
    async close() {
      stop()
      for (const resolve of open.values()) resolve(null)
    },
  }
}

function away(message: string): MusterError {
  return problem('host_away', message, { field: 'host', expected: 'a host that `muster host list --status connected` shows' })
}

function writeAnswer(ask: string, answer: HostAnswer | null): string {
  const isOutput = answer?.kind === 'read-output'
  const answered: Answered = {
    ask,
    answer: isOutput ? { ...answer, bytes: new Uint8Array() } : answer,
    bytes: isOutput ? Buffer.from(answer.bytes).toString('base64') : null,
  }
  return JSON.stringify(answered)
}

function readAnswer(message: string): { ask: string; answer: HostAnswer | null } {
  const { ask, answer, bytes } = JSON.parse(message) as Answered
  return { ask, answer: answer?.kind === 'read-output' ? { ...answer, bytes: Buffer.from(bytes ?? '', 'base64') } : answer }
}
