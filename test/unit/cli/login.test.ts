/** Logging in to a real TLS server with the certificates that a coordinator has: nobody else is given a token. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { phaseChange, rollout } from './fixtures.ts'
import { cannedApi, refuse, SSE_END, sseEvent, startSse } from './canned-api.ts'
import type { Answer, CannedApi } from './canned-api.ts'
import { coordinatorTls } from './certificates.ts'
import { muster } from './muster.ts'

const MUSTER = new URL('../../../bin/muster', import.meta.url).pathname
const DAY_MS = 86_400_000
const TOKEN = 'mst_ann_0123456789'
const HOSTS = { hosts: [], next: null }

let home: string
const env = () => ({ XDG_CONFIG_HOME: home })
/** Certificates are made, and TLS looks at them, by the time of this machine. */
const today = () => ({ env: env(), nowMs: Date.now() })

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-login-'))
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

const knowing = (answer: object): Answer => ({ headers }, response) => (
  headers.authorization === `Bearer ${TOKEN}` ? answer : refuse(response, 401, { code: 'token_invalid', message: 'this needs a token' })
)
const routes = {
  'GET /v1/health': { status: 'ok' }, 'GET /v1/hosts': knowing(HOSTS),
  'GET /v1/whoami': knowing({ name: 'ann', role: 'viewer', expiresAtMs: null, version: '1' }),
}
const tokensSeen = ({ asked }: CannedApi) => asked.map(({ headers }) => headers.authorization).filter((header) => header !== undefined)

describe('muster login', () => {
  test('with the right pin: verbs go there from then on, by whatever address', async () => {
    const tls = await coordinatorTls()
    await using api = await cannedApi(routes, tls)
    const ran = await muster(['login', api.url, '--ca-pin', tls.pin], { ...today(), stdin: `${TOKEN}\n` })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toBe(`logged in to ${api.url} as ann (viewer), with a token that does not expire\nverbs use it as the context 127.0.0.1; muster context list shows all\n`)
    expect(await muster('host list', { env: env() })).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).not.toContain(TOKEN)
  })

  test('with the certificate of the authority, and the token in a file', async () => {
    const tls = await coordinatorTls()
    await using api = await cannedApi(routes, tls)
    await writeFile(join(home, 'ca.pem'), tls.ca)
    await writeFile(join(home, 'token'), `${TOKEN}\n`)
    const ran = await muster(['login', api.url, '--ca', join(home, 'ca.pem'), '--token-file', join(home, 'token'), '--context', 'prod'], { env: env() })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(await readFile(join(home, 'muster/contexts/prod.json'), 'utf8'))).toMatchObject({ url: api.url, token: TOKEN, ca: tls.ca, actor: 'ann' })
    expect(await muster('host list --context prod', { env: env() })).toMatchObject({ code: 0 })
  })

  test.each<[how: string, flags: string[], code: string]>([
    ['with a wrong pin', ['--ca-pin', `sha256:${'0'.repeat(64)}`], 'certificate_refused'],
    ['without a pin, where nobody can be asked', [], 'certificate_refused'],
  ])('%s: nothing is sent and nothing saved', async (_how, flags, code) => {
    await using api = await cannedApi(routes, await coordinatorTls())
    const ran = await muster(['login', api.url, '--json', ...flags], { ...today(), stdin: TOKEN })
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code } })
    expect(api.asked).toEqual([])
    expect(await muster('context list --json', { env: env() })).toMatchObject({ stdout: expect.stringContaining('"contexts": []') })
  })

  test('with a token that is not good says so, and saves nothing', async () => {
    const tls = await coordinatorTls()
    await using api = await cannedApi(routes, tls)
    const ran = await muster(['login', api.url, '--ca-pin', tls.pin], { ...today(), stdin: 'mst_other_1' })
    expect(ran.stderr).toBe('error: your token is not good: it has expired, was revoked, or is for another coordinator\n'
      + '  field:    token\n  expected: muster login URL, with a token of muster token create\n')
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(await muster('context list --json', { env: env() })).toMatchObject({ stdout: expect.stringContaining('"contexts": []') })
  })

  test.each<[argv: string, stdin: string, field: string]>([
    ['login https://127.0.0.1:1 --ca-pin sha256:12', TOKEN, '--ca-pin'],
    ['login https://127.0.0.1:1 --ca /etc/hosts', TOKEN, '--ca'],
    ['login https://127.0.0.1:1 --ca /nowhere --ca-pin x', TOKEN, '--ca, --ca-pin'],
    ['login coordinator:4600', TOKEN, 'url'],
    ['login http://10.0.0.7:4600', TOKEN, 'url'],
    ['login http://127.0.0.1:1 --token-file /nowhere --ca CA', TOKEN, '--token-file'],
    ['login http://127.0.0.1:1 --ca CA', '', 'stdin'],
    ['login http://127.0.0.1:1 --ca CA', 'two words', 'stdin'],
    ['login https://127.0.0.1:1 --url https://127.0.0.1:1', TOKEN, '--url'],
  ])('%s with %j is refused for its %s', async (argv, stdin, field) => {
    await writeFile(join(home, 'ca.pem'), (await coordinatorTls()).ca)
    const ran = await muster([...argv.replace('CA', join(home, 'ca.pem')).split(' '), '--json'], { env: env(), stdin })
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { field } })
  })
})

/** A real terminal: util-linux's script(1) makes one. @param lines what somebody types, each once what comes before it is there */
async function atTerminal(args: readonly string[], lines: readonly [after: string, typed: string][]): Promise<string> {
  const command = [MUSTER, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, ...env() }, stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const waiting = [...lines]
  let seen = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk
    while (waiting[0] !== undefined && seen.includes(waiting[0][0])) child.stdin.write(`${waiting.shift()![1]}\r`)
  })
  await closed
  return seen
}

describe.skipIf(spawnSync('script', ['--version']).status !== 0)('at a terminal', () => {
  test('the pin is shown and asked for, and the token is not seen', async () => {
    const tls = await coordinatorTls()
    await using api = await cannedApi(routes, tls)
    const seen = await atTerminal(['login', api.url], [['(yes/no)?', 'yes'], ['token for ', TOKEN]])
    expect(seen).toContain(tls.pin)
    expect(seen).toContain(`logged in to ${api.url} as ann`)
    expect(seen).not.toContain(TOKEN)
    expect(await muster('host list', { env: env() })).toMatchObject({ code: 0 })
  })

  test.each(['no', '', 'y'])('whoever answers %j sends and saves nothing', async (answer) => {
    await using api = await cannedApi(routes, await coordinatorTls())
    expect(await atTerminal(['login', api.url], [['(yes/no)?', answer]])).toContain('you did not say yes')
    expect(api.asked).toEqual([])
  })
})

describe('a verb over TLS', () => {
  test('watches a rollout as ever', async () => {
    const tls = await coordinatorTls()
    const ended = rollout({ phase: 'succeeded', waves: [{ forward: { succeeded: 2 } }] })
    await using api = await cannedApi({
      'GET /v1/rollouts/web-7': ended, 'GET /v1/rollouts/web-7/tasks': { tasks: [], next: null },
      'GET /v1/rollouts/web-7/events': (_asked, response) => void startSse(response).end(sseEvent('1-0', 'change', phaseChange()) + SSE_END),
    }, tls)
    await writeFile(join(home, 'ca.pem'), tls.ca)
    const ran = await muster('rollout watch web-7', { env: { ...env(), MUSTER_URL: api.url, MUSTER_TOKEN: TOKEN, MUSTER_CA: join(home, 'ca.pem') } })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(new Set(tokensSeen(api))).toEqual(new Set([`Bearer ${TOKEN}`]))
  })

  test.each<[what: string, pastMs: number, trusted: boolean, message: string]>([
    ['that is not trusted', 0, false, 'is not asked: its certificate comes from an authority that is not trusted here'],
    ['that has expired', 8 * DAY_MS, true, 'is not asked: its certificate has expired, by the clock of this machine'],
  ])('refuses a certificate %s before it says anything', async (_what, pastMs, trusted, message) => {
    const tls = await coordinatorTls(pastMs)
    await using api = await cannedApi(routes, tls)
    await writeFile(join(home, 'ca.pem'), tls.ca)
    const variables = { MUSTER_URL: api.url, MUSTER_TOKEN: TOKEN, ...(trusted ? { MUSTER_CA: join(home, 'ca.pem') } : {}) }
    const ran = await muster('host list', { env: { ...env(), ...variables } })
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(ran.stderr).toContain(`error: ${api.url} ${message}\n`)
    expect(api.asked).toEqual([])
  })

  test('says so when none is spoken there, and when it alone is', async () => {
    await using plain = await cannedApi(routes)
    const host = new URL(plain.url).host
    const tooMuch = await muster('host list', { env: { ...env(), MUSTER_URL: `https://${host}` } })
    expect(tooMuch.stderr).toBe(`error: cannot reach the coordinator at https://${host}: its answer is not TLS\n  field:    --url\n  expected: the address at which the coordinator serves HTTPS (its --http): no TLS is spoken at ${host}\n`)
    await using secure = await cannedApi(routes, await coordinatorTls())
    const tooLittle = await muster('host list', { env: { ...env(), MUSTER_URL: secure.url.replace('https', 'http') } })
    expect(tooLittle).toMatchObject({ code: 4 })
    expect(tooLittle.stderr).toContain(`expected: ${secure.url}, when TLS is spoken there`)
  })

  test('without a token is told to log in', async () => {
    await using api = await cannedApi(routes)
    const ran = await muster('host list', { url: api.url, env: env() })
    expect(ran).toMatchObject({ code: 3 })
    expect(ran.stderr).toBe('error: the coordinator wants to know who you are\n  field:    token\n  expected: muster login URL, with a token of muster token create\n')
  })
})

test('a server that hangs up in the handshake is told from one that is not there', async () => {
  const server = createServer((socket) => socket.destroy())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const ran = await muster('host list', { env: { ...env(), MUSTER_URL: `https://127.0.0.1:${port}` } })
  server.close()
  expect(ran).toMatchObject({ code: 4 })
  expect(ran.stderr).toContain(`cannot reach the coordinator at https://127.0.0.1:${port}: `)
})
