/** `muster rollout plan`: what a rollout would do; changes nothing. */
import type { Command } from 'commander'
import type { Target } from '../argument.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Line } from '../text/line.ts'
import type { Run } from '../world.ts'
import { planLines } from './plan-lines.ts'
import { asking, withRequestFlags } from './request.ts'
import type { RequestFlags } from './request.ts'

export function addPlan(group: Command, run: Run): void {
  const command = withRequestFlags(group.command('plan'))
    .summary('show what a rollout would do')
    .description('Shows who would change from what to what, in which waves, and who is left out and why. Changes nothing.')
    .option('--all', 'every host by name, however many there are')
    .action(doing(run, async (context, target: Target, flags: RequestFlags & { all?: boolean }) => {
      const plan = await asking(target, flags, (request) => context.client.plan(request))
      const hint: Line = [`nothing has been changed; to do it: ${startCommand(target, flags)}`]
      await show(context, plan, () => [...planLines(plan, { all: flags.all ?? false }), [], hint])
    }))
  withExamples(command,
    'muster rollout plan web@1.4.2',
    'muster rollout plan web@1.4.2 --hosts \'env=prod,dc!=sg\' --strategy careful.yaml --all')
}

function startCommand({ service, release }: Target, { hosts, strategy }: RequestFlags): string {
  const flags = [hosts === undefined ? [] : ['--hosts', shellWord(hosts)], strategy === undefined ? [] : ['--strategy', shellWord(strategy)]]
  return ['muster rollout start', `${service}@${release}`, ...flags.flat(), '--watch'].join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
