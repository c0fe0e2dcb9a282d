/** All that a step has printed, read from its host part by part; or what is kept of it here, when the host is away. */
import { OUTPUT_PART_BYTES } from '../../shared/command.ts'
import type { Step } from '../../shared/command.ts'
import { MusterError, problem } from '../../shared/errors.ts'
import { commandId } from '../../shared/ids.ts'
import type { CommandParts, HostName } from '../../shared/ids.ts'
import type { Rollout } from '../rollout/state.ts'
import type { Asks } from './ports/asks.ts'
import type { OutputName, Outputs } from './ports/outputs.ts'

/** For one part. */
export const READ_WITHIN_MS = 15_000

/** A deployment has no step `run`; there it is that of a script which runs once, in its own lane. */
export function laneOf({ kind }: Pick<Rollout, 'kind'>, step: Step): CommandParts['lane'] {
  return step === 'run' && kind !== 'run' ? 'script' : 'task'
}

/**
 * One part is asked for at a time, when the one before has been taken. Of a step that still runs, what there is by now.
 * @throws MusterError output_unknown, host_away
 */
export async function* fullOutput(
  { asks, outputs }: { asks: Asks; outputs: Outputs }, rollout: Pick<Rollout, 'id' | 'kind'>, host: HostName, { attempt, step }: OutputName,
): AsyncGenerator<Uint8Array> {
  const id = commandId({ rollout: rollout.id, host, lane: laneOf(rollout, step), attempt })
  for (let offset = 0, totalBytes = 1; offset < totalBytes;) {
    const part = await asks.ask(host, { kind: 'read-output', id, step, offset, limitBytes: OUTPUT_PART_BYTES }, READ_WITHIN_MS).catch((error: unknown) => {
      if (offset === 0 && error instanceof MusterError && error.problem.code === 'host_away') return { found: false as const, away: error }
      throw error
    })
    if (!part.found) {
      const kept = offset === 0 ? await outputs.kept(rollout.id, host, { attempt, step }) : null
      if (kept === null) throw 'away' in part ? part.away : nothing(host, { attempt, step })
      return yield kept
    }
    yield part.bytes
    offset += part.bytes.length
    totalBytes = part.bytes.length === 0 ? offset : part.totalBytes
  }
}

function nothing(host: HostName, { attempt, step }: OutputName): MusterError {
  return problem('output_unknown', `${host} has no output of ${step}, attempt ${attempt}`, {
    field: 'step', expected: 'a step and an attempt that `muster logs` shows',
  })
}
