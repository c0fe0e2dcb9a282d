/** `muster audit`: who changed what. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { AuditEntryView } from '../shared/api/audit.ts'
import { parseDuration } from '../shared/duration.ts'
import { problem } from '../shared/errors.ts'
import { shortened } from '../shared/shortened.ts'
import type { AuditQuery } from './client.ts'
import { doing, showPart } from './context.ts'
import type { Context } from './context.ts'
import { withExamples } from './help.ts'
import { withLimit } from './limit.ts'
import { dateAndTime } from './text/clock.ts'
import { hostRanges } from './text/host-ranges.ts'
import { styled } from './text/line.ts'
import type { Span, Tone } from './text/line.ts'
import { tableLines } from './text/table.ts'
import type { Run } from './world.ts'

/** Changed fields that a row has room for, and characters of a value or a name; --json has all. */
export const SHOWN_CHANGES = 3
const SHOWN_CHARS = 40

type Flags = { service?: string; rollout?: string; host?: string; webhook?: string; actor?: string; verb?: string; since?: number; limit: number }

const TARGETS = ['rollout', 'service', 'host', 'webhook'] as const
const TONES: Partial<Record<AuditEntryView['outcome'], Tone>> = { refused: 'faint', failed: 'bad', unknown: 'odd', open: 'odd' }

export function addAudit(program: Command, run: Run): void {
  const command = program.command('audit')
    .summary('who changed what, when, from where and why')
    .description('Lists the changes that were made or refused, the latest first. '
      + '"open" is one that has begun, and may be under way or have lost its coordinator.')
  for (const kind of TARGETS) {
    const others = TARGETS.filter((other) => other !== kind)
    command.addOption(new Option(`--${kind} <${kind === 'rollout' ? 'id' : 'name'}>`, `to this ${kind} alone`).conflicts(others))
  }
  withLimit(command, 'entries')
    .option('--actor <name>', 'by this person or program; muster: what the system does by itself')
    .option('--verb <verb>', 'of this kind alone, such as rollout.pause')
    .option('--since <duration>', 'not longer ago than this', parseSince)
    .action(doing(run, (context, flags: Flags) => audit(context, flags)))
  withExamples(command, 'muster audit --since 2h', 'muster audit --service web --actor alice', 'muster audit --rollout web-7 --json')
}

async function audit(context: Context, { actor, verb, since, limit, ...targets }: Flags): Promise<void> {
  const [kind] = TARGETS.filter((one) => targets[one] !== undefined)
  const target = kind === undefined ? undefined : `${kind}/${targets[kind]}`
  const page = await upTo(context, limit, { actor, verb, target, since: since === undefined ? undefined : context.world.now() - since })
  await showPart(context, page, () => tableLines(['WHEN', 'WHO', 'WHAT', 'TO', 'OUTCOME', 'CHANGED', 'REASON'], page.entries.map(rowOf)))
}

/** Pages may be short: what a filter leaves out is looked through on the way. */
async function upTo({ client }: Context, limit: number, query: AuditQuery): Promise<{ entries: AuditEntryView[]; next: string | null }> {
  const entries: AuditEntryView[] = []
  let next: string | null = null
  do {
    const page = await client.audit({ ...query, cursor: next ?? undefined, limit: limit - entries.length })
    entries.push(...page.entries)
    next = page.next
  } while (next !== null && entries.length < limit)
  return { entries: entries.slice(0, limit), next }
}

function rowOf(entry: AuditEntryView): Span[] {
  const { atMs, actor, verb, targets, outcome, code, reason } = entry
  const tone = TONES[outcome]
  const said = code === null ? outcome : `${outcome}: ${code}`
  const to = shortened(targetText(targets), SHOWN_CHARS)
  return [dateAndTime(atMs), actor, verb, to, tone === undefined ? said : styled(said, tone), changedText(entry), reason ?? '']
}

/** What was changed, and which of its hosts. */
function targetText([first = '', ...others]: readonly string[]): string {
  const hosts = others.filter((one) => one.startsWith('host/')).map((one) => one.slice('host/'.length))
  return hosts.length === 0 ? first : `${first} ${hostRanges(hosts)}`
}

/** `phase: running → paused, hold: person`: what was not there before has nothing that it came from. */
function changedText({ changes }: AuditEntryView): string {
  const shown = changes.slice(0, SHOWN_CHANGES).map(({ field, before, after }) => {
    return `${field}: ${before === null ? '' : `${valueText(before)} → `}${valueText(after)}`
  })
  const left = changes.length - shown.length
  return [...shown, ...(left > 0 ? [`${left} more`] : [])].join(', ')
}

function valueText(value: unknown): string {
  if (value === null) return '–'
  return shortened(typeof value === 'string' ? value : JSON.stringify(value), SHOWN_CHARS)
}

/** @throws MusterError flag_invalid */
function parseSince(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null) return ms
  throw problem('flag_invalid', `"${text}" is not a duration`, { field: '--since', expected: 'a duration such as 30m, 2h or 7d' })
}
