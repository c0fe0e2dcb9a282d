/** What a command wants of the host, as its owner's policy judges it. */
import type { Command } from '../../shared/command.ts'
import type { Wish } from '../../shared/policy.ts'

export function wishOf({ service, path, account, action }: Command): Wish {
  return action.kind === 'exec' ? { kind: 'run', command: action.command, account } : { kind: 'service', service, path, account }
}
