/** Commands as a coordinator would send them, with only what a test cares about spelt out. */
import type { Command, Goal } from '../../../shared/command.ts'
import { sha256 } from '../../../shared/digest.ts'
import { ORDER_VALID_MS } from '../../../shared/order.ts'
import type { Order } from '../../../shared/order.ts'

export const HOST = 'h1'

export function goal(version: string, more: Partial<Goal> = {}): Goal {
  return {
    revision: `rev-${version}`,
    version,
    srv: { digest: sha256(`srv ${version}`), sizeBytes: 10_240, entries: 100 },
    cmd: null,
    variables: {},
    instances: {},
    run: null,
    check: null,
    steps: {},
    release: null,
    ...more,
  }
}

/** `goal` null: the service is to be removed. */
export function command({ goal: to = goal('1.0'), ...more }: Partial<Command> & { goal?: Goal | null } = {}): Command {
  return {
    id: `web-1/${HOST}/1`,
    rollout: 'web-1',
    service: 'web',
    action: to ? { kind: 'deploy', goal: to, stop: 'running', repair: false } : { kind: 'remove', stop: 'running' },
    path: '/srv/web',
    account: null,
    timeoutMs: 60_000,
    keepReleases: 3,
    actor: 'ada',
    ...more,
  }
}

/** What is journalled of an order. */
export function accepted(more: Partial<Command> = {}): Omit<Order, 'host'> {
  const issuedAtMs = Date.now()
  return { command: command(more), issuedAtMs, expiresAtMs: issuedAtMs + ORDER_VALID_MS }
}
