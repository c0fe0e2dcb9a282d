/** `muster rollout watch`: looking on. Nothing that happens here changes the rollout. */
import type { Command } from 'commander'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { doing, print } from '../context.ts'
import type { Context } from '../context.ts'
import { EXIT, exitOfPhase } from '../exit.ts'
import type { ExitCode } from '../exit.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'
import { followChanges } from './follow.ts'
import { watchLive } from './live.ts'

export type WatchFlags = { untilHeld: boolean }

export function addWatch(group: Command, run: Run): void {
  const command = group.command('watch')
    .summary('show how a rollout goes until it has ended')
    .description('Shows how a rollout goes until it has ended: on a terminal in place, else one line per change, from its beginning. '
      + 'A paused rollout is watched on, unless --until-held is given. Ctrl-C ends the watching, not the rollout. '
      + 'With --json: each change, then {"kind":"ended","rollout":…} or {"kind":"held",…}. Exit code 0 when it has succeeded, else 1.')
    .argument('<id>', 'the rollout, such as web-7')
    .option('--until-held', 'end, with exit code 1, as soon as it is paused')
    .action(doing(run, (context, id: string, { untilHeld = false }: Partial<WatchFlags>) => watch(context, id, { untilHeld })))
  withExamples(command, 'muster rollout watch web-7', 'muster rollout watch web-7 --until-held --json | jq .')
}

/** @throws Refusal (rollout_unknown), MusterError unavailable */
export async function watch(context: Context, id: string, { untilHeld }: WatchFlags): Promise<ExitCode> {
  const isOver = ({ phase }: RolloutView) => untilHeld && phase === 'paused'
  const isLive = context.world.stdout.isTTY === true && !context.json
  try {
    const rollout = await (isLive ? watchLive : followChanges)(context, id, isOver)
    return exitOfPhase(rollout.phase)
  } catch (error) {
    if (!context.world.signal.aborted) throw error
    await print(context.world.stderr, [[`no longer watching; ${id} goes on. To look again: muster rollout watch ${id}`]])
    return EXIT.interrupted
  }
}
