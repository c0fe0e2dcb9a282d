/** `muster logs`: by step, while it is printed, and all of it. */
import { describe, expect, test } from 'vitest'
import { NewLines } from '../../../cli/logs/new-lines.ts'
import type { OutputView } from '../../../shared/api/rollout.ts'
import type { Step } from '../../../shared/command.ts'
import { cannedApi, refuse, SSE_END, sseEvent, startSse } from './canned-api.ts'
import type { Handler, Routes } from './canned-api.ts'
import { NOON_MS, phaseChange, rollout } from './fixtures.ts'
import { muster } from './muster.ts'

/** What `printed` looks like from outside: its last `tailChars`. */
function output(step: Step, printed: string, { attempt = 1, tailChars = 100 } = {}): OutputView['outputs'][number] {
  return { attempt, step, tail: printed.slice(-tailChars), totalBytes: Buffer.byteLength(printed), atMs: NOON_MS }
}

const view = (host: string, ...outputs: OutputView['outputs']): OutputView => ({ host, outputs })
const shown = (lines: NewLines, seen: OutputView, isOver = false) =>
  lines.take(seen, isOver).map(({ step, line, skippedBytes }) => `${step}: ${skippedBytes > 0 ? `(${skippedBytes}) ` : ''}${line}`)

describe('new lines', () => {
  test('come once, when they are whole', () => {
    const lines = new NewLines()
    expect(shown(lines, view('a', output('start', 'one\ntw')))).toEqual(['start: one'])
    expect(shown(lines, view('a', output('start', 'one\ntw')))).toEqual([])
    expect(shown(lines, view('a', output('start', 'one\ntwo\nthree\n')))).toEqual(['start: two', 'start: three'])
    expect(shown(lines, view('b', output('start', 'one\n')))).toEqual(['start: one'])
  })

  test('a line without an end comes when a later step has begun, or nothing more will', () => {
    const lines = new NewLines()
    expect(shown(lines, view('a', output('stop', 'bye')))).toEqual([])
    expect(shown(lines, view('a', output('stop', 'bye'), output('start', 'hel')))).toEqual(['stop: bye'])
    expect(shown(lines, view('a', output('stop', 'bye'), output('start', 'hello')), true)).toEqual(['start: hello'])
  })

  test('what was printed faster than it was looked at is a gap', () => {
    const lines = new NewLines()
    expect(shown(lines, view('a', output('start', '0123456789\n', { tailChars: 4 })))).toEqual(['start: (7) 789'])
    expect(shown(lines, view('a', output('start', '0123456789\nabc\n', { tailChars: 4 })))).toEqual(['start: abc'])
    expect(shown(lines, view('a', output('start', '0123456789\nabc\nlost\nlast\n', { tailChars: 5 })))).toEqual(['start: (5) last'])
  })

  test('an output that its host has begun anew is shown from there', () => {
    const lines = new NewLines()
    shown(lines, view('a', output('start', 'one\ntwo\n')))
    expect(shown(lines, view('a', output('start', 'anew\n')))).toEqual(['start: anew'])
  })

  test('another attempt is another output', () => {
    const lines = new NewLines()
    shown(lines, view('a', output('start', 'one\n')))
    expect(shown(lines, view('a', output('start', 'one\n'), output('start', 'one\n', { attempt: 2 })))).toEqual(['start: one'])
  })
})

/** A rollout whose outputs grow from look to look, and which ends with the last one. */
function growing(looks: { hosts: OutputView[]; mark: number }[]): Routes {
  let look = 0
  const over = Promise.withResolvers<void>()
  const outputs: Handler = ({ query }) => {
    if (query['after'] === undefined) return { hosts: [], next: null, mark: null }
    const answer = looks[Math.min(look++, looks.length - 1)]!
    if (look >= looks.length) over.resolve()
    return { ...answer, next: null }
  }
  return {
    'GET /v1/rollouts/web-7': rollout({ phase: 'succeeded', why: '2 of 2 hosts on 1.4.2', endedAtMs: NOON_MS }),
    'GET /v1/rollouts/web-7/outputs': outputs,
    'GET /v1/rollouts/web-7/events': async (_asked, response) => {
      startSse(response).write(sseEvent('1-0', 'change', phaseChange()))
      await over.promise
      response.end(SSE_END)
    },
  }
}

describe('--follow', () => {
  const looks = [
    { hosts: [view('web-01', output('stop', 'bye\n'))], mark: 5 },
    { hosts: [view('web-01', output('stop', 'bye\n'), output('start', 'hello\nno end')), view('web-02', output('start', 'up\n', { attempt: 2 }))], mark: 9 },
  ]

  test('shows each line as it comes, with its host, until the rollout has ended', async () => {
    await using api = await cannedApi(growing(looks))
    const { code, stdout, stderr } = await muster('logs web-7 --follow', { url: api.url })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('12:00:00 phase running: wave 1 of 2\n')
    expect(stdout.split('\n').filter((line) => line !== '12:00:00 phase running: wave 1 of 2')).toEqual([
      'web-01 stop | bye', 'web-01 start | hello', 'web-02 start, attempt 2 | up', 'web-01 start | no end', 'web-7 succeeded: 2 of 2 hosts on 1.4.2', '',
    ])
    const asked = api.asked.filter(({ path, query }) => path.endsWith('/outputs') && query['after'] !== undefined).map(({ query }) => query['after'])
    expect(asked.slice(0, 2)).toEqual(['0', '5'])
  })

  test('--step shows that step alone; --json is a line each', async () => {
    await using api = await cannedApi(growing(looks))
    const { stdout } = await muster('logs web-7 --follow --step stop --json', { url: api.url })
    expect(stdout).toBe('{"host":"web-01","attempt":1,"step":"stop","line":"bye","skippedBytes":0}\n')
  })

  test('a rollout that is not there is refused, and flags that do not go together are', async () => {
    await using api = await cannedApi({})
    expect((await muster('logs web-7 --follow', { url: api.url })).code).toBe(3)
    expect(await muster('logs web-7 --follow --full', { url: api.url })).toMatchObject({ code: 2, stderr: expect.stringContaining('--full') })
  })
})

describe('--full', () => {
  const seen = view('web-03', output('start', 'old\n'), output('stop', 'bye\n', { attempt: 2 }), output('start', 'x\n', { attempt: 2 }))
  const outputs = { hosts: [seen], next: null, mark: null }
  const bytes = (content: string): Handler => (_asked, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(content)

  test('one step comes byte for byte', async () => {
    const raw = 'a\tb\r\x1b[31mred\nno end'
    await using api = await cannedApi({ 'GET /v1/rollouts/web-7/outputs': outputs, 'GET /v1/rollouts/web-7/outputs/web-03/2/start': bytes(raw) })
    expect(await muster('logs web-7 --host web-03 --full --step start', { url: api.url })).toEqual({ code: 0, stdout: raw, stderr: '' })
  })

  test('the last attempt has titles, and is text on a terminal', async () => {
    await using api = await cannedApi({
      'GET /v1/rollouts/web-7/outputs': outputs, 'GET /v1/rollouts/web-7/outputs/web-03/2/stop': bytes('bye\n'),
      'GET /v1/rollouts/web-7/outputs/web-03/2/start': bytes('\x1b[31mred\nno end'), 'GET /v1/rollouts/web-7/outputs/web-03/1/start': bytes('old\n'),
    })
    const { stdout } = await muster('logs web-7 --host web-03 --full', { url: api.url })
    expect(stdout.split('\n')).toEqual([
      '== web-03  stop, attempt 2, 2026-03-01 12:00:00, 4 bytes', 'bye', '== web-03  start, attempt 2, 2026-03-01 12:00:00, 2 bytes', 'red', 'no end', '',
    ])
    const one = await muster('logs web-7 --host web-03 --full --attempt 1', { url: api.url, terminal: { columns: 80, rows: 24 } })
    expect(one.stdout).toBe('old\n')
  })

  test('what cannot be had is said: no host named, nothing printed, the host away, broken off', async () => {
    const broken: Handler = (_asked, response) => {
      response.writeHead(200).write('half')
      setImmediate(() => response.destroy())
    }
    await using api = await cannedApi({
      'GET /v1/rollouts/web-7/outputs': outputs,
      'GET /v1/rollouts/web-7/outputs/web-03/2/start': (_asked, response) => refuse(response, 422, { code: 'host_away', message: 'web-03 is not connected' }),
      'GET /v1/rollouts/web-7/outputs/web-03/2/stop': broken,
    })
    const failing = (flags: string) => muster(`logs web-7 ${flags}`, { url: api.url })
    expect(await failing('--full')).toMatchObject({ code: 2, stderr: expect.stringContaining('--host HOST') })
    expect(await failing('--full --host web-03 --step check')).toMatchObject({ code: 3, stderr: expect.stringContaining('printed nothing in check') })
    expect(await failing('--full --host web-03 --step start')).toMatchObject({ code: 3, stderr: expect.stringContaining('not connected') })
    expect(await failing('--full --host web-03 --step stop')).toMatchObject({ code: 4, stderr: expect.stringContaining('broke off') })
  })
})

test('--step and --attempt choose among the ends', async () => {
  const hosts = [view('a', output('stop', 'bye\n'), output('start', 'up\n')), view('b', output('stop', 'bye\n'))]
  await using api = await cannedApi({ 'GET /v1/rollouts/web-7/outputs': { hosts, next: null, mark: null } })
  expect((await muster('logs web-7 --step start', { url: api.url })).stdout).toBe('== a  start, attempt 1, 2026-03-01 12:00:00\nup\n')
  expect((await muster('logs web-7 --attempt 2', { url: api.url })).stdout).toBe('')
})
