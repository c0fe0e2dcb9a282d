/** One command id (rollout, host, attempt) leaves the machine once, and attempts grow by one. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function commandsLaw(): Law {
  const sent = new Set<string>()
  return {
    afterStep({ before, after }) {
      const from = before.task?.attempt ?? 0
      const to = after.task?.attempt ?? 0
      insist(to === from || to === from + 1, () => `the attempt goes from ${from} to ${to}`)
      const commands = after.effects.filter((effect) => effect.type === 'SendCommand')
      insist(commands.length === to - from, () => `${commands.length} commands leave while the attempt goes from ${from} to ${to}`)
      for (const { host, attempt } of commands) {
        insist(attempt === to && !sent.has(`${host}/${attempt}`), () => `${host}/${attempt} is sent twice`)
        sent.add(`${host}/${attempt}`)
      }
    },
  }
}
