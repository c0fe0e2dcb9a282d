/** Tails of outputs and bytes of fetches in Redis, beside their rollout and for a while after it. */
import type { Redis } from 'ioredis'
import { STEPS } from '../../../shared/command.ts'
import type { HostName } from '../../../shared/ids.ts'
import { OUTPUT_KEPT_MS } from '../../engine/ports/outputs.ts'
import type { FetchProgress, Outputs, OutputTail } from '../../engine/ports/outputs.ts'
import { loadScript } from '../redis/script.ts'
import { fetchKey, linesKey, tailsKey } from './keys.ts'

/** Tails kept per host and rollout: at least the last four attempts. */
export const MAX_TAILS = 4 * STEPS.length
export const MAX_LINE_CHARS = 200

const putOutput = loadScript<null>(new URL('./lua/output-put.lua', import.meta.url))

export function redisOutputs(redis: Redis): Outputs {
  return {
    async put(rollout, host, output) {
      const field = `${output.attempt}/${output.step}`
      const args = [field, JSON.stringify(output), host, lastLineOf(output.tail), OUTPUT_KEPT_MS, MAX_TAILS]
      await putOutput(redis, [tailsKey(rollout, host), linesKey(rollout)], args)
    },
    async of(rollout, host) {
      const tails = (await redis.hvals(tailsKey(rollout, host))).map((json) => JSON.parse(json) as OutputTail)
      return tails.sort((one, other) => one.attempt - other.attempt || STEPS.indexOf(one.step) - STEPS.indexOf(other.step))
    },
    lastLines: (rollout, hosts) => valuesOf(redis, linesKey(rollout), hosts, (line) => line),
    async putProgress(rollout, host, progress) {
      const key = fetchKey(rollout)
      await redis.multi().hset(key, host, JSON.stringify(progress)).pexpire(key, OUTPUT_KEPT_MS).exec()
    },
    progressOf: (rollout, hosts) => valuesOf(redis, fetchKey(rollout), hosts, (json) => JSON.parse(json) as FetchProgress),
  }
}

/** The hash's values for these hosts, where there are any. */
async function valuesOf<T>(redis: Redis, key: string, hosts: readonly HostName[], read: (value: string) => T): Promise<Map<HostName, T>> {
  const values = hosts.length > 0 ? await redis.hmget(key, ...hosts) : []
  return new Map(hosts.flatMap((host, index) => (values[index] ? [[host, read(values[index])]] : [])))
}

/** Empty when nothing but blanks has been printed. */
function lastLineOf(tail: string): string {
  return tail.trimEnd().split('\n').at(-1)?.trim().slice(0, MAX_LINE_CHARS) ?? ''
}
