/** Hosts that fetch ahead: nothing begins before that is over, each host is counted once, and it is over once and for all. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

const BEGINNINGS = new Set(['SendCommand', 'GrantSlot', 'SendScript'])

export function warmingLaw(): Law {
  const sent = new Set<string>()
  let wasOver = false
  return {
    afterStep({ before, after }, { engine }) {
      const { warming } = after.rollout
      const rows = [...engine.rows.values()]
      const counts = Map.groupBy(rows, ({ warm }) => warm)
      const count = (warm: (typeof rows)[number]['warm']) => counts.get(warm)?.length ?? 0
      if (warming === null) {
        insist(count(null) === rows.length && !after.effects.some(({ type }) => type === 'SendPrefetch'), () => 'a host fetches ahead in a rollout that does not')
        return
      }
      insist(warming.warm === count('warm') && warming.missed === count('missed'), () => `${JSON.stringify(warming)} of ${count('warm')} warm and ${count('missed')} missed`)
      const isWarming = warming.state === 'open' || count('warming') > 0
      const beginning = after.effects.find(({ type }) => BEGINNINGS.has(type))
      insist(!isWarming || beginning === undefined, () => `${beginning?.type} while hosts fetch ahead`)
      for (const effect of after.effects) {
        if (effect.type !== 'SendPrefetch') continue
        insist(before.rollout.phase === 'running' && before.rollout.warming?.state === 'open', () => `${effect.host} is asked to fetch ahead while nobody is`)
        insist(effect.number === (before.task?.prefetch ?? 0) + 1 && !sent.has(`${effect.host}/${effect.number}`), () => `prefetch ${effect.number} of ${effect.host} comes again`)
        sent.add(`${effect.host}/${effect.number}`)
      }
      insist(!wasOver || warming.state === 'over', () => 'what was over is warmed again')
      wasOver = warming.state === 'over'
    },
    whenStill({ engine: { rollout } }) {
      insist(rollout.phase !== 'running' || rollout.warming?.state !== 'open', () => 'the first wave waits for ever')
    },
    atEnd({ engine, prefetches }) {
      insist(engine.rollout.queues['warming-forward'] === 0, () => 'it has ended, and hosts still fetch ahead')
      insist(prefetches.open.length === 0, () => `in mailboxes after the end: prefetches of ${prefetches.open.map(({ host }) => host).join(' ')}`)
    },
  }
}
