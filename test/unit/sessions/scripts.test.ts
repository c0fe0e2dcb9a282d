/** What an agent says of a script that runs once is about that script, and never about the task of its host. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Result, Step } from '../../../shared/command.ts'
import { commandIdIn } from '../../../shared/order.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

let fixture: RedisFixture
let coordinator: Coordinator
beforeEach(async () => {
  fixture = await startRedis()
  coordinator = await startCoordinator(fixture, 'one')
})
afterEach(async () => {
  await coordinator.stop()
  await fixture.stop()
})

const command = commandOf('h1', 'web-1', 3, 'script')
const { id } = command
const progress = (step: Step) => ({ kind: 'progress', progress: { id, step, bytesDone: 0, bytesTotal: 0, transfer: null } }) as const
const result = (more: Partial<Result>) => {
  const failed = { id, verdict: 'failed', step: 'run', exitCode: 4, message: 'run: exited with 4', revert: 'not-needed', changed: false, durationMs: 1, installed: null } as const
  return { kind: 'result', result: { ...failed, ...more } } as const
}

async function atWork() {
  await coordinator.mailbox.put('h1', ...signed(command))
  const agent = coordinator.agent('h1').say(hello())
  expect(commandIdIn((await agent.hears('order')).order.order)).toBe('web-1/h1/s3')
  return agent
}

it('is news when it begins and when it ends, and not before', async () => {
  const agent = await atWork()
  for (const step of ['preflight', 'fetch', 'unpack', 'run', 'run'] as const) agent.say(progress(step))
  agent.say(result({}))
  await agent.hears('result-ack')
  expect(coordinator.reports.events).toEqual([
    { type: 'ScriptStarted', on: 'h1', number: 3 },
    { type: 'ScriptEnded', on: 'h1', number: 3, verdict: 'failed', exitCode: 4, message: 'run: exited with 4' },
  ])
})

it('has no slot to claim, and one that was taken back has not ended', async () => {
  const agent = await atWork()
  agent.say({ kind: 'claim', id, installed: null }, result({ verdict: 'withdrawn' }))
  await agent.hears('result-ack')
  expect(coordinator.reports.events).toEqual([])
})
