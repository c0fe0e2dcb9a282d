/** What a coordinator hears of the fetches of one command, all packages together. */
import { expect, test } from 'vitest'
import { Telling } from '../../../agent/telling.ts'
import type { AgentMessage } from '../../../shared/message.ts'
import type { Transfer } from '../../../shared/distribution/offer.ts'

const transfer: Transfer = { fromPeersBytes: 0, fromRelayBytes: 0, fromOriginBytes: 0, reusedBytes: 0, delta: false, bytesPerSecond: 0 }

test('nothing before something is known of every package; then the sum, at the rate of those that still come', () => {
  const said: AgentMessage[] = []
  const telling = new Telling('r1/h1/1', (message) => said.push(message) > 0)
  const [srv, cmd] = [telling.of('srv'), telling.of('cmd')]
  cmd({ ...transfer, fromRelayBytes: 300, bytesPerSecond: 300 }, 300, 300)
  expect(said).toEqual([])
  srv({ ...transfer, fromPeersBytes: 1000, bytesPerSecond: 500 }, 1000, 10_000)
  expect(said).toMatchObject([{ kind: 'progress', progress: { bytesDone: 1300, bytesTotal: 10_300, transfer: { fromPeersBytes: 1000, fromRelayBytes: 300, bytesPerSecond: 500 } } }])
})

test('a package that turns out to be here keeps nobody from hearing of the other', () => {
  const said: AgentMessage[] = []
  const telling = new Telling('r1/h1/1', (message) => said.push(message) > 0)
  const srv = telling.of('srv')
  telling.of('cmd')
  srv(transfer, 1000, 10_000)
  expect(said).toEqual([])
  telling.over('cmd')
  srv(transfer, 2000, 10_000)
  expect(said).toMatchObject([{ progress: { bytesDone: 2000, bytesTotal: 10_000 } }])
})
