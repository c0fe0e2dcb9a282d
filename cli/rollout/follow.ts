/** A rollout without a terminal: one line per change, or one JSON object, until it has ended. */
import type { RolloutChange } from '../../shared/api/change.ts'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import { hasEnded } from '../../shared/states.ts'
import { print, showEntry } from '../context.ts'
import type { Context } from '../context.ts'
import { rolloutChanges } from '../events.ts'
import { patiently } from '../back-off.ts'
import { timeOfDay } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { changeLine } from './change-line.ts'
import { moveTexts, phaseSpan } from './standing-lines.ts'
import { tellFetches } from './tell-fetches.ts'

/** @returns the rollout as it is when it has ended, or when `isOver` says so */
export async function followChanges(context: Context, id: string, isOver: (rollout: RolloutView) => boolean): Promise<RolloutView> {
  const { client, world } = context
  // A rollout that is not there, or a coordinator that never was, is not waited for.
  await client.rollout(id)
  const over = new AbortController()
  // Where nothing can be printed any more, the changes say so.
  tellFetches(context, id, AbortSignal.any([world.signal, over.signal])).catch(() => undefined)
  try {
    return await followUntil(context, id, isOver)
  } finally {
    over.abort()
  }
}

async function followUntil(context: Context, id: string, isOver: (rollout: RolloutView) => boolean): Promise<RolloutView> {
  const { client, world, json } = context
  const onTrouble = (why: string | null) => void print(world.stderr, [[why === null ? 'connected again' : `connection lost: ${why}; trying again`]])
  const look = () => patiently(() => client.rollout(id), world.signal)
  for await (const change of rolloutChanges(client, id, { signal: world.signal, onTrouble })) {
    if (json) await showEntry(context, change)
    else await print(world.stdout, [changeLine(change)])
    if (!standsStill(change)) continue
    const rollout = await look()
    if (!standsThere(rollout, change)) continue
    if (!json) await print(world.stdout, moveLines(rollout))
    if (isOver(rollout)) return conclude(context, rollout)
  }
  return conclude(context, await look())
}

async function conclude(context: Context, rollout: RolloutView): Promise<RolloutView> {
  if (context.json) await showEntry(context, { kind: hasEnded(rollout.phase) ? 'ended' : 'held', rollout })
  else await print(context.world.stdout, [endLine(rollout, context.world.now())])
  return rollout
}

/** Somebody has to do something before it goes on. */
function standsStill(change: RolloutChange): change is Extract<RolloutChange, { kind: 'rollout' }> {
  return change.kind === 'rollout' && (change.phase === 'paused' || change.gate?.kind === 'manual')
}

/** False when the change is history: the rollout has gone on since. */
function standsThere({ phase, gate, hold }: RolloutView, change: Extract<RolloutChange, { kind: 'rollout' }>): boolean {
  return phase === change.phase && gate?.kind === change.gate?.kind && hold?.sinceMs === change.hold?.sinceMs
}

function moveLines(rollout: RolloutView): Line[] {
  return moveTexts(rollout).map((text): Line => [styled('         to go on: ', 'faint'), text])
}

function endLine(rollout: RolloutView, now: number): Line {
  const { id, why, startedAtMs, createdAtMs, endedAtMs } = rollout
  const atMs = endedAtMs ?? now
  return [styled(`${timeOfDay(atMs)} `, 'faint'), `${id} `, phaseSpan(rollout), `: ${why}, after ${formatDuration(atMs - (startedAtMs ?? createdAtMs))}`]
}
