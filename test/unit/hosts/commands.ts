/** Commands and orders as the engine makes them, for tests. */
import type { Command } from '../../../shared/command.ts'
import { commandId } from '../../../shared/ids.ts'
import type { CommandId, CommandLane } from '../../../shared/ids.ts'
import { ORDER_VALID_MS } from '../../../shared/order.ts'
import type { Order, SignedOrder } from '../../../shared/order.ts'
import { testKeys } from '../../keys.ts'

const { signer } = await testKeys()

/** What a mailbox is given of it. */
export function signed(command: Command, more: Partial<Order> = {}): [SignedOrder, CommandId] {
  return [orderFor(command, more), command.id]
}

export function orderFor(command: Command, more: Partial<Order> = {}): SignedOrder {
  const issuedAtMs = 1_000_000
  return signer.signOrder({ host: command.id.split('/')[1] ?? '', command, issuedAtMs, expiresAtMs: issuedAtMs + ORDER_VALID_MS, ...more })
}

export function commandOf(host: string, rollout = 'web-1', attempt = 1, lane: CommandLane = 'task'): Command {
  return {
    id: commandId({ rollout, host, lane, attempt }),
    rollout,
    service: 'web',
    action: {
      kind: 'deploy',
      goal: {
        revision: 'r2', version: '2.0.0', srv: { digest: 'ab'.repeat(32), sizeBytes: 10_240, entries: 3 }, cmd: null,
        variables: { PORT: '8080' }, instances: {}, run: 'node main.js', check: null, steps: {}, release: null,
      },
      stop: 'running',
      repair: false,
    },
    path: '/srv/web',
    account: null,
    timeoutMs: 60_000,
    keepReleases: 3,
    actor: 'ann',
  }
}
