/** `muster token create`: the token alone on stdout, so that it can be piped; what it is and how it is used on stderr. */
import { Option } from 'commander'
import type { Command } from 'commander'
import { MAX_USES, TOKEN_ROLES } from '../../shared/api/token.ts'
import type { TokenCreatedView, TokenRequest, TokenRole, TokenView } from '../../shared/api/token.ts'
import { problem } from '../../shared/errors.ts'
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN } from '../../shared/ids.ts'
import { wholeNumber } from '../argument.ts'
import { doing, print, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import { timeToCome } from '../schedule/time-flags.ts'
import type { Run } from '../world.ts'
import { purposeOf } from './purpose.ts'

type Flags = {
  role: TokenRole; name?: string; ttl?: string; labels?: Record<string, string>; uses?: number; hosts?: string; replace?: boolean
}

export function addTokenCreate(group: Command, run: Run): void {
  const command = group.command('create')
    .summary('make a token: for the API, or for machines that are to join')
    .description('Makes a token, and prints it once: for a person or a pipeline (viewer: may look; admin: may do everything), or for machines that are to join '
      + '(agent, relay). Nobody can have it shown again.')
    .addOption(new Option('--role <role>', 'what it is for').choices(TOKEN_ROLES).makeOptionMandatory())
    .option('--name <name>', 'of an API token: who acts with it; the record of changes says so')
    .option('--ttl <duration>', 'how long it is good: 30m, 90d (default: 90d for the API, 1h for joining)')
    .option('--labels <labels>', 'of a join token: labels that the machines are bound to, whatever they say of themselves: dc=fra,env=prod', parseLabels)
    .option('--uses <n>', 'of a join token: how many machines may join (default: 1)', wholeNumber('--uses', 1, MAX_USES))
    .option('--hosts <glob>', 'of a join token: which names they may have (default: any)')
    .option('--replace', 'of a join token: also the name of a machine that has joined before, which then is out')
    .action(doing(run, async (context, flags: Flags) => {
      const request: TokenRequest = flags
      const created = await context.client.createToken(request).catch((error: unknown) => {
        throw renamed(error, (field) => `--${field.split('.', 1)[0]}`)
      })
      await show(context, created, () => [[created.text]])
      if (!context.json) await print(context.world.stderr, explained(created, context.world.now()).map((line) => [line]))
    }))
  withExamples(command, 'muster token create --role agent --labels dc=fra --hosts \'web-*\' --uses 40',
    'muster token create --role admin --name gitlab --ttl 30d',
    'muster token create --role agent | ssh web-1 \'umask 077; cat > /etc/muster/join-token\'')
}

function explained({ id, token }: TokenCreatedView, now: number): string[] {
  return [`${id}: ${purposeOf(token)}; good until ${timeToCome(token.expiresAtMs, now)}; it is not shown again`, useOf(token)]
}

function useOf(token: TokenView): string {
  if (token.kind === 'join') return `on the machine: muster ${token.role} --join FILE, with the token in the file`
  return 'where it is used: muster login URL --token-file FILE, or MUSTER_TOKEN'
}

/** @throws MusterError flag_invalid */
function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair): [string, string] => {
    const [key = '', value = '', ...rest] = pair.split('=')
    if (rest.length === 0 && LABEL_KEY_PATTERN.test(key) && LABEL_VALUE_PATTERN.test(value)) return [key, value]
    throw problem('flag_invalid', `"${pair}" is not a label`, { field: '--labels', expected: 'KEY=VALUE,KEY=VALUE such as dc=fra,env=prod' })
  })
  return Object.fromEntries(pairs)
}
