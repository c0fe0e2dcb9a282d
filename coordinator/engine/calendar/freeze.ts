/** Freeze windows as people make them. What they do is in open-freezes.ts. */
import { problem } from '../../../shared/errors.ts'
import { NAME_PATTERN } from '../../../shared/ids.ts'
import { parseSelector } from '../../../shared/selector.ts'
import type { Freeze, Window } from '../ports/freezes.ts'
import type { Ports } from '../ports/ports.ts'
import { nextOf, parseCron } from './cron.ts'
import { cronIn, timeIn, zoneOf } from './time-fields.ts'

/** Either `from` and `to`, or `cron` and `for` (ms). */
export type NewFreeze = {
  name: string
  from?: string | undefined
  to?: string | undefined
  cron?: string | undefined
  for?: number | undefined
  tz: string
  services?: string | undefined
  hosts?: string | undefined
  reason: string
}

/** @throws MusterError body_invalid, time_invalid, selector_invalid, freeze_exists */
export async function addFreeze(ports: Ports, request: NewFreeze, by: string): Promise<Freeze> {
  const { name, services = null, hosts = null, reason } = request
  if (!NAME_PATTERN.test(name)) {
    throw problem('body_invalid', `"${name}" is not a name`, { field: 'name', expected: 'lower-case letters, digits, dots and dashes, at most 63' })
  }
  const selector = hosts === null ? null : parseSelector(hosts)
  if (selector?.ok === false) throw problem('selector_invalid', selector.message, { field: 'hosts' })
  const freeze: Freeze = { name, window: windowOf(request), services, hosts, reason, by, createdAtMs: ports.clock() }
  const added = await ports.freezes.add(freeze)
  if (added === 'exists') {
    throw problem('freeze_exists', `there is a freeze ${name} already`, { field: 'name', expected: 'another name, or that one removed first' })
  }
  if (added === 'full') throw problem('unavailable', 'there are as many freezes as there may be; muster freeze remove NAME makes room')
  return freeze
}

/** @throws MusterError freeze_unknown */
export async function removeFreeze(ports: Ports, name: string): Promise<Freeze> {
  const freeze = (await ports.freezes.all()).find((one) => one.name === name)
  if (freeze === undefined || !(await ports.freezes.remove(name))) {
    throw problem('freeze_unknown', `there is no freeze ${name}`, { field: 'name', expected: 'a name that `muster freeze list` shows' })
  }
  return freeze
}

/** When it opens next; null: never again. */
export function opensAt({ window }: Freeze, now: number): number | null {
  if (window.kind === 'once') return window.fromMs > now ? window.fromMs : null
  const parsed = parseCron(window.cron)
  return parsed.ok ? nextOf(parsed.cron, window.tz, now) : null
}

function windowOf({ from, to, cron, for: forMs, tz }: NewFreeze): Window {
  if (cron !== undefined && forMs !== undefined && from === undefined && to === undefined) {
    return { kind: 'recurring', cron: cronIn(cron), tz: zoneOf(tz), forMs }
  }
  if (from === undefined || to === undefined || cron !== undefined || forMs !== undefined) {
    throw problem('body_invalid', 'expected either from and to, or cron and for', { field: 'from', expected: 'from and to, or cron and for' })
  }
  const window = { kind: 'once' as const, fromMs: timeIn(from, tz, 'from'), toMs: timeIn(to, tz, 'to') }
  if (window.fromMs < window.toMs) return window
  throw problem('time_invalid', 'to: comes before from', { field: 'to', expected: 'a time after from' })
}
