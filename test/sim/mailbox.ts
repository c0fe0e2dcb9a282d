/** The hosts' mailboxes, with their one rule: a command whose attempt was withdrawn or closed is never put again. */
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { HostName } from '../../shared/ids.ts'

export type Mail = Extract<Effect, { type: 'SendCommand' }>

export class Mailbox {
  readonly #open = new Map<string, Mail>()
  readonly #over = new Set<string>()
  readonly #killed = new Set<string>()

  /** False: it lies there already, or its attempt is over. */
  put(mail: Mail): boolean {
    const id = idOf(mail.host, mail.attempt)
    if (this.#over.has(id) || this.#open.has(id)) return false
    this.#open.set(id, mail)
    return true
  }

  remove(host: HostName, attempt: number): void {
    this.#over.add(idOf(host, attempt))
    this.#open.delete(idOf(host, attempt))
  }

  kill(host: HostName, attempt: number): void {
    this.#killed.add(idOf(host, attempt))
  }

  isKilled({ host, attempt }: Mail): boolean {
    return this.#killed.has(idOf(host, attempt))
  }

  has(host: HostName, attempt: number): boolean {
    return this.#open.has(idOf(host, attempt))
  }

  of(host: HostName): Mail[] {
    return [...this.#open.values()].filter((mail) => mail.host === host)
  }
}

function idOf(host: HostName, attempt: number): string {
  return `${host}/${attempt}`
}
