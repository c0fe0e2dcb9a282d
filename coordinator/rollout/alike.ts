/** What hosts say, without what sets them apart for no good reason: their own name, local ports, process ids, times and counts of tries. Pure. */
import type { HostName } from '../../shared/ids.ts'

/** Hosts of a group that are named; the others are counted. */
export const MAX_NAMED_HOSTS = 1000

/** Equal for hosts that mean the same. */
export function alike(text: string, host: HostName): string {
  return text
    .replace(new RegExp(`(?<![A-Za-z0-9.-])${RegExp.escape(host)}(?![A-Za-z0-9-])`, 'g'), 'HOST')
    .replace(/(\blocalhost|\b127\.0\.0\.1|\[::1\]):\d+/g, '$1:PORT')
    .replace(/\b(pid|process) \d+/g, '$1 N')
    .replace(/\d+(\.\d+)?(?= ?(ms|s|m|h|tries|attempts)\b)/g, 'N')
}
