/** What people see of what hosts fetch: in a plan, of a rollout that is watched or shown, and of single hosts. */
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Client } from '../../../cli/client.ts'
import type { Context } from '../../../cli/context.ts'
import { fetchingOf } from '../../../cli/rollout/fetch-lines.ts'
import { frameLines } from '../../../cli/rollout/frame.ts'
import { planLines } from '../../../cli/rollout/plan-lines.ts'
import { rolloutLines } from '../../../cli/rollout/show.ts'
import { tellFetches } from '../../../cli/rollout/tell-fetches.ts'
import { textOf } from '../../../cli/text/line.ts'
import type { Line } from '../../../cli/text/line.ts'
import type { RolloutView, TaskView } from '../../../shared/api/rollout.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import type { StrategyInput } from '../../../shared/strategy.ts'
import { failures, NOON_MS, plan, plannedHost, rollout, task } from './fixtures.ts'
import type { RolloutInput } from './fixtures.ts'

const plain = (lines: readonly Line[]) => lines.map((line) => line.map(textOf).join('').trimEnd())
const NOTHING = { failures: failures([]), inWork: [] }

describe('what is fetched', () => {
  const none = { bytesPerSecond: 0, leftMs: null, fromPeersBytes: 0, fromRelayBytes: 0, fromOriginBytes: 0, reusedBytes: 0 }
  const total = (given: Partial<NonNullable<RolloutView['fetched']>>) => ({ ...none, hosts: 500, deltas: 0, bytesDone: 0, bytesTotal: 13.9e9, ...given })
  const one = (host: string, given: Partial<NonNullable<TaskView['fetch']>>) => task({
    host, state: 'waiting', step: null, warm: 'warming', fetch: { ...none, bytesDone: 12_300_000, bytesTotal: 27_800_000, delta: false, ...given },
  })
  const warming = { state: 'open' as const, cold: 0, warming: 380, warm: 118, missed: 2, untilMs: NOON_MS + 60_000 }
  const row = (given: RolloutInput, title: string) => plain(rolloutLines(rollout(given), NOTHING, NOON_MS)).find((line) => line.startsWith(title))

  test('is in one row for all, and by host for those furthest behind', () => {
    const fetched = total({ bytesDone: 6.2e9, bytesPerSecond: 1.53e9, leftMs: 5030, fromPeersBytes: 83, fromRelayBytes: 17 })
    const fetching = [
      one('web-02', { bytesPerSecond: 9_800_000, fromPeersBytes: 83, fromOriginBytes: 17, leftMs: 1582 }),
      one('web-01', { delta: true, reusedBytes: 12_300_000, bytesTotal: 12_310_000 }),
    ]
    const lines = plain(rolloutLines(rollout({ warming, fetched }), NOTHING, NOON_MS, fetching))
    expect(lines).toContain('fetching  6.2 of 13.9 GB · 1.5 GB/s · 83% from peers · 5s left')
    expect(lines.slice(-3)).toEqual([
      'fetching, the furthest behind first',
      '  web-02  12.3 of 27.8 MB · 9.8 MB/s · 83% from peers · 2s left',
      '  web-01  12.3 of 12.3 MB · 12.3 MB were there · a difference',
    ])
    expect(plain(frameLines({ rollout: rollout({ warming, fetched }), attention: NOTHING, fetching, leftMs: null, slowAfterMs: 1, trouble: null, now: NOON_MS })))
      .toEqual(expect.arrayContaining([expect.stringMatching(/^fetching +6\.2 of 13\.9 GB/), '  web-02  12.3 of 27.8 MB · 9.8 MB/s · 83% from peers · 2s left']))
  })

  test('is told once it is over, and so is who has missed it', () => {
    const fetched = total({ bytesDone: 999, bytesTotal: 999, fromPeersBytes: 2, fromOriginBytes: 1, deltas: 1 })
    const over = { ...warming, state: 'over' as const, warming: 0, warm: 4, untilMs: null }
    expect(row({ warming: over, fetched }, 'warm')).toBe('warm     4 of 6 hosts; 2 fetch in their turn')
    expect(row({ warming: over, fetched }, 'fetched')).toBe('fetched  999 bytes · 66% from peers · differences on 1 host')
    expect(row({ warming: over, fetched, phase: 'succeeded' }, 'warm')).toBeUndefined()
    expect(row({ phase: 'failed', fetched: total({ bytesDone: 5 }) }, 'fetched')).toBe('fetched  0.0 of 13.9 GB')
  })

  test.each([false, true])('is told now and then to whoever has no terminal, and not twice the same; as JSON: %s', async (json) => {
    const over = new AbortController()
    const looks = [null, total({ bytesDone: 1e9 }), total({ bytesDone: 1e9 }), total({ bytesDone: 2e9 }), total({ bytesDone: 13.9e9 })]
    let text = ''
    const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    } })
    const client = { rollout: async () => {
      const fetched = looks.shift()
      if (fetched !== undefined) return rollout({ warming, fetched })
      over.abort()
      throw new Error('gone')
    } } as unknown as Client
    await tellFetches({ client, json, world: { stdout, now: () => NOON_MS } } as unknown as Context, 'web-7', over.signal, 1)
    const lines = text.split('\n').filter((line) => line !== '')
    const told = json ? [1e9, 2e9].map((bytesDone) => JSON.stringify({ kind: 'fetching', atMs: NOON_MS, warming, fetched: rollout({ fetched: total({ bytesDone }) }).fetched }))
      : ['12:00:00 fetching 1.0 of 13.9 GB', '12:00:00 fetching 2.0 of 13.9 GB']
    expect(lines).toEqual(told)
  })

  test('is asked for only where something is', async () => {
    const asked: unknown[] = []
    const tasks = [one('web-01', {}), one('web-02', { bytesDone: 27_800_000 }), one('web-03', { bytesDone: 0 }), task({ host: 'web-04', state: 'waiting', warm: 'cold' })]
    const client = { tasks: async (...args: unknown[]) => {
      asked.push(args)
      return { tasks, next: null }
    } } as unknown as Client
    expect((await fetchingOf(client, rollout({ warming, fetched: total({}) }))).map(({ host }) => host)).toEqual(['web-03', 'web-01'])
    expect(asked).toEqual([['web-7', { states: ['waiting'], limit: 200 }]])
    for (const idle of [{ fetched: null }, { fetched: total({ bytesDone: 13.9e9 }) }, { fetched: total({}), phase: 'aborted' as const }]) {
      expect(await fetchingOf(client, rollout(idle))).toEqual([])
    }
    expect(asked).toHaveLength(1)
  })

  test('before the first wave is in the plan', () => {
    const lines = (strategy: StrategyInput, prefetch: boolean) => plain(planLines(plan([[plannedHost('web-01')]], { prefetch, strategy: strategySchema.parse(strategy) }), { all: false }))
    expect(lines({}, true)).toContain('prefetch   all of them fetch before the first wave; it waits 30m 0s for that')
    expect(lines({ prefetchRate: '5MB/s', prefetchWithin: '90s' }, true)).toContain('prefetch   all of them fetch before the first wave, each at most 5.0 MB/s; it waits 1m 30s for that')
    expect(lines({}, false).join()).not.toContain('prefetch')
  })
})
