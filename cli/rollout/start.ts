/** `muster rollout start` */
import type { Command } from 'commander'
import type { Target } from '../argument.ts'
import { doing, print, show, showEntry } from '../context.ts'
import { withExamples } from '../help.ts'
import { schedule } from '../schedule/add.ts'
import { withZone, zoneOf } from '../schedule/time-flags.ts'
import type { ZoneFlag } from '../schedule/time-flags.ts'
import { counted } from '../../shared/counted.ts'
import type { Run } from '../world.ts'
import { asking, parseReason, withRequestFlags } from './request.ts'
import type { RequestFlags } from './request.ts'
import { watch } from './watch.ts'

type Flags = RequestFlags & ZoneFlag & { at?: string; watch?: boolean; untilHeld?: boolean }

export function addStart(group: Command, run: Run): void {
  const command = withZone(withRequestFlags(group.command('start')))
    .summary('begin a rollout')
    .description('Begins a rollout. It goes on by itself; whether anybody watches makes no difference to it.')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .option('--at <time>', 'begin then: 2026-12-01 02:00; see also muster schedule add')
    .option('--override-freeze', 'begin also in a freeze window; asks for a --reason')
    .option('--watch', 'show how it goes until it has ended, as muster rollout watch does')
    .option('--until-held', 'with --watch: end, with exit code 1, as soon as it is paused')
    .action(doing(run, async (context, target: Target, flags: Flags) => {
      if (flags.at !== undefined) return schedule(context, target, flags, { at: flags.at, tz: zoneOf(flags) })
      const rollout = await asking(target, flags, (request) => context.client.start(request))
      const { id, service, release, hosts, waves } = rollout
      const started = `${id} started: ${service} ${release} on ${counted(hosts, 'host')} in ${counted(waves.length, 'wave')}`
      if (flags.watch !== true) {
        await show(context, rollout, () => [[started], [`watch it: muster rollout watch ${id}`]])
        return
      }
      if (context.json) await showEntry(context, { kind: 'started', rollout })
      else await print(context.world.stdout, [[started]])
      return watch(context, id, { untilHeld: flags.untilHeld ?? false })
    }))
  withExamples(command,
    'muster rollout start web@1.4.2 --watch',
    'muster rollout start web@1.4.2 --hosts \'env=prod,dc!=sg\' --strategy careful.yaml --reason \'fixes the login\'')
}
