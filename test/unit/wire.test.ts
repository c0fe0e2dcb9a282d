/** The wire through real protobuf bytes: what one end says is what the other reads, and what it cannot read never becomes something else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentFrame } from '../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame } from '../../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { Order } from '../../proto/gen/muster/v1/Order.ts'
import { FINDING_MESSAGE_CHARS, MAX_FINDINGS, RESULT_MESSAGE_CHARS, STEPS } from '../../shared/command.ts'
import type { Action, Command, Finding, Goal, Result } from '../../shared/command.ts'
import type { AgentMessage, CoordinatorMessage } from '../../shared/message.ts'
import { commandIdIn, decodeOrder, encodeOrder } from '../../shared/order.ts'
import { orderMessage, Sessions } from '../../shared/proto.ts'
import { agentFrame, coordinatorFrame, readAgentFrame, readCoordinatorFrame } from '../../shared/wire.ts'

const method = Sessions.service.Session
const overWireToAgent = (frame: CoordinatorFrame) => method.responseDeserialize(method.responseSerialize(frame))
const overWireToCoordinator = (frame: AgentFrame) => method.requestDeserialize(method.requestSerialize(frame))

const text = fc.string({ unit: 'binary', maxLength: 40 })
const filled = fc.string({ minLength: 1, maxLength: 40 })
const count = fc.nat(Number.MAX_SAFE_INTEGER)
const names = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,9}$/), text, { maxKeys: 4, noNullPrototype: true })
const artifact = fc.record({ digest: filled, sizeBytes: count, entries: count })
const findings = fc.array(fc.record({ kind: fc.constantFrom('files' as const, 'process' as const, 'link' as const), message: text }), { maxLength: MAX_FINDINGS })
const installed = fc.record({ service: filled, revision: filled, version: filled, findings })
const probe = fc.oneof(
  fc.record({ kind: fc.constant('http' as const), url: text }),
  fc.record({ kind: fc.constant('tcp' as const), address: text }),
  fc.record({ kind: fc.constant('exec' as const), command: text }),
)
const base64 = fc.uint8Array().map((array) => Buffer.from(array).toString('base64'))
const goal: fc.Arbitrary<Goal> = fc.record({
  revision: text,
  version: text,
  srv: artifact,
  cmd: fc.option(artifact),
  variables: names,
  instances: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), names, { maxKeys: 3, noNullPrototype: true }),
  run: fc.option(filled),
  check: fc.option(fc.record({ probe, withinMs: count, forMs: count })),
  steps: fc.dictionary(fc.constantFrom(...STEPS), fc.record({ idempotent: fc.boolean() }), { noNullPrototype: true }),
  release: fc.option(fc.record({ payloadType: text, payload: base64, signatures: fc.array(fc.record({ keyid: text, sig: base64 }), { maxLength: 3 }) })),
})
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('deploy' as const), goal, stop: fc.constantFrom('running' as const, 'new' as const, 'kill' as const), repair: fc.boolean() }),
  fc.record({ kind: fc.constant('remove' as const), stop: fc.constantFrom('running' as const, 'kill' as const) }),
  fc.record({
    kind: fc.constant('script' as const), goal, script: text, wave: fc.option(fc.integer({ min: 1, max: 1000 })), hosts: fc.array(filled), undo: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('exec' as const), command: text }),
)
const command: fc.Arbitrary<Command> = fc.record({
  id: filled,
  rollout: text,
  service: text,
  action,
  path: text,
  account: fc.option(filled),
  timeoutMs: count,
  keepReleases: fc.nat(1000),
  actor: text,
})
const result: fc.Arbitrary<Result> = fc.record({
  id: filled,
  verdict: fc.constantFrom('succeeded', 'failed', 'timed-out', 'unknown', 'withdrawn'),
  step: fc.option(fc.constantFrom(...STEPS)),
  exitCode: fc.integer({ min: -1, max: 255 }),
  message: text,
  revert: fc.constantFrom('not-needed', 'succeeded', 'failed'),
  changed: fc.boolean(),
  durationMs: count,
  installed: fc.option(installed),
})
const step = fc.option(fc.constantFrom(...STEPS))
const transfer = fc.record({
  fromPeersBytes: count, fromRelayBytes: count, fromOriginBytes: count, reusedBytes: count, delta: fc.boolean(), bytesPerSecond: count,
})
const piece = fc.record({ digest: text, sizeBytes: count })
const delta = fc.record({ base: text, root: piece, totalBytes: count })
const agentMessage: fc.Arbitrary<AgentMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    hello: fc.record({
      agentVersion: text,
      labels: names,
      facts: fc.record({ os: text, arch: text, cpus: fc.nat(1000), memoryBytes: count, bootId: text }),
      installed: fc.array(installed),
      open: fc.array(fc.record({ id: filled, claimed: fc.boolean() })),
      policy: fc.option(fc.record({
        services: fc.array(text), accounts: fc.array(text), paths: fc.array(text), run: fc.boolean(), commands: fc.array(text), releaseKeys: fc.array(text),
        broken: fc.option(filled),
      })),
    }),
  }),
  fc.record({
    kind: fc.constant('heartbeat' as const),
    heartbeat: fc.record({
      load1: fc.double({ noNaN: true, noDefaultInfinity: true }),
      memoryFreeBytes: count,
      diskFreeBytes: count,
      runningCommands: fc.nat(1000),
      installed: fc.array(installed),
    }),
  }),
  fc.record({ kind: fc.constant('accepted' as const), id: filled }),
  fc.record({ kind: fc.constant('grants-wanted' as const), id: filled, bases: fc.array(filled, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('claim' as const), id: filled, installed: fc.option(installed) }),
  fc.record({ kind: fc.constant('progress' as const), progress: fc.record({ id: filled, step, bytesDone: count, bytesTotal: count, transfer: fc.option(transfer) }) }),
  fc.record({
    kind: fc.constant('output' as const),
    output: fc.record({ id: filled, step, tail: fc.uint8Array().map((array) => Buffer.from(array)), totalBytes: count }),
  }),
  fc.record({ kind: fc.constant('result' as const), result }),
  fc.record({
    kind: fc.constant('output-part' as const),
    part: fc.record({ ask: filled, bytes: fc.uint8Array().map((array) => Buffer.from(array)), totalBytes: count, found: fc.boolean() }),
  }),
  fc.record({ kind: fc.constant('inspected' as const), inspected: fc.record({ ask: filled, service: filled, findings }) }),
)
const bytes = fc.uint8Array().map((array) => Buffer.from(array))
const trust = fc.record({ authorities: fc.array(bytes, { maxLength: 3 }), signers: fc.array(bytes, { maxLength: 3 }) })
const coordinatorMessage: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  fc.record({ kind: fc.constant('welcome' as const), epoch: count, heartbeatMs: fc.nat(100_000), trust }),
  fc.record({ kind: fc.constant('trust' as const), trust }),
  fc.record({ kind: fc.constant('order' as const), order: fc.record({ order: bytes, signature: bytes, keyId: text }) }),
  fc.record({
    kind: fc.constant('artifact-grants' as const), id: filled,
    grants: fc.array(fc.record({ digest: text, grant: text, expiresAtMs: count, manifest: piece, delta: fc.option(delta) }), { maxLength: 3 }),
    sources: fc.array(fc.record({ kind: fc.constantFrom('relay' as const, 'coordinator' as const), name: text, url: text }), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('grant' as const), id: filled, epoch: count }),
  fc.record({ kind: fc.constant('withdraw' as const), id: filled }),
  fc.record({ kind: fc.constant('result-ack' as const), id: filled }),
  fc.record({ kind: fc.constant('kill' as const), id: filled, reason: text }),
  fc.record({ kind: fc.constant('read-output' as const), ask: filled, id: filled, step, offset: count, limitBytes: fc.nat(100_000) }),
  fc.record({ kind: fc.constant('inspect' as const), ask: filled, service: filled }),
  fc.record({ kind: fc.constant('refusal' as const), code: text, message: text }),
)

describe('round trips', () => {
  it('what an agent says is what the coordinator reads', () => {
    fc.assert(
      fc.property(filled, agentMessage, (host, message) => {
        const frame = overWireToCoordinator(agentFrame(host, message))
        expect(frame.host).toBe(host)
        expect(readAgentFrame(frame)).toEqual(message)
      }),
    )
  })

  it('what a coordinator says is what the agent reads', () => {
    fc.assert(
      fc.property(filled, coordinatorMessage, (host, message) => {
        expect(readCoordinatorFrame(overWireToAgent(coordinatorFrame(host, message)))).toEqual(message)
      }),
    )
  })
})

it('an order is read as it was signed', () => {
  fc.assert(
    fc.property(filled, command, count, count, (host, asked, issuedAtMs, expiresAtMs) => {
      const order = { host, command: asked, issuedAtMs, expiresAtMs }
      expect(decodeOrder(encodeOrder(order))).toEqual(order)
      expect(commandIdIn(encodeOrder(order))).toBe(asked.id)
    }),
  )
})

const ordered = (frame: Order) => decodeOrder(orderMessage.serialize(frame))

describe('a newer peer', () => {
  it('verdicts, steps and reverts that this version does not know read as what promises least', () => {
    const frame = { host: 'h', result: { commandId: 'r-1/h/1', verdict: 99 as never, step: 98 as never, revert: 97 as never } }
    expect(readAgentFrame(overWireToCoordinator(frame))).toMatchObject({ result: { verdict: 'unknown', step: null, revert: 'failed' } })
  })

  it('a body of an unknown kind reads as null on both ends', () => {
    expect(readAgentFrame(overWireToCoordinator({ host: 'h' }))).toBeNull()
    expect(readCoordinatorFrame(overWireToAgent({ host: 'h' }))).toBeNull()
  })

  it.each([
    ['a goal without a program', { revision: 'r', version: '1' }],
    ['a check of an unknown kind', { revision: 'r', version: '1', srv: { digest: 'd' }, check: { withinMs: 5 } }],
  ])('%s is not run, and not taken for a removal either', (_what, goal) => {
    expect(ordered({ host: 'h', command: { commandId: 'r-1/h/1', deploy: { goal } } })).toBeNull()
  })

  it('a command with an action of an unknown kind is not run', () => {
    expect(ordered({ host: 'h', command: { commandId: 'r-1/h/1' } })).toBeNull()
    expect(commandIdIn(orderMessage.serialize({ host: 'h', command: { commandId: 'r-1/h/1' } }))).toBe('r-1/h/1')
  })

  it('what cannot be known of a finding is a finding still, and a way to stop is the usual one', () => {
    const frame = { host: 'h', inspected: { ask: 'a', service: 'web', findings: [{ kind: 99 as never, message: 'odd' }] } }
    expect(readAgentFrame(overWireToCoordinator(frame))).toMatchObject({ inspected: { findings: [{ kind: 'files', message: 'odd' }] } })
    const remove = { host: 'h', command: { commandId: 'r-1/h/1', remove: { stop: 99 as never } } }
    expect(ordered(remove)).toMatchObject({ command: { action: { kind: 'remove', stop: 'running' } } })
  })

  it('settings of unknown steps are left out', () => {
    const goal = { revision: 'r', version: '1', srv: { digest: 'd' }, steps: { start: { idempotent: true }, dance: { idempotent: true } } }
    const order = ordered({ host: 'h', command: { commandId: 'r-1/h/1', deploy: { goal } } })
    expect(order).toMatchObject({ command: { action: { goal: { steps: { start: { idempotent: true } } } } } })
    const { action } = (order as unknown as { command: Command & { action: { kind: 'deploy' } } }).command
    expect(Object.keys(action.goal.steps)).toEqual(['start'])
  })
})

it('findings are cut to their bounds, however many there are', () => {
  const many: Finding[] = Array.from({ length: MAX_FINDINGS + 1 }, () => ({ kind: 'files', message: 'x'.repeat(FINDING_MESSAGE_CHARS + 1) }))
  const sent = agentFrame('h', { kind: 'inspected', inspected: { ask: 'a', service: 'web', findings: many } }).inspected?.findings
  expect(sent?.map(({ message }) => message?.length)).toEqual(Array(MAX_FINDINGS).fill(FINDING_MESSAGE_CHARS))
})

it('a result message is cut to its bound, so that it always fits a frame', () => {
  const long = { ...fc.sample(result, 1)[0]!, message: 'x'.repeat(RESULT_MESSAGE_CHARS + 1) }
  expect(agentFrame('h', { kind: 'result', result: long }).result?.message).toHaveLength(RESULT_MESSAGE_CHARS)
})

it.each([NaN, Infinity, -Infinity])('a load of %d is none: JSON could not say it, and nobody would be shown any host', (load1) => {
  const heartbeat = { load1, memoryFreeBytes: 1, diskFreeBytes: 2, runningCommands: 3, installed: [] }
  const read = readAgentFrame(overWireToCoordinator(agentFrame('h', { kind: 'heartbeat', heartbeat })))
  expect(read).toEqual({ kind: 'heartbeat', heartbeat: { ...heartbeat, load1: 0 } })
})
