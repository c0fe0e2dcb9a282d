/** `muster logs --follow`: what the scripts of a rollout print, while they print it, until the rollout has ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OutputView } from '../../shared/api/rollout.ts'
import type { Step } from '../../shared/command.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { hasEnded } from '../../shared/states.ts'
import type { Phase } from '../../shared/states.ts'
import { print, showEntry } from '../context.ts'
import type { Context } from '../context.ts'
import { rolloutChanges } from '../events.ts'
import { patiently } from '../back-off.ts'
import { changeLine } from '../rollout/change-line.ts'
import { phaseSpan } from '../rollout/standing-lines.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { NewLines } from './new-lines.ts'
import type { NewLine } from './new-lines.ts'

/** Agents send what is printed about as often. */
export const LOOK_EVERY_MS = 1000
/** Hosts in one look; when there are more, the next one follows at once. */
export const HOSTS_PER_LOOK = 200

export type FollowFlags = { host?: string; step?: Step }

export async function followOutputs(context: Context, id: string, flags: FollowFlags): Promise<void> {
  const { client, world } = context
  // A rollout or a host that is not there is not waited for.
  await client.outputs(id, { host: flags.host, limit: 1 })
  const over = new AbortController()
  try {
    await showUntil(context, id, flags, endOf(context, id, AbortSignal.any([world.signal, over.signal])))
  } finally {
    over.abort()
  }
  if (context.json) return
  const rollout = await patiently(() => client.rollout(id), world.signal)
  await print(world.stdout, [[styled(`${id} `, 'faint'), phaseSpan(rollout), `: ${rollout.why}`]])
}

async function showUntil(context: Context, id: string, { host, step }: FollowFlags, ended: Promise<true>): Promise<void> {
  const { client, world } = context
  // Told by the race below, which may begin after it.
  ended.catch(() => undefined)
  const lines = new NewLines()
  let mark = 0
  for (let isOver = false; ;) {
    const page = await patiently(() => client.outputs(id, host === undefined ? { after: mark, limit: HOSTS_PER_LOOK } : { host }), world.signal)
    for (const output of page.hosts) await showNew(context, lines.take(only(output, step), isOver))
    mark = page.mark ?? mark
    if (page.hosts.length === HOSTS_PER_LOOK) continue
    if (isOver) return
    isOver = await Promise.race([ended, sleep(LOOK_EVERY_MS, false, { signal: world.signal })])
    // Once more from the beginning: lines without an end are shown then.
    if (isOver) mark = 0
  }
}

/** True, once the rollout has ended. Until then it says when the rollout is held, and goes on: the scripts are silent then. */
async function endOf({ client, world, json }: Context, id: string, signal: AbortSignal): Promise<true> {
  const onTrouble = (why: string | null) => void print(world.stderr, [[why === null ? 'connected again' : `connection lost: ${why}; trying again`]])
  let phase: Phase = 'queued'
  for await (const change of rolloutChanges(client, id, { signal, onTrouble })) {
    if (change.kind !== 'rollout' || change.phase === phase) continue
    phase = change.phase
    if (!json && !hasEnded(phase)) await print(world.stdout, [changeLine(change)])
  }
  return true
}

function only({ host, outputs }: OutputView, step: Step | undefined): OutputView {
  return { host, outputs: outputs.filter((output) => step === undefined || output.step === step) }
}

async function showNew(context: Context, lines: readonly NewLine[]): Promise<void> {
  if (context.json) for (const line of lines) await showEntry(context, line)
  else await print(context.world.stdout, lines.flatMap(newLines))
}

function newLines({ host, attempt, step, line, skippedBytes }: NewLine): Line[] {
  const from = styled(`${host} ${step}${attempt > 1 ? `, attempt ${attempt}` : ''} | `, 'faint')
  return [...(skippedBytes > 0 ? [[from, styled(`… ${formatBytes(skippedBytes)} not shown`, 'odd')]] : []), [from, line]]
}
