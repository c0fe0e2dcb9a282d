import { describe, expect, test } from 'vitest'
import { failureLines, slowLines } from '../../../cli/rollout/attention.ts'
import { changeLine } from '../../../cli/rollout/change-line.ts'
import { frameLines } from '../../../cli/rollout/frame.ts'
import type { Moment } from '../../../cli/rollout/frame.ts'
import { planLines } from '../../../cli/rollout/plan-lines.ts'
import { scriptLines } from '../../../cli/rollout/script-lines.ts'
import { rolloutLines } from '../../../cli/rollout/show.ts'
import { waveLines } from '../../../cli/rollout/wave-lines.ts'
import { textOf } from '../../../cli/text/line.ts'
import type { Line } from '../../../cli/text/line.ts'
import type { RolloutView } from '../../../shared/api/rollout.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import { failedTask, failures, NOON_MS, phaseChange, plan, plannedHost, rollout, task, taskChange } from './fixtures.ts'

const plain = (lines: readonly Line[]) => lines.map((line) => line.map(textOf).join('').trimEnd())
const NOTHING = { failures: failures([]), inWork: [] }

describe('a plan', () => {
  test('names few hosts one by one', () => {
    const waves = [
      [plannedHost('web-01'), plannedHost('web-02', { from: null, change: 'install' })],
      [plannedHost('web-03', { from: '1.4.2', change: 'none' }), plannedHost('web-04', { away: true })],
    ]
    const leftOut = [{ host: 'db-01', why: 'not selected by env=prod' }, { host: 'db-02', why: 'not selected by env=prod' }]
    expect(plain(planLines(plan(waves, { gates: ['bake 60s, then manual'], leftOut }), { all: false }))).toEqual([
      'web 1.4.2 on 4 hosts in 2 waves',
      'window     2 hosts at once in the first wave',
      'tolerance  0 hosts failed, 1 host unreachable; beyond it: pause',
      '',
      'wave 1  2 hosts',
      '  web-01  1.4.1 → 1.4.2',
      '  web-02  installs 1.4.2',
      '  then bake 60s, then manual',
      '',
      'wave 2  2 hosts',
      '  web-03  runs 1.4.2 already',
      '  web-04  1.4.1 → 1.4.2, away',
      '',
      'left out  2 hosts',
      '  not selected by env=prod: db-01, db-02',
    ])
  })

  test('says what a start would meet', () => {
    const met = { busy: [{ rollout: 'web-6', hosts: 2 }, { rollout: 'web-5', hosts: 1 }], frozen: { freeze: 'sale', untilMs: NOON_MS, reason: 'the sale' } }
    const said = (onBusy: 'queue' | 'refuse' | 'supersede') =>
      plain(planLines(plan([[plannedHost('web-01')]], { ...met, strategy: strategySchema.parse({ onBusy }) }), { all: false })).slice(3, 5)
    expect(said('queue')).toEqual([
      'busy       some of these hosts are in web-6 (2 hosts), web-5 (1 host); a start would wait for the end of that',
      'frozen     by sale until 2026-03-01 12:00 UTC: the sale; a start would be refused without --override-freeze',
    ])
    expect([said('refuse')[0], said('supersede')[0]]).toEqual([
      expect.stringContaining('a start would be refused'), expect.stringContaining('a start would abort that'),
    ])
  })

  const many = plan([Array.from({ length: 500 }, (_, index) => plannedHost(`web-${String(index + 1).padStart(3, '0')}`, { from: index < 480 ? '1.4.1' : '1.3.9' }))])

  test('groups many by what changes', () => {
    expect(plain(planLines(many, { all: false })).slice(4)).toEqual([
      'wave 1  500 hosts',
      '  1.4.1 → 1.4.2  480 hosts:  web-001…web-480',
      '  1.3.9 → 1.4.2  20 hosts:   web-481…web-500',
    ])
  })

  test('names all when asked to', () => {
    expect(planLines(many, { all: true })).toHaveLength(505)
  })
})

describe('waves', () => {
  test('have a bar each, every host in one part of it', () => {
    const waves = [{ forward: { succeeded: 8 }, back: { succeeded: 1, running: 1 } }, { forward: { running: 1, 'timed-out': 1, skipped: 1, unknown: 1, withdrawn: 1 } }]
    expect(plain(waveLines(rollout({ waves })))).toEqual([
      'wave 1  ████████◀▒                       8/10',
      'wave 2  ▒▒??✗✗--··                       0/5',
    ])
  })

  test('are cut down to those around the present one', () => {
    const waves = Array.from({ length: 40 }, (_, index) => ({ forward: index < 20 ? { succeeded: 100 } : { waiting: 100 } }))
    const lines = plain(waveLines(rollout({ waves, wave: 20 })))
    expect(lines).toHaveLength(14)
    expect(lines[0]).toBe('17 earlier waves: 1700/1700')
    expect(lines[1]).toMatch(/^wave 18 {2}█{30} {2}100\/100$/)
    expect(lines[4]).toMatch(/^wave 21 {2}·{30} {4}0\/100$/)
    expect(lines.at(-1)).toBe('11 later waves: 0/1100')
  })
})

describe('hosts to look at', () => {
  test('failures are grouped by what they say, with the last words of one of them', () => {
    const shown = failures([
      failedTask('web-05', 'port 8080 is taken', { step: 'start', revert: 'failed', lastLine: 'Error: \x1b[31mno database' }),
      failedTask('web-01', 'HTTP 500'), failedTask('web-02', 'HTTP 500'), failedTask('web-03', 'HTTP 500'),
      task({ host: 'web-09', state: 'unreachable', step: null }), task({ host: 'web-10', state: 'unreachable', step: null }),
    ])
    const back = { ...shown, groups: shown.groups.map((group) => (group.kind === 'unreachable' ? { ...group, back: 1 } : group)) }
    expect(plain(failureLines({ ...NOTHING, failures: back }, 9))).toEqual([
      'failed: 4 hosts',
      '  failed at check: HTTP 500',
      '    3 hosts: web-01…web-03, since 2026-03-01 12:00:00',
      '  failed at start: port 8080 is taken — and what ran before could not be put back',
      '    1 host: web-05, since 2026-03-01 12:00:00',
      '    web-05 | Error: no database',
      'unreachable: 2 hosts',
      '  vanished, and had not been touched',
      '    2 hosts: web-09, web-10, since 2026-03-01 12:00:00; 1 of them here again',
    ])
    expect(plain(failureLines({ ...NOTHING, failures: shown }, 1)).at(-1)).toBe('  3 more hosts for other reasons')
    const many = { ...shown, groups: shown.groups.map((group) => ({ ...group, count: 1003 })) }
    expect(plain(failureLines({ ...NOTHING, failures: many }, 1))[2]).toBe('    1,003 hosts: web-01…web-03 and 1,000 more hosts, since 2026-03-01 12:00:00')
  })

  test('slow ones come after those that nobody knows about and those that are away, the slowest first', () => {
    const inWork = [
      task({ host: 'web-01', sinceMs: NOON_MS }), task({ host: 'web-02', step: 'start', sinceMs: NOON_MS - 60_000, lastLine: 'waiting for port 8080' }),
      task({ host: 'web-03', state: 'unknown', step: 'stop', sinceMs: NOON_MS }), task({ host: 'web-04', sinceMs: NOON_MS + 29_000 }),
      task({ host: 'web-05', away: true, sinceMs: NOON_MS + 20_000 }),
    ]
    expect(plain(slowLines({ ...NOTHING, inWork }, { now: NOON_MS + 30_000, slowAfterMs: 30_000, max: 9 }))).toEqual([
      'unknown: 1 host; look at it, then skip or retry it',
      '  web-03  stop  for 30s',
      'away: 1 host, in mid-work; each finishes or puts back alone, and keeps its slot until it reports or is skipped',
      '  web-05  check  for 10s',
      'slow: 2 hosts; muster rollout kill ends what hangs',
      '  web-02  start  for 1m 30s  | waiting for port 8080',
      '  web-01  check  for 30s',
    ])
    expect(plain(slowLines({ ...NOTHING, inWork }, { now: NOON_MS + 30_000, slowAfterMs: 30_000, max: 1 })).at(-1)).toBe('  and 1 more')
  })
})

describe('a rollout', () => {
  const held = rollout({
    phase: 'paused', reason: 'fixes the login', waves: [{ forward: { succeeded: 2 } }, { forward: { failed: 1, succeeded: 1, waiting: 2 } }], slots: 0,
    hold: { kind: 'tolerance', of: 'failed', count: 1, allowed: 0, sinceMs: NOON_MS + 60_000 }, why: '1 host failed, more than the 0 that its tolerance allows',
    moves: [
      { command: 'rollout retry web-7', effect: 'the failed host again' }, { command: 'rollout resume web-7', effect: 'go on' },
      { command: null, effect: 'the end of the backoff' },
    ],
  })
  const attention = { ...NOTHING, failures: failures([failedTask('web-03', 'HTTP 500')]) }

  test('says what people asked for, and why', () => {
    const notes = [
      { control: 'skip', by: 'bob', reason: 'in repair', host: 'web-04', atMs: NOON_MS + 1_000 },
      { control: 'pause', by: 'alice', reason: null, host: null, atMs: NOON_MS + 2_000 },
    ]
    expect(plain(rolloutLines(rollout({ notes }), NOTHING, NOON_MS)).slice(-3)).toEqual([
      'asked',
      '  2026-03-01 12:00:01  skip web-04  bob    in repair',
      '  2026-03-01 12:00:02  pause        alice',
    ])
  })

  test('is shown with what would move it, as commands to paste', () => {
    expect(plain(rolloutLines(held, attention, NOON_MS + 200_000))).toEqual([
      'web-7  web 1.4.2  paused',
      'why       1 host failed, more than the 0 that its tolerance allows',
      'moved by  muster rollout retry web-7   # the failed host again',
      '          muster rollout resume web-7  # go on',
      '          the end of the backoff',
      'by        alice: fixes the login',
      'since     2026-03-01 12:00:00, for 3m 20s',
      'held      2026-03-01 12:01:00, for 2m 20s',
      'hosts     6; 0 of 4 slots in use',
      '',
      'wave 1  ██████████                      2/2',
      'wave 2  ███✗✗·····                      1/4',
      '█ succeeded  ✗ failed  · not begun',
      '',
      'failed: 1 host',
      '  failed at check: HTTP 500',
      '    1 host: web-03, since 2026-03-01 12:00:00',
    ])
  })

  const moment: Moment = { rollout: held, attention, fetching: [], leftMs: null, slowAfterMs: 15_000, trouble: null, now: NOON_MS + 200_000 }

  test('is watched with counts, reasons and moves', () => {
    const lines = plain(frameLines(moment))
    expect(lines[0]).toBe('web-7  web 1.4.2  paused  3m 20s')
    expect(lines).toContain('hosts     2 waiting, 3 succeeded, 1 failed')
    expect(lines).toContain('moved by  muster rollout retry web-7   # the failed host again')
    expect(lines).toContain('held      for 2m 20s, since 12:01:00')
  })

  test('says how long it will take, how long it bakes, and that it may be out of date', () => {
    const baking = rollout({ gate: { kind: 'bake', untilMs: NOON_MS + 45_000 }, why: 'wave 1 of 2 is baking' })
    const lines = plain(frameLines({ ...moment, rollout: baking, leftMs: 130_000, trouble: 'connection refused', now: NOON_MS + 15_000 }))
    expect(lines.slice(0, 2)).toEqual(['web-7  web 1.4.2  running  15s, about 2m 10s left', 'not up to date: connection refused; trying again'])
    expect(lines).toContain('why    wave 1 of 2 is baking, 30s to go')
  })
})

describe('a change is one line', () => {
  test.each([
    [taskChange('web-03'), '12:00:00 web-03 running check (wave 2)'],
    [taskChange('web-03', { state: 'succeeded', step: null, direction: 'back', wave: 0 }), '12:00:00 web-03 succeeded (wave 1, back)'],
    [taskChange('web-03', { state: 'failed', attempt: 2, message: 'HTTP 500\n\x1b[31mno' }), '12:00:00 web-03 failed at check (wave 2, attempt 2): HTTP 500 no'],
    [taskChange('web-03', { state: 'waiting', step: null, message: 'of an earlier attempt' }), '12:00:00 web-03 waiting (wave 2)'],
    [taskChange('web-03', { state: 'waiting', step: null, parked: 'backoff' }), '12:00:00 web-03 waiting for its next attempt (wave 2)'],
    [taskChange('web-03', { state: 'waiting', step: null, parked: 'away' }), '12:00:00 web-03 waiting: it is away (wave 2)'],
    [phaseChange({ phase: 'paused', why: '1 host failed, more than the 0 that its tolerance allows' }), '12:00:00 phase paused: 1 host failed, more than the 0 that its tolerance allows'],
    [phaseChange({ why: 'wave 1 of 2', cause: { control: 'resume', by: 'alice', reason: 'looks fine', host: null } }), '12:00:00 phase running: wave 1 of 2 (resume by alice: looks fine)'],
    [phaseChange({ why: 'wave 1 of 2', cause: { control: 'skip', by: 'alice', reason: null, host: 'web-3' } }), '12:00:00 phase running: wave 1 of 2 (skip of web-3 by alice)'],
  ])('%#', (change, line) => {
    expect(plain([changeLine(change)])).toEqual([line])
  })
})

describe('scripts that run once', () => {
  const script = (given: Partial<RolloutView['scripts'][number]>): RolloutView['scripts'][number] => ({
    purpose: 'before', name: 'migrate', wave: null, undoes: null, state: 'waiting', host: null, number: 0, away: false, sinceMs: NOON_MS, failure: null, ...given,
  })

  test('come in the order of their turns, with what failed and of what is to come only the next test', () => {
    const failure = { exitCode: 3, message: 'smoke: 502 from web-01', atMs: NOON_MS }
    const scripts = [
      script({ state: 'succeeded', host: 'web-01', number: 1 }),
      script({ purpose: 'test', name: 'smoke', wave: 0, state: 'failed', host: 'web-01', number: 2, failure }),
      ...[1, 2, 3].map((wave) => script({ purpose: 'test', name: 'smoke', wave })),
      script({ purpose: 'after', name: 'contract' }),
      script({ purpose: 'undo', undoes: 0, state: 'waiting', away: true }),
    ]
    expect(plain(scriptLines({ scripts }, NOON_MS + 90_000))).toEqual([
      'migrate       before          succeeded  web-01           1m 30s ago',
      'smoke         test of wave 1  failed     web-01           1m 30s ago  smoke: 502 from web-01',
      'smoke         test of wave 2  waiting',
      'contract      after           waiting',
      'migrate-undo  undo            waiting    no host is here  for 1m 30s',
      'and 2 tests of later waves',
    ])
  })

  test('are nothing where there are none', () => {
    expect(scriptLines({ scripts: [] }, NOON_MS)).toEqual([])
  })

  test('are in the plan', () => {
    const lines = plain(planLines(plan([[plannedHost('web-01')]], { strategy: strategySchema.parse({ before: ['backup', 'migrate'], after: ['contract'] }) }), { all: false }))
    expect(lines).toContain('before     backup, migrate, once, on one host')
    expect(lines).toContain('after      contract, once, on one host')
  })
})
