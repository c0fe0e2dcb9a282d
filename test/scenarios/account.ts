/** What an act led to, in words: who went from where to where and what was done about it; hosts to which the same happened share a line. */
import type { HostName } from '../../shared/ids.ts'
import type { Effect } from '../../coordinator/rollout/effect.ts'
import { isTold } from '../sim/told.ts'
import { explain } from '../../coordinator/rollout/explain.ts'
import { executableOf } from '../../coordinator/rollout/script.ts'
import type { Rollout, Script, Task } from '../../coordinator/rollout/state.ts'
import { isWarming } from '../../coordinator/rollout/warming.ts'
import type { Seen } from '../sim/engine.ts'
import type { Outcome, Stage } from '../sim/stage.ts'

export function accountOf({ refused, steps }: Outcome, order: readonly HostName[]): string[] {
  if (refused !== null) return [`refused: ${refused}`]
  const ways = new Map<HostName, string[]>()
  const deeds = new Map<HostName | null, string[]>()
  const scripts: ScriptLines = new Map()
  const rollout: string[] = []
  for (const { before, after } of steps) {
    append(rollout, describeRollout(before.rollout), describeRollout(after.rollout))
    followScripts(scripts, before.rollout, after)
    if (before.task !== null && after.task !== null) append(entry(ways, before.task.host), describeTask(before.task), describeTask(after.task))
    for (const effect of after.effects) {
      const isShown = effect.type === 'FreeSlot' || !(isTold(effect) || isOfScript(effect))
      if (isShown) entry(deeds, 'host' in effect ? effect.host : null).push(describeEffect(effect))
    }
  }
  const lines = groupByText(order, (host) => told(ways.get(host) ?? [], deeds.get(host) ?? []))
  for (const { name, way, done } of scripts.values()) lines.push(`${name}: ${told(way, done)}`)
  const whole = told(rollout, deeds.get(null) ?? [])
  if (whole !== '') lines.push(`rollout: ${whole}`)
  return lines.length === 0 ? ['nothing'] : lines
}

type ScriptLines = Map<number, { name: string; way: string[]; done: string[] }>

/** By their places: where each script went, and what was done for it. */
function followScripts(lines: ScriptLines, { scripts }: Rollout, { rollout, effects }: Seen['after']): void {
  for (const [place, script] of rollout.scripts.entries()) {
    const former = scripts[place]
    if (former === script) continue
    const line = lines.get(place) ?? { name: nameOf(script), way: [], done: [] }
    append(line.way, former === undefined ? 'to come' : describeScript(former), describeScript(script))
    line.done.push(...effects.filter((effect) => isOfScript(effect) && effect.number === script.number).map(describeEffect))
    lines.set(place, line)
  }
}

function isOfScript(effect: Effect): effect is Extract<Effect, { type: 'SendScript' | 'CloseScript' }> {
  return effect.type === 'SendScript' || effect.type === 'CloseScript'
}

/** Where everything stands. */
export function statusOf({ engine }: Stage): string[] {
  const { why, moves } = explain(engine.rollout)
  return [
    `${engine.rollout.phase}: ${why}`,
    ...moves.map(({ command, effect }) => `  could be moved by: ${command === null ? effect : `${command} (${effect})`}`),
    ...groupByText([...engine.rows.keys()], (host) => describeTask(engine.rows.get(host)!)),
    ...engine.rollout.scripts.map((script) => `${nameOf(script)}: ${describeScript(script)}`),
  ]
}

/** A way of states, without those in between that are the same in words; then the deeds. */
function told(way: readonly string[], deeds: readonly string[]): string {
  const moved = way.length > 1 ? way.join(' → ') : ''
  return [moved, deeds.join(', ')].filter((part) => part !== '').join(' · ')
}

function append(way: string[], from: string, to: string): void {
  if (way.length === 0) way.push(from)
  if (way.at(-1) !== to) way.push(to)
}

function entry<K>(map: Map<K, string[]>, key: K): string[] {
  const list = map.get(key) ?? []
  map.set(key, list)
  return list
}

/** Lines such as `h1..h3, h7: text`, in the order in which the hosts are in the rollout. */
function groupByText(order: readonly HostName[], textOf: (host: HostName) => string): string[] {
  const groups = Map.groupBy(order.filter((host) => textOf(host) !== ''), textOf)
  return [...groups].map(([text, hosts]) => `${ranges(hosts, order)}: ${text}`)
}

function ranges(hosts: readonly HostName[], order: readonly HostName[]): string {
  const runs: HostName[][] = []
  for (const host of hosts) {
    const last = runs.at(-1)
    if (last !== undefined && order.indexOf(last.at(-1)!) === order.indexOf(host) - 1) last.push(host)
    else runs.push([host])
  }
  return runs.map((run) => (run.length < 3 ? run.join(', ') : `${run[0]}..${run.at(-1)}`)).join(', ')
}

function describeTask({ direction, state, parked, inLineSinceMs, step, tries, warm }: Task): string {
  const notes = [state === 'waiting' ? warm : null, parked, inLineSinceMs === null ? null : 'in line', step, parked === 'backoff' ? `${tries} failed` : null].filter((note) => note !== null)
  return `${direction === 'back' ? 'back ' : ''}${state}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}

function describeRollout(rollout: Rollout): string {
  const { phase, wave, waves, gate, hold, scripts, waitsFor, limitedBy, backOnly, warming } = rollout
  const notes: string[] = []
  if (phase === 'running' && isWarming(rollout)) notes.push(warming?.state === 'open' ? 'warming' : 'stops warming')
  else if (phase === 'running') notes.push(`wave ${wave + 1} of ${waves.length}`)
  if (phase === 'queued' && waitsFor.length > 0) notes.push(`behind ${waitsFor.join(' ')}`)
  if (phase === 'rolling-back' && backOnly !== null) notes.push(`wave ${backOnly + 1} alone`)
  if (limitedBy !== null) notes.push('its limit is met')
  if (gate?.kind === 'bake') notes.push(`bakes until ${gate.untilMs / 1000}s`)
  if (gate?.kind === 'manual') notes.push('waits to be promoted')
  if (gate?.kind === 'test') notes.push('is tested')
  if (hold?.kind === 'tolerance') notes.push(`${hold.count} ${hold.of}, ${hold.allowed} tolerated`)
  if (hold?.kind === 'freeze') notes.push(`frozen until ${hold.untilMs / 1000}s`)
  if (hold?.kind === 'person') notes.push(`by ${hold.by}`)
  if (hold?.kind === 'script') notes.push(`held by ${nameOf(scripts[hold.script]!)}`)
  if (hold?.kind === 'abort') notes.push(`aborted by ${hold.by}`)
  return notes.length === 0 ? phase : `${phase} (${notes.join(', ')})`
}

function nameOf(script: Script): string {
  return `${executableOf(script)}${script.wave === null ? '' : ` of wave ${script.wave + 1}`}`
}

function describeScript({ state, host, number, away }: Script): string {
  return `${state}${away ? ' (no host is here)' : number > 0 && host !== null ? ` (${number} on ${host})` : ''}`
}

function describeEffect(effect: Effect): string {
  switch (effect.type) {
    case 'SendCommand':
      return `send ${effect.attempt}: ${effect.revision ?? 'take it off'}`
    case 'GrantSlot':
      return `grant ${effect.attempt}${effect.epoch === 1 ? '' : ` in session ${effect.epoch}`}`
    case 'WithdrawCommand':
      return `withdraw ${effect.attempt}`
    case 'CloseCommand':
      return `close ${effect.attempt}`
    case 'Assign':
      return `assign ${effect.revision ?? 'nothing'}`
    case 'KillCommand':
      return `kill ${effect.attempt}: ${effect.reason}`
    case 'SendScript':
      return `send ${effect.number} to ${effect.on}`
    case 'CloseScript':
      return `close ${effect.number}`
    case 'SendPrefetch':
      return `prefetch ${effect.number}: ${effect.revision}`
    case 'WithdrawPrefetch':
      return `withdraw prefetch ${effect.number}`
    case 'ClosePrefetch':
      return `close prefetch ${effect.number}`
    case 'FreeSlot':
      return 'free its place'
    case 'Record':
      return `record ${effect.entry.state}`
    case 'Announce':
      return `announce ${effect.announcement.event}`
    case 'EndRollout':
      return 'end'
  }
}
