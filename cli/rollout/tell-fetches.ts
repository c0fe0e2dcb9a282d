/** What is fetched, told now and then to those who follow a rollout without a terminal: hosts may be at it for long, and none of its changes say so. */
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded } from '../../shared/states.ts'
import { print, showEntry } from '../context.ts'
import type { Context } from '../context.ts'
import { timeOfDay } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import { fetchText, isUnderWay } from './fetch-lines.ts'

export const TOLD_EVERY_MS = 10_000

/** Until `signal` aborts. A coordinator that is away is others' to report. @throws when nothing can be printed */
export async function tellFetches(context: Context, id: string, signal: AbortSignal, everyMs = TOLD_EVERY_MS): Promise<void> {
  const { client, world, json } = context
  for (let told = ''; await passed(everyMs, signal); ) {
    const rollout = await client.rollout(id).catch(() => null)
    if (signal.aborted || rollout === null || rollout.fetched === null || hasEnded(rollout.phase) || !isUnderWay(rollout.fetched)) continue
    const { warming, fetched } = rollout
    const text = fetchText(fetched)
    if (text === told) continue
    told = text
    const atMs = world.now()
    if (json) await showEntry(context, { kind: 'fetching', atMs, warming, fetched })
    else await print(world.stdout, [[styled(`${timeOfDay(atMs)} `, 'faint'), `fetching ${text}`]])
  }
}

async function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false)
}
