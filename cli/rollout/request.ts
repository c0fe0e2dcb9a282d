/** What `rollout plan` and `rollout start` ask for, from the same arguments and flags; what is wrong with it is said in their words. */
import type { Command } from 'commander'
import type { RolloutRequest } from '../../shared/api/rollout.ts'
import { problem } from '../../shared/errors.ts'
import { parseHosts, parseTarget } from '../argument.ts'
import type { Target } from '../argument.ts'
import { renamed } from '../refusal.ts'
import { readYamlFile } from '../yaml-file.ts'
import type { YamlFile } from '../yaml-file.ts'

export type RequestFlags = { hosts?: string; strategy?: string; onBusy?: string; prefetch?: boolean; overrideFreeze?: boolean; reason?: string }

export const MAX_REASON_CHARS = 500

export function withRequestFlags(command: Command): Command {
  return command
    .argument('<service@version>', 'what to roll out, such as web@1.4.2', parseTarget)
    .option('--hosts <selector>', 'of the hosts that the service belongs on, only these: labels, names, globs', parseHosts)
    .option('--strategy <file>', 'YAML that overrides the service\'s own strategy, field by field')
    .option('--on-busy <what>', 'when other rollouts have some of its hosts: queue, refuse or supersede')
    .option('--prefetch', 'all hosts fetch the release before the first wave; the default over more than 50 hosts')
    .option('--no-prefetch', 'each host fetches in its turn')
}

/** @throws MusterError flag_invalid */
export function parseReason(text: string): string {
  if (text.length <= MAX_REASON_CHARS) return text
  throw problem('flag_invalid', `the reason has ${text.length} characters`, { field: '--reason', expected: `at most ${MAX_REASON_CHARS} characters` })
}

/**
 * Hands the request that the flags describe to `ask`.
 * @throws what `ask` throws, in the words of the command line; MusterError flag_invalid, yaml_invalid
 */
export async function asking<T>({ service, release }: Target, flags: RequestFlags, ask: (request: RolloutRequest) => Promise<T>): Promise<T> {
  const file = flags.strategy === undefined ? null : await readYamlFile(flags.strategy, '--strategy')
  const nested = file !== null && isNested(file)
  const request: RolloutRequest = {
    service,
    release,
    ...(flags.hosts === undefined ? {} : { hosts: flags.hosts }),
    ...strategyOf(file, nested, flags),
    ...(flags.overrideFreeze === true ? { overrideFreeze: true } : {}),
    ...(flags.reason === undefined ? {} : { reason: flags.reason }),
  }
  return ask(request).catch((error: unknown) => {
    throw renamed(error, (field) => fieldInWords(field, file, nested))
  })
}

/** A flag of its own wins over the file. */
function strategyOf(file: YamlFile | null, nested: boolean, { onBusy, prefetch }: RequestFlags): Pick<RolloutRequest, 'strategy'> {
  const own = { ...(onBusy === undefined ? {} : { onBusy }), ...(prefetch === undefined ? {} : { prefetch }) }
  if (file === null && Object.keys(own).length === 0) return {}
  const written = (nested ? file?.value['strategy'] as Record<string, unknown> : file?.value) ?? {}
  return { strategy: { ...written, ...own } }
}

/** The file may be the strategy, or a document (a service's, say) that has one. */
function isNested({ value }: YamlFile): boolean {
  const { strategy } = value
  return typeof strategy === 'object' && strategy !== null && !Array.isArray(strategy)
}

function fieldInWords(field: string, file: YamlFile | null, nested: boolean): string | null {
  if (field === 'service' || field === 'release') return 'service@version'
  if (field === 'name') return 'name'
  if (['hosts', 'reason', 'at', 'cron', 'tz'].includes(field)) return `--${field}`
  if (field === 'strategy.onBusy') return '--on-busy'
  const inner = /^strategy\.?(.*)$/.exec(field)?.[1]
  if (inner === undefined || file === null) return null
  return `--strategy ${inner} (${file.place(nested ? field : inner)})`
}
