/** One command id (rollout, host, attempt) leaves the machine once and leaves the mailbox again; attempts grow by one, as many as the strategy gives. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function commandsLaw(): Law {
  const sent = new Set<string>()
  /** Failures of a host since somebody gave it a fresh set of tries. */
  const failed = new Map<string, number>()
  return {
    afterStep({ event, before, after }) {
      const from = before.task?.attempt ?? 0
      const to = after.task?.attempt ?? 0
      insist(to === from || to === from + 1, () => `the attempt goes from ${from} to ${to}`)
      const commands = after.effects.filter((effect) => effect.type === 'SendCommand')
      insist(commands.length === to - from, () => `${commands.length} commands leave while the attempt goes from ${from} to ${to}`)
      for (const { host, attempt } of commands) {
        insist(attempt === to && !sent.has(`${host}/${attempt}`), () => `${host}/${attempt} is sent twice`)
        sent.add(`${host}/${attempt}`)
        const { attempts } = after.rollout.strategy
        insist((failed.get(host) ?? 0) < attempts, () => `${host} has failed ${failed.get(host)} times and is sent again, with ${attempts} attempts`)
      }
      if (after.task === before.task || after.task === null) return
      const { host, state } = after.task
      if (event.type === 'TaskFailed' && state !== 'unknown') failed.set(host, (failed.get(host) ?? 0) + 1)
      if (event.type === 'RetryDue' || event.type === 'HostRetryRequested' || event.type === 'TurnDue') failed.delete(host)
    },
    atEnd({ hosts, mailbox }) {
      const left = [...hosts.keys()].flatMap((host) => mailbox.of(host))
      insist(left.length === 0, () => `in mailboxes after the end: ${left.map(({ host, attempt }) => `${host}/${attempt}`).join(' ')}`)
    },
  }
}
