/** Begins a `run`: a command line on hosts, through the same waves, window and controls as a deployment. It moves no assignment and locks no service. */
import { problem } from '../../shared/errors.ts'
import { rolloutId } from '../../shared/ids.ts'
import { RUN } from '../../shared/service.ts'
import { orderHosts } from '../rollout/order.ts'
import { newRollout } from '../rollout/plan.ts'
import type { Rollout } from '../rollout/state.ts'
import { rolloutChange } from './changes.ts'
import { chooseHosts } from './choose-hosts.ts'
import { boundWaves, strategyOf } from './planning.ts'
import type { Ports } from './ports/ports.ts'
import { sealed } from './seal.ts'

export type RunRequest = { hosts: string; command: string; account?: string | undefined; strategy?: Record<string, unknown> | undefined }

/** @throws MusterError strategy_invalid, selector_invalid, host_unknown, no_hosts */
export async function startRun(ports: Ports, request: RunRequest, by: { actor: string; reason: string | null }): Promise<Rollout> {
  const { hosts: selector, command, account = null } = request
  const strategy = strategyOf({}, request.strategy)
  const deployOnly = (['before', 'after'] as const).find((field) => strategy[field].length > 0) ?? (strategy.gate.kind === 'test' ? 'gate' : null)
  if (deployOnly !== null) {
    throw problem('strategy_invalid', `strategy.${deployOnly}: a command has no package that could hold scripts`, { field: `strategy.${deployOnly}` })
  }
  const { chosen } = chooseHosts(await ports.hosts.all(), { who: 'the command', hosts: '*' }, selector)
  boundWaves(strategy, chosen.length)
  const hosts = orderHosts(chosen, strategy.order).map((host) => ({ host, revision: '' }))
  const id = rolloutId(RUN, await ports.rollouts.nextSequence(RUN))
  const now = ports.clock()
  const order = { id, kind: 'run' as const, service: RUN, release: command, revision: '', ...by, strategy, hosts, run: { command, account } }
  const { rollout, tasks } = sealed(ports.seals, newRollout(order, now))
  await ports.rollouts.create(rollout, tasks, [rolloutChange(rollout, null, now)])
  await ports.wakeups.enqueue(id)
  return rollout
}
