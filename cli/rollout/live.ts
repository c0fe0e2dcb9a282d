/** A rollout on a terminal, drawn in place until it has ended: its changes say when to look, and how fast it goes. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RolloutView, TaskView } from '../../shared/api/rollout.ts'
import type { Context } from '../context.ts'
import { rolloutChanges } from '../events.ts'
import { patiently } from '../back-off.ts'
import { Redraw } from '../text/redraw.ts'
import { attentionOf } from './attention.ts'
import type { Attention } from './attention.ts'
import { fetchingOf } from './fetch-lines.ts'
import { frameLines } from './frame.ts'
import { Pace } from './pace.ts'

export const REDRAW_MS = 500
/** Last lines and loads change without a change of the rollout. */
export const REFRESH_AT_LEAST_MS = 2000
/** More than a screen holds is not asked for. */
const MAX_IN_WORK = 100

type Seen = { rollout: RolloutView; attention: Attention; fetching: TaskView[]; atMs: number }

/** @returns the rollout as it is when it has ended, or when `isOver` says so */
export async function watchLive({ client, world }: Context, id: string, isOver: (rollout: RolloutView) => boolean): Promise<RolloutView> {
  const screen = new Redraw(world.stdout)
  const pace = new Pace()
  const over = new AbortController()
  const signal = AbortSignal.any([world.signal, over.signal])
  let changed = true
  let trouble: string | null = null

  const look = async (): Promise<Seen> => {
    changed = false
    const [rollout, attention] = await Promise.all([client.rollout(id), attentionOf(client, id, MAX_IN_WORK)])
    return { rollout, attention, fetching: await fetchingOf(client, rollout), atMs: world.now() }
  }
  const draw = ({ rollout, attention, fetching }: Seen, now: number) =>
    screen.draw(frameLines({ rollout, attention, fetching, leftMs: pace.leftMs(rollout, now), slowAfterMs: pace.slowAfterMs, trouble, now }))

  const follow = async () => {
    for await (const change of rolloutChanges(client, id, { signal, onTrouble: (why) => (trouble = why) })) {
      pace.observe(change)
      changed = true
    }
    over.abort()
  }
  const repaint = async () => {
    for (let seen = await look(); !over.signal.aborted; await sleep(REDRAW_MS, undefined, { signal })) {
      const now = world.now()
      // A coordinator that is away is the stream's to report and to wait for.
      if (changed || now - seen.atMs > REFRESH_AT_LEAST_MS) seen = await look().catch(() => seen)
      await draw(seen, now)
      if (isOver(seen.rollout)) over.abort()
    }
  }
  try {
    await untilOver(over.signal, [follow(), repaint()])
    trouble = null
    const last = await patiently(look, world.signal)
    await draw(last, last.atMs)
    return last.rollout
  } finally {
    over.abort()
    await screen.close()
  }
}

/** What is interrupted because all is over has not failed. */
async function untilOver(over: AbortSignal, tasks: Promise<void>[]): Promise<void> {
  await Promise.all(tasks.map((task) => task.catch((error: unknown) => {
    if (!over.aborted) throw error
  })))
}
