/** What a script finds: its environment, its account, its place. And what a command must look like before it is believed. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findAccount } from '../../../agent/adapters/account.ts'
import { runScript } from '../../../agent/adapters/script.ts'
import { refuse, unresolved } from '../../../agent/deploy/acceptable.ts'
import { scriptEnvironment } from '../../../agent/deploy/environment.ts'
import { expand, unknownNames } from '../../../agent/deploy/expand.ts'
import { goalOf, installationOf } from '../../../agent/deploy/installation.ts'
import type { Action } from '../../../shared/command.ts'
import { command, goal, HOST } from './commands.ts'

const context = { host: HOST, labels: { dc: 'fra', 'rack.row-2': 'r7' }, root: '/root', deployUtils: '/opt/deploy-utils.sh' }
const inherited = { PATH: '/usr/bin:/bin', HOME: '/var/lib/web' }
const full = command({
  goal: goal('1.1', {
    cmd: { digest: 'c'.repeat(64), sizeBytes: 1, entries: 1 },
    variables: { PORT: '80' },
    run: 'serve --port ${PORT} --at ${label.dc} --from ${MUSTER_SHARED_DIR}',
    check: { probe: { kind: 'http', url: 'http://localhost:${PORT}/' }, withinMs: 5000, forMs: 100 },
  }),
})

const single: Action & { kind: 'script' } = { kind: 'script', goal: goal('1.0'), script: 'migrate', wave: null, hosts: [], undo: false }

describe('the environment of a script', () => {
  it('is exactly the contract', () => {
    const before = { installed: installationOf(command({ goal: goal('1.0') })), running: null, settled: true }
    const release = installationOf(full)!
    expect(scriptEnvironment({ command: full, before, step: 'start', release, ticket: `${full.id}/4-start`, hostsFile: null }, context, inherited)).toEqual({
      PATH: '/usr/bin:/bin', HOME: '/var/lib/web',
      MUSTER_SERVICE: 'web', MUSTER_STEP: 'start', MUSTER_VERSION: '1.1', MUSTER_REVISION: 'rev-1.1', MUSTER_PREVIOUS_VERSION: '1.0',
      MUSTER_PATH: '/root/srv/web', MUSTER_RELEASE_DIR: `/root/srv/web/releases/1.1-${goalOf(full)!.srv.digest.slice(0, 12)}`,
      MUSTER_CURRENT: '/root/srv/web/current', MUSTER_SHARED_DIR: '/root/srv/web/shared', MUSTER_CMD_DIR: '/root/srv/web/cmd/cccccccccccc',
      MUSTER_DEPLOY_UTILS: '/opt/deploy-utils.sh', MUSTER_HOST: HOST, MUSTER_ROLLOUT: 'web-1', MUSTER_COMMAND: 'web-1/h1/1', MUSTER_TICKET: 'web-1/h1/1/4-start',
      MUSTER_RUN: 'serve --port 80 --at fra --from ${MUSTER_SHARED_DIR}',
      MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: 'http://localhost:80/', MUSTER_CHECK_WITHIN_MS: '5000', MUSTER_CHECK_FOR_MS: '100',
      MUSTER_LABEL_DC: 'fra', MUSTER_LABEL_RACK_ROW_2: 'r7', MUSTER_VAR_PORT: '80', MUSTER_INSTANCES: '',
    })
  })

  it('says so where there is nothing to say', () => {
    const release = installationOf(command())!
    const run = { command: command(), before: { installed: null, running: null, settled: true }, step: 'check', release, ticket: 't', hostsFile: null } as const
    const env = scriptEnvironment(run, context, inherited)
    expect(env).toMatchObject({ MUSTER_PREVIOUS_VERSION: '', MUSTER_CMD_DIR: '', MUSTER_RUN: '', MUSTER_CHECK_KIND: 'none', MUSTER_CHECK_TARGET: '' })
  })
})

describe('names in a text', () => {
  const names = { variables: { PORT: '80', PROTO: 'x' }, labels: { port: '81' } }
  it.each([
    ['${PORT}', '80', []],
    ['${label.port}:${PORT}', '81:80', []],
    ['${MUSTER_PATH} $PORT $(x)', '${MUSTER_PATH} $PORT $(x)', []],
    ['${port} ${label.PORT} ${PORT:-1} ${}', '${port} ${label.PORT} ${PORT:-1} ${}', ['port', 'label.PORT', 'PORT:-1', '']],
    ['${constructor} ${label.toString}', '${constructor} ${label.toString}', ['constructor', 'label.toString']],
  ])('%s', (text, expanded, unknown) => {
    expect(expand(text, names)).toBe(expanded)
    expect(unknownNames(text, names)).toEqual(unknown)
  })

  it('that stand for nothing are told with where they stand', () => {
    expect(unresolved(goal('1.0', { run: '${X} ${label.dc}' }), {})).toEqual([
      'the run names ${X}, which is no variable of the service; a label of the host is ${label.KEY}',
      'the run names ${label.dc}, which is no label of this host',
    ])
  })
})

describe('a command is not believed when', () => {
  it.each([
    ['its id is none', { id: 'web-1/h1' }],
    ['its id climbs', { id: '../h1/1' }],
    ['it is for another host', { id: 'web-1/h2/1' }],
    ['its service is no name', { service: 'a/b' }],
    ['its path is relative', { path: 'srv/web' }],
    ['its path is the root', { path: '/' }],
    ['its path climbs', { path: '/srv/../../etc' }],
    ['its account is an option', { account: '--init' }],
    ['its time is over before it begins', { timeoutMs: 0 }],
    ['its version climbs', { goal: goal('../..') }],
    ['its digest is no digest', { goal: goal('1.0', { srv: { digest: '../../x', sizeBytes: 1, entries: 1 } }) }],
    ['its cmd digest is no digest', { goal: goal('1.0', { cmd: { digest: '', sizeBytes: 1, entries: 1 } }) }],
    ['a variable would replace PATH', { goal: goal('1.0', { variables: { 'X=1': '' } }) }],
    ['an instance has no name', { goal: goal('1.0', { instances: { 'a-b': {} } }) }],
    ['a variable of an instance cannot be set', { goal: goal('1.0', { instances: { a: { 'X=1': '' } } }) }],
    ['its script climbs', { action: { ...single, script: '../start' } }],
    ['its script is about no host', { action: { ...single, hosts: ['h1\nh2'] } }],
    ['its command line is empty', { action: { kind: 'exec', command: '' } }],
    ['its command line cannot be passed on', { action: { kind: 'exec', command: 'a\0b' } }],
    ['a variable cannot be passed on', { goal: goal('1.0', { variables: { X: 'a\0b' } }) }],
  ] as [string, Parameters<typeof command>[0]][])('%s', (_what, wrong) => {
    expect(refuse(command(wrong), HOST)).toMatch(/./)
  })

  it('and is when nothing speaks against it', () => {
    expect(refuse(full, HOST)).toBeNull()
    expect(refuse(command({ goal: null, account: 'web' }), HOST)).toBeNull()
    expect(refuse(command({ id: `web-1/${HOST}/s1`, action: single }), HOST)).toBeNull()
    expect(refuse(command({ path: '/', action: { kind: 'exec', command: 'uptime' } }), HOST)).toBeNull()
  })
})

describe('a script', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'muster-script-'))
    await chmod(dir, 0o755)
  })
  afterEach(async () => await rm(dir, { recursive: true, force: true }))

  const run = async (argv: string[], env: Record<string, string> = { PATH: process.env['PATH'] ?? '' }, cwd = dir) => {
    const supervision = { budgetMs: 20_000, graceMs: 100, signal: new AbortController().signal, killing: new AbortController().signal, onOutput: (): void => undefined }
    const outcome = await runScript({ dir: join(dir, 'step'), marker: 'MUSTER_TICKET=t', command: argv, cwd, env }, supervision)
    return { outcome, output: await readFile(join(dir, 'step/output'), 'utf8').catch(() => '') }
  }

  it('sees nothing of the agent but what it is given, and reads no input', async () => {
    const { output } = await run(['/usr/bin/env'], { PATH: '/usr/bin:/bin', HOME: '/nowhere', MUSTER_TICKET: 't' })
    const names = output.trim().split('\n').map((line) => line.split('=')[0])
    // a shell may add what it says of itself
    expect(new Set(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name!)))).toEqual(new Set(['PATH', 'HOME', 'MUSTER_TICKET']))
    expect(Object.keys(process.env).length).toBeGreaterThan(4)
  })

  it('takes its arguments as they are, with blanks and quotes', async () => {
    expect((await run(['/usr/bin/printf', '%s|', 'a b', `it's "$x"`, ''])).output).toBe(`a b|it's "$x"||`)
  })

  it.each([
    [['/bin/sh', '-c', 'echo first; echo last >&2; exit 4'], { kind: 'failed', exitCode: 4, message: 'exited with 4: last' }],
    [['/bin/sh', '-c', 'kill -TERM $$'], { kind: 'failed', exitCode: -1, message: expect.stringContaining('was ended by SIGTERM') as string }],
    [['/bin/true'], { kind: 'passed' }],
  ])('%j', async (argv, outcome) => {
    expect((await run(argv)).outcome).toEqual(outcome)
  })

  it('that is not there fails, and so does a directory that is not there', async () => {
    expect((await run(['/no/such/program'])).outcome).toMatchObject({ kind: 'failed', exitCode: 127 })
    await rm(join(dir, 'step'), { recursive: true })
    expect((await run(['/bin/true'], {}, '/no/such/directory')).outcome).toMatchObject({ kind: 'failed', exitCode: -1 })
  })

  it.runIf(process.getuid?.() === 0)('runs with the rights of its account alone', async () => {
    const answer = await findAccount('nobody')
    expect(answer.ok).toBe(true)
    const { uid, gid, become } = (answer as Extract<typeof answer, { ok: true }>).account
    const { output } = await run([...become, '/bin/sh', '-c', 'id -u; id -g; id -G; echo "$KEPT"'], { PATH: process.env['PATH'] ?? '', KEPT: 'kept' })
    const groups = execFileSync('id', ['-G', 'nobody'], { encoding: 'utf8' }).trim()
    expect(output.trim().split('\n')).toEqual([String(uid), String(gid), groups, 'kept'])
  })

  it('is not run by an account that does not exist', async () => {
    expect(await findAccount('no-such-account')).toEqual({ ok: false, message: 'account no-such-account does not exist on this host' })
    expect(await findAccount(null)).toMatchObject({ ok: true, account: { become: [] } })
  })
})
