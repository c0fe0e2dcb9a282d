import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { RolloutView, TaskView } from '../../../shared/api/rollout.ts'
import { failedTask, failures, NOON_MS, phaseChange, rollout, task, taskChange } from './fixtures.ts'
import { cannedApi, refuse, SSE_END, sseEvent, startSse } from './canned-api.ts'
import type { Handler, Routes } from './canned-api.ts'
import { muster } from './muster.ts'

const HOLD = { kind: 'tolerance', of: 'failed', count: 1, allowed: 0, sinceMs: NOON_MS } as const
const HELD = { phase: 'paused', hold: HOLD, why: '1 host failed, more than the 0 that its tolerance allows' } as const
const CHANGES = [
  phaseChange({ why: 'wave 1 of 2' }),
  taskChange('web-01', { wave: 0 }),
  taskChange('web-01', { wave: 0, state: 'failed', message: 'HTTP 500' }),
  phaseChange({ ...HELD, atMs: NOON_MS + 1000 }),
]
const paused = rollout({ ...HELD, moves: [{ command: 'rollout resume web-7', effect: 'go on' }, { command: 'rollout abort web-7', effect: 'end it' }] })
const ended = (phase: RolloutView['phase'], why = '6 of 6 hosts on 1.4.2') => rollout({ phase, why, endedAtMs: NOON_MS + 90_000 })

/** A rollout with `changes`; the stream ends when there is nothing more to tell, or stays open for a held one. */
function watched(view: RolloutView, { changes = CHANGES, open = false, tasks = {} }: { changes?: object[]; open?: boolean; tasks?: Record<string, object[]> } = {}): Routes {
  return {
    'GET /v1/rollouts/web-7': view,
    'GET /v1/rollouts/web-7/tasks': ({ query }) => ({ tasks: tasks[query['state']?.split(',')[0] ?? ''] ?? [], next: null }),
    'GET /v1/rollouts/web-7/failures': failures((tasks['failed'] ?? []) as TaskView[]),
    'GET /v1/rollouts/web-7/events': (_asked, response) => {
      startSse(response).write(changes.map((change, index) => sseEvent(`${index + 1}-0`, 'change', change)).join(''))
      if (!open) response.end(SSE_END)
    },
  }
}

const LINES = [
  '12:00:00 phase running: wave 1 of 2',
  '12:00:00 web-01 running check (wave 1)',
  '12:00:00 web-01 failed at check (wave 1): HTTP 500',
  '12:00:01 phase paused: 1 host failed, more than the 0 that its tolerance allows',
]
const MOVES = ['         to go on: muster rollout resume web-7  # go on', '         to go on: muster rollout abort web-7   # end it']

describe('without a terminal', () => {
  test.each([['succeeded', 0], ['failed', 1], ['aborted', 1], ['rolled-back', 1]] as const)('one line per change until it has %s; exit code %i', async (phase, code) => {
    await using api = await cannedApi(watched(ended(phase)))
    const ran = await muster('rollout watch web-7', { url: api.url })
    expect(ran).toEqual({ code, stderr: '', stdout: [...LINES, `12:01:30 web-7 ${phase}: 6 of 6 hosts on 1.4.2, after 1m 30s`, ''].join('\n') })
  })

  test('what stands still says what would move it, and is watched on', async () => {
    const interrupt = new AbortController()
    await using api = await cannedApi(watched(paused, { open: true }))
    const onOutput = (soFar: string) => {
      if (soFar.endsWith(`${MOVES[1]}\n`)) interrupt.abort()
    }
    const ran = await muster('rollout watch web-7', { url: api.url, signal: interrupt.signal, onOutput })
    expect(ran).toEqual({
      code: 130, stdout: [...LINES, ...MOVES, ''].join('\n'), stderr: 'no longer watching; web-7 goes on. To look again: muster rollout watch web-7\n',
    })
  })

  test('a manual gate stands still, too', async () => {
    const gate = { kind: 'manual', sinceMs: NOON_MS } as const
    await using api = await cannedApi(watched(rollout({ gate, moves: [{ command: 'rollout promote web-7', effect: 'begin wave 2 now' }] }), { changes: [phaseChange({ gate })] }))
    const { stdout } = await muster('rollout watch web-7', { url: api.url })
    expect(stdout).toContain('to go on: muster rollout promote web-7')
  })

  test('--until-held ends when it is held', async () => {
    await using api = await cannedApi(watched(paused, { open: true }))
    const { code, stdout } = await muster('rollout watch web-7 --until-held', { url: api.url })
    expect(code).toBe(1)
    expect(stdout.split('\n').slice(0, -2)).toEqual([...LINES, ...MOVES])
  })

  test('a pause that is history does not end it', async () => {
    await using api = await cannedApi(watched(ended('succeeded')))
    expect(await muster('rollout watch web-7 --until-held', { url: api.url })).toMatchObject({ code: 0 })
  })

  test('with --json one object per line, the last with the rollout', async () => {
    await using api = await cannedApi(watched(ended('succeeded')))
    const { code, stdout } = await muster('rollout watch web-7 --json', { url: api.url })
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([...CHANGES, { kind: 'ended', rollout: ended('succeeded') }])
  })

  test('rollout start --watch begins with what it started', async () => {
    const routes = { ...watched(ended('succeeded')), 'POST /v1/rollouts': rollout() }
    await using api = await cannedApi(routes)
    const text = await muster('rollout start web@1.4.2 --watch', { url: api.url })
    expect(text.stdout.split('\n').slice(0, 2)).toEqual(['web-7 started: web 1.4.2 on 6 hosts in 2 waves', LINES[0]])
    const json = await muster('rollout start web@1.4.2 --watch --json', { url: api.url })
    expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toEqual({ kind: 'started', rollout: rollout() })
    expect([text.code, json.code]).toEqual([0, 0])
  })

  test('a connection that breaks is told beside it, and nothing is missing', async () => {
    let broken = false
    const routes = watched(ended('succeeded'))
    const whole = routes['GET /v1/rollouts/web-7/events'] as Handler
    await using api = await cannedApi({ ...routes, 'GET /v1/rollouts/web-7/events': (asked, response) => {
      if (broken) return whole(asked, response)
      broken = true
      response.destroy()
    } })
    const { code, stdout, stderr } = await muster('rollout watch web-7', { url: api.url })
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, -2)).toEqual(LINES)
    expect(stderr).toMatch(/^connection lost: .*; trying again\nconnected again\n$/)
  })

  test('a rollout that is not there is not waited for', async () => {
    await using api = await cannedApi({ 'GET /v1/rollouts/web-7': (_asked, response) => refuse(response, 404, { code: 'rollout_unknown', message: 'there is no rollout web-7' }) })
    expect(await muster('rollout watch web-7', { url: api.url })).toEqual({ code: 3, stdout: '', stderr: 'error: there is no rollout web-7\n' })
  })
})

describe('on a terminal', () => {
  const terminal = { columns: 60, rows: 24 }
  /** What is on the screen in the end: the cursor goes up and what is below is cleared, nothing else. */
  const screenOf = (output: string): string[] => {
    let lines: string[] = []
    for (const part of output.split('\x1b[J')) {
      const up = /\x1b\[(\d+)A\r$/.exec(part)
      lines.push(...stripVTControlCharacters(part.replace(/\x1b\[\d+A\r$/, '')).split('\n').slice(0, -1))
      if (up !== null) lines = lines.slice(0, lines.length - Number(up[1]))
    }
    return lines.map((line) => line.trimEnd())
  }

  test('it is drawn in place, and the last picture stays', async () => {
    const failed = [failedTask('web-01', 'HTTP 500', { revert: 'not-needed', lastLine: 'a line that is far too long for a terminal of sixty columns' })]
    await using api = await cannedApi(watched(ended('failed', '5 of 6 hosts on 1.4.2, 1 failed'), { tasks: { failed } }))
    const { code, stdout, stderr } = await muster('rollout watch web-7', { url: api.url, terminal })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout.startsWith('\x1b[?25l')).toBe(true)
    expect(stdout.endsWith('\x1b[?25h')).toBe(true)
    expect(screenOf(stdout)).toEqual([
      'web-7  web 1.4.2  failed  1m 30s',
      '',
      'wave 1  ██████████                      2/2',
      'wave 2  ▒▒▒·······                      0/4',
      '█ succeeded  ▒ in work  · not begun',
      '',
      'hosts  3 waiting, 1 running, 2 succeeded',
      'why    5 of 6 hosts on 1.4.2, 1 failed',
      '',
      'failed: 1 host',
      '  failed at check: HTTP 500',
      '    1 host: web-01, since 2026-03-01 12:00:00',
      '    web-01 | a line that is far too long for a terminal of …',
    ])
  })

  test('a held one is watched on, says what would move it, and survives Ctrl-C', async () => {
    const interrupt = new AbortController()
    const slow = [task({ host: 'web-02', lastLine: 'still waiting' })]
    await using api = await cannedApi(watched(paused, { open: true, tasks: { claimed: slow } }))
    const onOutput = (soFar: string) => {
      if (/\x1b\[\d+A/.test(soFar)) interrupt.abort()
    }
    const { code, stdout, stderr } = await muster('rollout watch web-7', { url: api.url, terminal, signal: interrupt.signal, onOutput })
    expect(code).toBe(130)
    expect(stderr).toBe('no longer watching; web-7 goes on. To look again: muster rollout watch web-7\n')
    expect(stdout.endsWith('\x1b[?25h')).toBe(true)
    expect(screenOf(stdout)).toEqual(expect.arrayContaining(['moved by  muster rollout resume web-7  # go on', 'slow: 1 host; muster rollout kill ends what hangs']))
    expect(screenOf(stdout).find((line) => line.startsWith('  web-02'))).toMatch(/^ {2}web-02 {2}check {2}.*\| still waiting$/)
  })

  test('--until-held ends there, too', async () => {
    await using api = await cannedApi(watched(paused, { open: true }))
    expect(await muster('rollout watch web-7 --until-held', { url: api.url, terminal })).toMatchObject({ code: 1, stderr: '' })
  })

  test('no more is drawn than the screen holds', async () => {
    const failed = Array.from({ length: 40 }, (_, index) => failedTask(`web-${index}`, `reason ${index}`))
    await using api = await cannedApi(watched(ended('failed'), { tasks: { failed } }))
    const { stdout } = await muster('rollout watch web-7', { url: api.url, terminal: { columns: 80, rows: 10 } })
    expect(screenOf(stdout)).toHaveLength(9)
  })
})
