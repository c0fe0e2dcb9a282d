/** What comes over a session's wire, in both directions, and the orders within: as bytes, by the very deserializers that gRPC uses. */
import fc from 'fast-check'
import { refuse } from '../../../agent/deploy/acceptable.ts'
import { judgeHello } from '../../../coordinator/api/sessions/greeting.ts'
import type { AgentFrame__Output } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame__Output } from '../../../proto/gen/muster/v1/CoordinatorFrame.ts'
import { STEPS } from '../../../shared/command.ts'
import { MusterError } from '../../../shared/errors.ts'
import { decodeOrder } from '../../../shared/order.ts'
import { orderMessage, Sessions } from '../../../shared/proto.ts'
import { readAgentFrame, readCoordinatorFrame } from '../../../shared/wire.ts'
import { damaged, mostly, subject } from '../subject.ts'

const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = Sessions.service.Session

const host = fc.constantFrom('web-1', 'db-7', '')
const commandId = fc.constantFrom('web-1/web-1/1', 'web-12/db-7/s3', 'web-1/other/1', '../../x', '')
const text = fc.string({ maxLength: 20 })
const count = fc.oneof(fc.nat(), fc.constantFrom(2 ** 40, Number.MAX_SAFE_INTEGER))
const digest = mostly(fc.constantFrom('a'.repeat(64), '07'.repeat(32)), text)
const artifact = fc.record({ digest, sizeBytes: count, entries: count })
const step = fc.constantFrom(...STEPS.map((name) => `STEP_${name.toUpperCase().replaceAll('-', '_')}`), 'STEP_UNSPECIFIED')
const findings = fc.array(fc.record({ kind: fc.constantFrom('FINDING_KIND_FILES', 'FINDING_KIND_UNSPECIFIED'), message: text }), { maxLength: 9 })
const installed = fc.record({ service: fc.constantFrom('web', 'Bad Name'), revision: text, version: fc.constantFrom('1.0', '../1'), findings })
const labels = fc.dictionary(fc.constantFrom('env', 'dc', 'BAD'), fc.constantFrom('prod', 'sg', 'b d'), { maxKeys: 3 })

const agentBody = fc.oneof(
  fc.record({
    hello: fc.record({
      agentVersion: text, labels, facts: fc.record({ os: text, arch: text, cpus: fc.nat(99), memoryBytes: count, bootId: text }),
      installed: fc.array(installed, { maxLength: 2 }), open: fc.array(fc.record({ commandId, claimed: fc.boolean() }), { maxLength: 2 }),
    }, { requiredKeys: [] }),
  }),
  fc.record({ heartbeat: fc.record({ load1: fc.double(), memoryFreeBytes: count, installed: fc.array(installed, { maxLength: 2 }) }) }),
  fc.record({ claim: fc.record({ commandId, installed }, { requiredKeys: ['commandId'] }) }),
  fc.record({ progress: fc.record({ commandId, step, bytesDone: count, bytesTotal: count }) }),
  fc.record({ output: fc.record({ commandId, step, tail: fc.uint8Array({ maxLength: 50 }), totalBytes: count }) }),
  fc.record({ result: fc.record({ commandId, step, exitCode: fc.integer(), message: text, installed }, { requiredKeys: ['commandId'] }) }),
  fc.constant({}),
)

const one = fc.constantFrom
const command = fc.record({
  commandId: mostly(one('web-1/web-1/1', 'web-12/web-1/s3'), commandId), rollout: text, service: mostly(one('web', 'db.main'), one('../web', '')),
  path: mostly(one('/srv/web', '/opt/a b'), one('/', '/srv/../etc', 'srv', '/srv/\0')), account: mostly(one('', 'www-data'), one('a b', '-x')),
  timeoutMs: mostly(fc.integer({ min: 1, max: 1e9 }), one(0)), keepReleases: fc.nat(50), actor: text,
})
const goal = fc.record({
  revision: text, version: mostly(one('1.0', '2.0-rc.1'), one('../1', '')), srv: artifact, cmd: artifact, run: text,
  variables: fc.dictionary(mostly(one('PORT', 'PATH'), one('bad', '')), mostly(text, one('\0')), { maxKeys: 2 }),
  instances: fc.dictionary(mostly(one('a', 'b2'), one('B-', '')), fc.constant({ variables: {} }), { maxKeys: 2 }),
}, { requiredKeys: ['version', 'srv'] })
const script = mostly(one('migrate', 'smoke-test'), one('../migrate', ''))
const action = fc.oneof(
  fc.record({ deploy: fc.record({ goal, repair: fc.boolean() }, { requiredKeys: ['goal'] }) }),
  fc.record({ remove: fc.constant({}) }),
  fc.record({ script: fc.record({ goal, script, hosts: fc.array(mostly(one('web-1'), one('../x')), { maxLength: 2 }), wave: fc.nat(9) }) }),
  fc.record({ exec: fc.record({ command: text }) }),
)
const order = fc.tuple(command, action, host, count, count).map(([rest, what, forHost, issuedAtMs, expiresAtMs]) => ({
  command: { ...rest, ...what }, host: forHost, issuedAtMs, expiresAtMs,
}))

const coordinatorBody = fc.oneof(
  fc.record({ welcome: fc.record({ epoch: count, heartbeatMs: fc.nat() }) }),
  fc.record({ order: fc.record({ order: fc.uint8Array({ maxLength: 80 }), signature: fc.uint8Array({ maxLength: 64 }), keyId: text }) }),
  fc.record({ trust: fc.record({ authorities: fc.array(fc.uint8Array()), signers: fc.array(fc.uint8Array()) }) }),
  fc.record({ kill: fc.record({ commandId, reason: text }) }),
  fc.record({ readOutput: fc.record({ ask: text, commandId, step, offset: count, limitBytes: fc.nat() }) }),
  fc.record({ grant: fc.record({ commandId, epoch: count }) }),
)

/** gRPC ends the call when bytes are no message at all. */
function deserialized<T>(read: (bytes: Buffer) => T, bytes: Buffer): T | null {
  try {
    return read(bytes)
  } catch {
    return null
  }
}

const framed = (body: fc.Arbitrary<object>, serialize: (frame: never) => Buffer) =>
  damaged(fc.tuple(host, body).map(([name, said]) => serialize({ host: name, ...said } as never)))

export const agentFrames = subject('agent frames', framed(agentBody, requestSerialize), (bytes) => {
  const frame = deserialized<AgentFrame__Output>(requestDeserialize, bytes)
  const message = frame === null ? null : readAgentFrame(frame)
  if (message?.kind !== 'hello') return message === null ? 'refused' : 'accepted'
  try {
    judgeHello(message.hello)
    return 'accepted'
  } catch (error) {
    if (error instanceof MusterError) return 'refused'
    throw error
  }
})

export const coordinatorFrames = subject('coordinator frames', framed(coordinatorBody, responseSerialize), (bytes) => {
  const frame = deserialized<CoordinatorFrame__Output>(responseDeserialize, bytes)
  return frame !== null && readCoordinatorFrame(frame) !== null ? 'accepted' : 'refused'
})

/** As if they had been signed: what an agent makes of a well-signed order that is nonsense. */
export const orders = subject('orders', damaged(order.map((whole) => orderMessage.serialize(whole as never))), (bytes) => {
  const read = decodeOrder(bytes)
  if (read === null) return 'refused'
  if (refuse(read.command, 'web-1') !== null) return 'refused'
  const { path, service } = read.command
  if (path.split('/').includes('..') || path.includes('\0') || /[/\\]/.test(service)) throw new Error(`acceptable: ${JSON.stringify(read.command)}`)
  return 'accepted'
})
