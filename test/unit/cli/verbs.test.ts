import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { artifact, DIGEST, failedTask, failures, host, hostDetail, hostService, NOON_MS, plan, plannedHost, release, rollout, service } from './fixtures.ts'
import { cannedApi, refuse } from './canned-api.ts'
import type { Routes } from './canned-api.ts'
import { muster } from './muster.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  await writeFile(join(dir, 'web.yaml'), 'service: web\npath: /srv/web\nstrategy:\n  waves: [2, 10%]\n  bake: soon\n')
  await writeFile(join(dir, 'strategy.yaml'), '# careful\nwaves: [1]\nonFailure: panic\n')
})

afterAll(() => rm(dir, { recursive: true, force: true }))

/** Asks an API of its own; `asked` is what reached it: method, path, and body where there was one. */
async function ask(command: string, routes: Routes) {
  await using api = await cannedApi(routes)
  const ran = await muster(command.replaceAll('DIR', dir), { url: api.url })
  const asked = api.asked.map(({ method, path, query, body }) =>
    [method, path, ...(Object.keys(query).length === 0 ? [] : [query]), ...(body.length === 0 ? [] : [JSON.parse(body.toString()) as unknown])])
  return { ...ran, asked }
}

describe('what is shown', () => {
  test('service list', async () => {
    const { stdout } = await ask('service list', { 'GET /v1/services': { services: [service], next: null } })
    expect(stdout).toMatch(/^SERVICE {2}PATH {6}HOSTS {5}ENTRY {2}CHANGED\nweb {6}\/srv\/web {2}env=prod {6}3 {2}2m 0s ago by alice\n$/)
  })

  test('service show', async () => {
    const { stdout } = await ask('service show web', { 'GET /v1/services/web': service })
    expect(stdout).toMatch(/^# entry 3, 2026-03-01 12:00:00 by alice\nservice: web\npath: \/srv\/web\naccount: null\n/)
  })

  test('release list', async () => {
    const { stdout } = await ask('release list web', { 'GET /v1/services/web/releases': { releases: [release], next: null } })
    expect(stdout).toBe([
      'VERSION   SIZE  SRV           CMD      SIGNED BY    COMMIT              CREATED',
      `1.4.2    3 MiB  ${DIGEST.slice(0, 12)}  default  coordinator  4f2a91c0d7aa-dirty  2m 0s ago by alice`, '',
    ].join('\n'))
  })

  test('release show', async () => {
    expect((await ask('release show web 1.4.2', { 'GET /v1/services/web/releases/1.4.2': release })).stdout).toBe(
      [
        'web 1.4.2, created 2026-03-01 12:00:00 by alice', `  srv  ${DIGEST}  3 MiB  42 entries`, '  cmd  Muster\'s own scripts',
        `  signed by the coordinator  sha256:${DIGEST}`, '  stated by                  alice, 2026-03-01 12:00:00', '  commit                     4f2a91c0d7aa0b1c-dirty',
        '  build                      https://ci.example/7', '',
      ].join('\n'))
    const tampered = { ...release, signers: [], provenance: null, fault: 'web 1.4.2 is not signed by this coordinator' }
    expect((await ask('release show web 1.4.2', { 'GET /v1/services/web/releases/1.4.2': tampered })).stdout).toContain(
      '  not rolled out: web 1.4.2 is not signed by this coordinator\n')
  })

  test('host list', async () => {
    const hosts = [host('web-01'), host('web-02', {
      status: 'away', labels: {}, seenAtMs: NOON_MS - 60_000, services: [hostService({ version: null, revision: null, standing: 'drifted' })],
    })]
    const { stdout, asked } = await ask('host list --hosts web-*', { 'GET /v1/hosts': { hosts, next: null } })
    expect(stdout).toBe([
      'HOST    STATUS     RUNS                                 LABELS           SEEN',
      'web-01  connected  web 1.4.1                            env=prod,dc=fra  2m 0s ago',
      'web-02  away       web not installed (should be 1.4.1)                   3m 0s ago', '',
    ].join('\n'))
    expect(asked).toEqual([['GET', '/v1/hosts', { selector: 'web-*', limit: '100' }]])
  })

  test('host show', async () => {
    const { stdout } = await ask('host show web-01', { 'GET /v1/hosts/web-01': hostDetail('web-01'), 'GET /v1/hosts/web-01/history': { entries: [], next: null } })
    expect(stdout.split('\n').slice(4)).toEqual([
      'machine  linux x64, 8 CPUs, 16 GiB memory; agent 0.1.0',
      'load     0.25, 8 GiB memory free, 100 GiB disk free, 0 commands running',
      'runs     web 1.4.1, by web-6', '',
    ])
  })

  test('rollout list', async () => {
    const { stdout, asked } = await ask('rollout list --service web --limit 5', {
      'GET /v1/rollouts': { rollouts: [rollout()], next: null },
    })
    expect(stdout).toBe(
      'ROLLOUT  KIND    SERVICE  RELEASE  PHASE    WAVE  DONE  STARTED\nweb-7    deploy  web      1.4.2    running   2/2   2/6  2m 0s ago by alice\n',
    )
    expect(asked).toEqual([['GET', '/v1/rollouts', { service: 'web', limit: '5' }]])
  })

  test('rollout show asks for those in trouble', async () => {
    const { stdout, asked } = await ask('rollout show web-7', {
      'GET /v1/rollouts/web-7': rollout(), 'GET /v1/rollouts/web-7/tasks': { tasks: [], next: null },
      'GET /v1/rollouts/web-7/failures': failures([failedTask('web-03', 'HTTP 500')]),
    })
    expect(stdout).toContain('failed: 1 host\n  failed at check: HTTP 500\n    1 host: web-03, since 2026-03-01 12:00:00\n')
    expect(asked.map(([, path]) => path)).toEqual(['/v1/rollouts/web-7', '/v1/rollouts/web-7/failures', '/v1/rollouts/web-7/tasks'])
  })

  test('rollout plan ends with the command that does it', async () => {
    const { stdout, asked } = await ask('rollout plan web@1.4.2 --hosts env=prod,web-*', { 'POST /v1/rollouts/plan': plan([[plannedHost('web-01')]]) })
    expect(stdout.split('\n').at(-2)).toBe("nothing has been changed; to do it: muster rollout start web@1.4.2 --hosts 'env=prod,web-*' --watch")
    expect(asked).toEqual([['POST', '/v1/rollouts/plan', { service: 'web', release: '1.4.2', hosts: 'env=prod,web-*' }]])
  })

  test('logs, made printable, page after page', async () => {
    const output = (step: string, tail: string, totalBytes = tail.length) => ({ attempt: 1, step, tail, totalBytes, atMs: NOON_MS })
    const { stdout, asked } = await ask('logs web-7', {
      'GET /v1/rollouts/web-7/outputs': ({ query }) => query['cursor'] === undefined
        ? { hosts: [{ host: 'web-01', outputs: [output('start', 'ok\n'), output('check', '\x1b[31mHTTP 500\x1b[0m\r\n', 20_000)] }], next: 'web-01' }
        : { hosts: [{ host: 'web-02', outputs: [output('start', 'ok')] }], next: null },
    })
    expect(stdout).toBe([
      '== web-01  start, attempt 1, 2026-03-01 12:00:00', 'ok',
      '== web-01  check, attempt 1, 2026-03-01 12:00:00, the last 19 bytes of 19.5 KiB', 'HTTP 500',
      '== web-02  start, attempt 1, 2026-03-01 12:00:00', 'ok', '',
    ].join('\n'))
    expect(asked.map(([, , query]) => query)).toEqual([{ limit: '50' }, { cursor: 'web-01', limit: '50' }])
  })

  test('logs say that there are more hosts', async () => {
    const { stderr, code } = await ask('logs web-7 --limit 1', { 'GET /v1/rollouts/web-7/outputs': { hosts: [{ host: 'web-01', outputs: [] }], next: 'web-01' } })
    expect({ stderr, code }).toEqual({ stderr: '1 hosts shown; --limit shows more, --host one\n', code: 0 })
  })
})

describe('--json gives one document, as the API has it', () => {
  const view = rollout()
  test.each<[string, Routes, unknown]>([
    ['service list', { 'GET /v1/services': { services: [service], next: null } }, { services: [service], next: null }],
    ['service show web', { 'GET /v1/services/web': service }, service],
    ['release show web 1.4.2', { 'GET /v1/services/web/releases/1.4.2': release }, release],
    ['host list', { 'GET /v1/hosts': { hosts: [host('a')], next: null } }, { hosts: [host('a')], next: null }],
    ['rollout list', { 'GET /v1/rollouts': { rollouts: [view], next: null } }, { rollouts: [view], next: null }],
    ['rollout start web@1', { 'POST /v1/rollouts': view }, view],
    ['rollout abort web-7', { 'POST /v1/rollouts/web-7/abort': view }, view],
    [
      'rollout show web-7',
      { 'GET /v1/rollouts/web-7': view, 'GET /v1/rollouts/web-7/tasks': { tasks: [], next: null }, 'GET /v1/rollouts/web-7/failures': failures([]) },
      { ...view, failures: failures([]), inWork: [], fetching: [] },
    ],
    ['logs web-7 --host a', { 'GET /v1/rollouts/web-7/outputs': { hosts: [], next: null } }, { hosts: [], next: null }],
  ])('%s', async (command, routes, document) => {
    const { code, stdout, stderr } = await ask(`${command} --json`, routes)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual(document)
  })
})

describe('what is asked', () => {
  test.each([
    ['rollout pause web-7 --reason why', ['POST', '/v1/rollouts/web-7/pause', { reason: 'why' }]],
    ['rollout resume web-7', ['POST', '/v1/rollouts/web-7/resume', {}]],
    ['rollout promote web-7', ['POST', '/v1/rollouts/web-7/promote', {}]],
    ['rollout abort web-7', ['POST', '/v1/rollouts/web-7/abort', {}]],
    ['rollout rollback web-7', ['POST', '/v1/rollouts/web-7/rollback', {}]],
    ['rollout retry-script web-7', ['POST', '/v1/rollouts/web-7/retry-script', {}]],
    ['rollout skip-script web-7 --reason why', ['POST', '/v1/rollouts/web-7/skip-script', { reason: 'why' }]],
    ['rollout retry web-7', ['POST', '/v1/rollouts/web-7/retry', {}]],
    ['rollout retry web-7 a b --reason why', ['POST', '/v1/rollouts/web-7/retry', { hosts: ['a', 'b'], reason: 'why' }]],
    ['rollout resume web-7 --override-freeze', ['POST', '/v1/rollouts/web-7/resume', { overrideFreeze: true }]],
    ['rollout rollback web-7 --wave 2 --reason why', ['POST', '/v1/rollouts/web-7/rollback', { wave: 2, reason: 'why' }]],
    ['rollout retry web-7 --failed', ['POST', '/v1/rollouts/web-7/retry', {}]],
    ['rollout retry web-7 --not-started', ['POST', '/v1/rollouts/web-7/retry', { which: 'not-started' }]],
    ['rollout kill web-7 a --reason why', ['POST', '/v1/rollouts/web-7/kill', { hosts: ['a'], reason: 'why' }]],
    ['rollout skip web-7 a b', ['POST', '/v1/rollouts/web-7/skip', { hosts: ['a', 'b'] }]],
  ])('%s', async (command, request) => {
    const { asked, stdout, code } = await ask(command, { [`POST ${request[1] as string}`]: rollout({ moves: [{ command: 'rollout resume web-7', effect: 'go on' }] }) })
    expect(code).toBe(0)
    expect(asked).toEqual([request])
    expect(stdout).toContain('muster rollout resume web-7')
  })

  test('a name with a slash stays one name', async () => {
    const { asked, code } = await ask('rollout show ../hosts', {})
    expect({ asked, code }).toEqual({ asked: [['GET', '/v1/rollouts/..%2Fhosts']], code: 3 })
  })

  test('a strategy, alone in its file or inside a document', async () => {
    const routes = { 'POST /v1/rollouts': rollout() }
    const alone = await ask('rollout start web@1.4.2 --strategy DIR/strategy.yaml --reason now', routes)
    expect(alone.asked[0]?.[2]).toEqual({ service: 'web', release: '1.4.2', strategy: { waves: [1], onFailure: 'panic' }, reason: 'now' })
    expect(alone.stdout).toBe('web-7 started: web 1.4.2 on 6 hosts in 2 waves\nwatch it: muster rollout watch web-7\n')
    for (const [flag, prefetch] of [['--prefetch', true], ['--no-prefetch', false]] as const) {
      expect((await ask(`rollout start web@1.4.2 ${flag} --on-busy queue`, routes)).asked[0]?.[2]).toMatchObject({ strategy: { prefetch, onBusy: 'queue' } })
    }
    const inside = await ask('rollout start web@1.4.2 --strategy DIR/web.yaml', routes)
    expect(inside.asked[0]?.[2]).toEqual({ service: 'web', release: '1.4.2', strategy: { waves: [2, '10%'], bake: 'soon' } })
  })
})

describe('a release', () => {
  const routes: Routes = {
    'GET /v1/services/web': service, 'POST /v1/artifacts': artifact, 'POST /v1/services/web/releases': { outcome: 'created', release },
  }

  test('is uploaded with its digest, then named', async () => {
    await writeFile(join(dir, 'web.tar'), tarOf('run', '#!/bin/sh\n'))
    await using api = await cannedApi(routes)
    const { code, stdout, stderr } = await muster(['release', 'create', 'web', '1.4.2', '--srv', join(dir, 'web.tar'), '--cmd', join(dir, 'web.tar')], { url: api.url })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`web 1.4.2 created\n  srv  ${DIGEST}  3 MiB  42 entries\n  cmd  ${DIGEST}  3 MiB  42 entries\nnext: muster rollout plan web@1.4.2\n`)
    const [, srv, cmd, named] = api.asked
    expect([srv, cmd].map((upload) => upload?.query)).toEqual([{ package: 'srv' }, { package: 'cmd' }])
    expect(srv?.headers['content-digest']).toBe(`sha-256=:${createHash('sha256').update(srv?.body ?? '').digest('base64')}:`)
    expect(srv?.headers['content-length']).toBe(String(srv?.body.length))
    expect(JSON.parse(named?.body.toString() ?? '')).toEqual({ version: '1.4.2', srv: DIGEST, cmd: DIGEST })
  })

  test('of a service that is not there is not uploaded', async () => {
    await writeFile(join(dir, 'web.tar'), tarOf('run', '#!/bin/sh\n'))
    const { code, asked } = await ask('release create web 1.4.2 --srv DIR/web.tar', {})
    expect({ code, asked }).toEqual({ code: 3, asked: [['GET', '/v1/services/web']] })
  })

  test('with a package that is not one is refused before anything is sent', async () => {
    const { code, stderr, asked } = await ask('release create web 1.4.2 --srv DIR/none.tar', routes)
    expect(code).toBe(2)
    expect(stderr).toContain('none.tar does not exist\n  field:    --srv\n')
    expect(asked).toEqual([['GET', '/v1/services/web']])
  })
})

/** A ustar archive of one file. */
function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  const put = (text: string, offset: number) => header.write(text, offset, 'latin1')
  put(name, 0)
  put('0000755\0', 100)
  put('0000000\0', 108)
  put('0000000\0', 116)
  put(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  put('00000000000\0', 136)
  put('        ', 148)
  put('0', 156)
  put('ustar\x0000', 257)
  put(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(512)
  body.write(content)
  return Buffer.concat([header, body, Buffer.alloc(1024)])
}

describe('a refusal', () => {
  const refusing = (status: number, error: object): Routes[string] => (_asked, response) => refuse(response, status, error)

  test.each<[string, Routes, number, string]>([
    ['rollout start web@1.4.2 --strategy DIR/strategy.yaml',
      { 'POST /v1/rollouts': refusing(400, { code: 'strategy_invalid', message: 'strategy.onFailure: no', field: 'strategy.onFailure' }) },
      2, 'error: strategy.onFailure: no\n  field:    --strategy onFailure (DIR/strategy.yaml, line 3, column 12)\n'],
    ['rollout plan web@1.4.2 --strategy DIR/web.yaml',
      { 'POST /v1/rollouts/plan': refusing(400, { code: 'strategy_invalid', message: 'no', field: 'strategy.waves[1]' }) },
      2, 'error: no\n  field:    --strategy waves[1] (DIR/web.yaml, line 4, column 14)\n'],
    ['rollout plan web@9 --hosts web-99',
      { 'POST /v1/rollouts/plan': refusing(404, { code: 'host_unknown', message: 'there is no host web-99', field: 'hosts', expected: 'names' }) },
      3, 'error: there is no host web-99\n  field:    --hosts\n  expected: names\n'],
    ['rollout start web@9',
      { 'POST /v1/rollouts': refusing(404, { code: 'release_unknown', message: 'web has no release 9', field: 'release' }) },
      3, 'error: web has no release 9\n  field:    service@version\n'],
    ['service apply -f DIR/web.yaml',
      { 'PUT /v1/services/web': refusing(400, { code: 'service_invalid', message: 'strategy.bake: expected a duration', field: 'strategy.bake' }) },
      2, 'error: strategy.bake: expected a duration\n  field:    strategy.bake (DIR/web.yaml, line 5, column 9)\n'],
    ['rollout start web@9', { 'POST /v1/rollouts': refusing(409, { code: 'service_busy', message: 'busy' }) }, 3, 'error: busy\n'],
    ['rollout resume web-7', { 'POST /v1/rollouts/web-7/resume': refusing(422, { code: 'control_refused', message: 'it is not paused' }) }, 3, 'error: it is not paused\n'],
    ['host list', { 'GET /v1/hosts': refusing(503, { code: 'unavailable', message: 'Redis is away' }) }, 4, 'error: Redis is away\n'],
    ['host list', { 'GET /v1/hosts': refusing(500, { code: 'internal', message: 'a bug' }) }, 5, 'error: a bug\n'],
    ['host list', { 'GET /v1/hosts': refusing(403, { code: 'from_the_future', message: 'may not' }) }, 3, 'error: may not\n'],
    ['host list', { 'GET /v1/hosts': refusing(409, { code: 'evil', message: 'a\x1b[2Jb' }) }, 3, 'error: ab\n'],
  ])('%s: %#', async (command, routes, code, stderr) => {
    expect(await ask(command, routes)).toMatchObject({ code, stdout: '', stderr: stderr.replaceAll('DIR', dir) })
  })

  test('with --json is the problem as it came', async () => {
    const error = { code: 'service_busy', message: 'busy', field: 'service', expected: 'patience' }
    const { code, stderr } = await ask('rollout start web@9 --json', { 'POST /v1/rollouts': refusing(409, error) })
    expect(code).toBe(3)
    expect(JSON.parse(stderr)).toEqual({ error: { ...error, field: 'service@version' } })
  })

  test('by something that is no coordinator is said to be that', async () => {
    const { code, stderr } = await ask('host list', { 'GET /v1/hosts': (_asked, response) => void response.writeHead(502).end('<html>') })
    expect(code).toBe(4)
    expect(stderr).toContain('/v1/hosts?limit=100 answered 502 and does not seem to be a coordinator\n  field:    --url\n')
  })
})
