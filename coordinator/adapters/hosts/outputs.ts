/** Tails of outputs, and what is kept of failures, in Redis, beside their rollout and for a while after it. */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Redis } from 'ioredis'
import { STEPS } from '../../../shared/command.ts'
import type { HostName } from '../../../shared/ids.ts'
import { MAX_KEPT_OUTPUT_BYTES, MAX_KEPT_OUTPUTS, OUTPUT_KEPT_MS } from '../../engine/ports/outputs.ts'
import type { OutputName, Outputs, OutputTail } from '../../engine/ports/outputs.ts'
import { readFields } from '../redis/fields.ts'
import { loadScript } from '../redis/script.ts'
import { keptKey, linesKey, printedKey, tailsKey } from './keys.ts'

/** Tails kept per host and rollout: at least the last four attempts. */
export const MAX_TAILS = 4 * STEPS.length
export const MAX_LINE_CHARS = 200

const keepOutput = loadScript<0 | 1>(new URL('./lua/output-keep.lua', import.meta.url))
const putOutput = loadScript<null>(new URL('./lua/output-put.lua', import.meta.url))

export function redisOutputs(redis: Redis): Outputs {
  return {
    async put(rollout, host, output) {
      const field = `${output.attempt}/${output.step}`
      const args = [field, JSON.stringify(output), host, lastLineOf(output.tail), OUTPUT_KEPT_MS, MAX_TAILS]
      await putOutput(redis, [tailsKey(rollout, host), linesKey(rollout), printedKey(rollout)], args)
    },
    async of(rollout, host) {
      const tails = (await redis.hvals(tailsKey(rollout, host))).map((json) => JSON.parse(json) as OutputTail)
      return tails.sort((one, other) => one.attempt - other.attempt || STEPS.indexOf(one.step) - STEPS.indexOf(other.step))
    },
    async keep(rollout, host, name, bytes) {
      const end = bytes.subarray(-MAX_KEPT_OUTPUT_BYTES)
      const packed = (await promisify(gzip)(end)).toString('base64')
      await keepOutput(redis, [keptKey(rollout)], [keptField(host, name), packed, MAX_KEPT_OUTPUTS, OUTPUT_KEPT_MS])
    },
    async keepsMore(rollout) {
      return (await redis.hlen(keptKey(rollout))) < MAX_KEPT_OUTPUTS
    },
    async kept(rollout, host, name) {
      const packed = await redis.hget(keptKey(rollout), keptField(host, name))
      return packed === null ? null : promisify(gunzip)(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_KEPT_OUTPUT_BYTES })
    },
    async printedAfter(rollout, mark, limit) {
      const found = await redis.zrange(printedKey(rollout), `(${mark}`, '+inf', 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
      return found.flatMap((host, index) => (index % 2 === 0 ? [{ host, mark: Number(found[index + 1]) }] : []))
    },
    lastLines: (rollout, hosts) => readFields(redis, linesKey(rollout), hosts, (line) => line),
  }
}

function keptField(host: HostName, { attempt, step }: OutputName): string {
  return `${host}/${attempt}/${step}`
}

/** Empty when nothing but blanks has been printed. */
function lastLineOf(tail: string): string {
  return tail.trimEnd().split('\n').at(-1)?.trim().slice(0, MAX_LINE_CHARS) ?? ''
}
