import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, type Environment, type Service } from './service.ts'

/** What the scripts ask of a host besides bash. */
const TOOLS = ['awk', 'bash', 'cat', 'cut', 'date', 'env', 'find', 'grep', 'mkdir', 'mv', 'rm', 'setsid', 'sleep', 'sort', 'stat', 'tail', 'timeout']
/** Longer than a test may take: who waits for it fails. */
const FOREVER_MS = '600000'
/** A service that nobody asks anything. */
const IDLE: Environment = { MUSTER_RUN: 'sleep 1000' }

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

/** Starts the service and gives the environment for an http check of it. */
async function started(extra: Environment = {}): Promise<Environment & { MUSTER_CHECK_TARGET: string }> {
  expect(await service.step('start', extra)).toMatchObject({ status: 0 })
  return { MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: `http://127.0.0.1:${await service.port()}/health` }
}

/** A PATH with all that the scripts need but curl. */
function pathWithoutCurl(): string {
  const folder = join(service.path, 'bin')
  mkdirSync(folder)
  for (const tool of TOOLS) symlinkSync(spawnSync('bash', ['-c', `type -P ${tool}`], { encoding: 'utf8' }).stdout.trim(), join(folder, tool))
  return folder
}

describe.each(['with curl', 'without curl'])('check by http %s', (how) => {
  const path = (): Environment => (how === 'without curl' ? { PATH: pathWithoutCurl() } : {})

  it('takes 2xx and 3xx as healthy', async () => {
    const http = { ...(await started({ MUSTER_VAR_STATUSES: '200,204,302' })), ...path() }
    for (const status of [200, 204, 302]) {
      const ended = await service.step('check', http)
      expect(ended).toMatchObject({ status: 0, lastLine: expect.stringContaining(`${http.MUSTER_CHECK_TARGET} answered ${status}: healthy after `) })
    }
  })

  it('waits until it is healthy', async () => {
    const http = await started({ MUSTER_VAR_STATUSES: '503,500,404,200' })
    expect(await service.step('check', { ...http, ...path() })).toMatchObject({ status: 0 })
  })

  it('says what came back when it does not become healthy', async () => {
    const http = await started({ MUSTER_VAR_STATUSES: '503' })
    const { status, output } = await service.step('check', { ...http, ...path(), MUSTER_CHECK_WITHIN_MS: '300' })
    expect(status).toBe(1)
    expect(output).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/health answered 503 after \d+ tr(y|ies) in [\d.]+s\n$/)
  })

  it('says when nobody listens', async () => {
    await service.step('start', IDLE)
    const nobody = { MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: 'http://127.0.0.1:1/health', MUSTER_CHECK_WITHIN_MS: '0' }
    const { lastLine } = await service.step('check', { ...nobody, ...path() })
    expect(lastLine).toMatch(/^http:\/\/127\.0\.0\.1:1\/health accepted no connection after 1 try in /)
  })

  it('gives up on an answer that does not come', async () => {
    await service.step('start', IDLE)
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const target = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    const { lastLine } = await service.step('check', { ...path(), MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: target, MUSTER_CHECK_WITHIN_MS: '200' })
    silent.close()
    expect(lastLine).toContain(`${target} gave no answer within 0.2s after 1 try`)
  })
})

describe('check', () => {
  it('cannot ask https without curl, and does not wait to say so', async () => {
    await service.step('start', IDLE)
    const https = { MUSTER_CHECK_KIND: 'http', MUSTER_CHECK_TARGET: 'https://127.0.0.1/', MUSTER_CHECK_WITHIN_MS: FOREVER_MS, PATH: pathWithoutCurl() }
    expect(await service.step('check', https)).toMatchObject({
      status: 1, lastLine: 'https://127.0.0.1/ cannot be asked without curl, only http://HOST:PORT/PATH can',
    })
  })

  it('begins anew when the health breaks off', async () => {
    const http = await started({ MUSTER_VAR_STATUSES: '200,200,503,200' })
    const { status, lastLine } = await service.step('check', { ...http, MUSTER_CHECK_FOR_MS: '300' })
    expect(status).toBe(0)
    // the two answers before the break do not count
    const [after, lasted] = [.../healthy after ([\d.]+)s, for ([\d.]+)s$/.exec(lastLine) ?? []].slice(1).map(Number)
    expect(after).toBeGreaterThanOrEqual(0.1)
    expect(lasted).toBeGreaterThanOrEqual(0.3)
  })

  it('fails when it is never healthy for long enough', async () => {
    const flapping = Array.from({ length: 200 }, (_, turn) => (turn % 2 === 0 ? 200 : 503)).join(',')
    const http = await started({ MUSTER_VAR_STATUSES: flapping })
    const { status, lastLine } = await service.step('check', { ...http, MUSTER_CHECK_WITHIN_MS: '500', MUSTER_CHECK_FOR_MS: '2000' })
    expect(status).toBe(1)
    expect(lastLine).toMatch(/answered 503 after \d+ tries in .*s, healthy for no more than 0s of 2s$/)
  })

  it('fails at once, with the end of the log, when the process dies', async () => {
    const http = await started({ MUSTER_VAR_DIE_ON_REQUEST: 'out of luck' })
    const { status, output, lastLine } = await service.step('check', { ...http, MUSTER_CHECK_WITHIN_MS: FOREVER_MS })
    expect(status).toBe(1)
    expect(output).toContain('  | Error: out of luck\n')
    expect(lastLine).toBe('web is not running; last words: Error: out of luck')
  })

  it('fails at once when nothing runs, whoever answers', async () => {
    const neighbour = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => neighbour.once('listening', resolve))
    const target = `127.0.0.1:${(neighbour.address() as AddressInfo).port}`
    const ended = await service.step('check', { MUSTER_CHECK_KIND: 'tcp', MUSTER_CHECK_TARGET: target, MUSTER_CHECK_WITHIN_MS: FOREVER_MS })
    neighbour.close()
    expect(ended).toMatchObject({ status: 1, lastLine: 'web is not running' })
  })

  it('fills variables and labels into the target', async () => {
    await started()
    const variables = { MUSTER_VAR_PORT: await service.port(), MUSTER_LABEL_ADDRESS: '127.0.0.1' }
    const target = { MUSTER_CHECK_KIND: 'tcp', MUSTER_CHECK_TARGET: '${label.address}:${PORT}' }
    expect((await service.step('check', { ...target, ...variables })).lastLine).toContain(`127.0.0.1:${variables.MUSTER_VAR_PORT} accepts connections: healthy`)
    expect(await service.step('check', target)).toMatchObject({
      status: 1, lastLine: '${label.address}:${PORT}: ${label.address} is no label of this host',
    })
  })

  it('by exec runs a shell command line', async () => {
    await service.step('start', IDLE)
    const exec = (command: string) => service.step('check', { MUSTER_CHECK_KIND: 'exec', MUSTER_CHECK_TARGET: command, MUSTER_CHECK_WITHIN_MS: '200', MUSTER_VAR_WORD: 'yes' })
    expect((await exec('test "$MUSTER_VAR_WORD" = yes')).status).toBe(0)
    expect((await exec('echo "queue is full"; exit 4')).lastLine).toMatch(/^"echo .*" exited with 4 \(queue is full\) after \d+ tr(y|ies) in /)
    expect((await exec('sleep 1000')).lastLine).toMatch(/^"sleep 1000" did not end within [\d.]+s after \d+ tr(y|ies) in /)
  })

  it('by none asks only whether the process lives', async () => {
    await service.step('start', IDLE)
    expect(await service.step('check', { MUSTER_CHECK_FOR_MS: '100' })).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web lives: healthy after [\d.]+s, for [\d.]+s$/) })
  })

  it.each([
    ['tcp', 'nowhere', 'nowhere is no address, HOST:PORT is one'],
    ['udp', 'h:1', 'h:1 cannot be checked: "udp" is no kind of check, only http, tcp, exec and none are'],
  ])('does not wait for a %s check of %s', async (kind, target, said) => {
    await service.step('start', IDLE)
    const ended = await service.step('check', { MUSTER_CHECK_KIND: kind, MUSTER_CHECK_TARGET: target, MUSTER_CHECK_WITHIN_MS: FOREVER_MS })
    expect(ended).toMatchObject({ status: 1, lastLine: said })
  })
})
