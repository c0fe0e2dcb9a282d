/** What an audit has seen of a service, as findings: few, short, and the worst first. */
import { FINDING_MESSAGE_CHARS, MAX_FINDINGS } from '../../shared/command.ts'
import type { Finding } from '../../shared/command.ts'

/** How a directory differs from what was unpacked. The lists hold the first few of so many; `whole` false: there was more to look at than is looked at. */
export type Differences = Record<'changed' | 'gone' | 'new', { count: number; first: string[] }> & { whole: boolean }

/**
 * `trees`: the release and its cmd package; null: nothing is known of what was unpacked there. `link`: where `current` points, null:
 * nowhere. `strays`: processes of the service that run from somewhere else.
 */
export type Observed = {
  trees: { name: string; differences: Differences | null }[]
  link: { to: string | null; expected: string }
  strays: { pid: number; from: string }[]
}

const WORDS = { changed: 'changed since it was unpacked', gone: 'gone', new: 'not from the package' } as const

/** At most MAX_FINDINGS; where there are more, the last one says so. */
export function findingsOf({ trees, link, strays }: Observed): Finding[] {
  const findings: Finding[] = []
  if (link.to !== link.expected) {
    findings.push({ kind: 'link', message: `current points ${link.to === null ? 'nowhere' : `to ${link.to}`}, installed is ${link.expected}` })
  }
  for (const { pid, from } of strays) findings.push({ kind: 'process', message: `process ${pid} runs from ${from}` })
  for (const { name, differences } of trees) findings.push(...filesOf(name, differences))
  const cut = findings.map(({ kind, message }): Finding => ({ kind, message: message.slice(0, FINDING_MESSAGE_CHARS) }))
  if (cut.length <= MAX_FINDINGS) return cut
  const shown = cut.slice(0, MAX_FINDINGS - 1)
  return [...shown, { kind: cut[MAX_FINDINGS - 1]!.kind, message: `and ${cut.length - shown.length} more` }]
}

function filesOf(name: string, differences: Differences | null): Finding[] {
  if (!differences) return []
  return (['changed', 'gone', 'new'] as const).flatMap((how): Finding[] => {
    const { count, first } = differences[how]
    if (count === 0) return []
    const more = count > first.length ? ` and ${count - first.length} more` : ''
    const least = differences.whole ? '' : ', at least'
    return [{ kind: 'files', message: `${name}: ${WORDS[how]}${least}: ${first.join(', ')}${more}` }]
  })
}
