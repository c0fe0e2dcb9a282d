/** Tokens on the command line: the text goes where it can be piped, and everything about it elsewhere. */
import { expect, test } from 'vitest'
import type { TokenView } from '../../../shared/api/token.ts'
import { cannedApi, refuse } from './canned-api.ts'
import { NOON_MS } from './fixtures.ts'
import { muster } from './muster.ts'

const common = { createdAtMs: NOON_MS, createdBy: 'ann', lastUsedAtMs: null }
const JOIN: TokenView = {
  ...common, id: '5f0c2a9be417', kind: 'join', role: 'agent', labels: { dc: 'fra', env: 'prod' }, hosts: 'web-*', usesLeft: 40, replace: false,
  expiresAtMs: NOON_MS + 3_600_000,
}
const API: TokenView = { ...common, id: '00aa11bb22cc', kind: 'api', role: 'viewer', name: 'gitlab', expiresAtMs: NOON_MS, lastUsedAtMs: NOON_MS }

test('a join token is alone on stdout; what it is and how it is used is said beside it', async () => {
  await using api = await cannedApi({ 'POST /v1/tokens': { id: JOIN.id, text: 'mstj_abc', token: JOIN } })
  const ran = await muster(['token', 'create', '--role', 'agent', '--labels', 'dc=fra,env=prod', '--hosts', 'web-*', '--uses', '40', '--ttl', '1h'], { url: api.url })
  expect(JSON.parse(api.asked[0]!.body.toString())).toEqual({ role: 'agent', labels: { dc: 'fra', env: 'prod' }, hosts: 'web-*', uses: 40, ttl: '1h' })
  expect(ran).toEqual({
    code: 0, stdout: 'mstj_abc\n',
    stderr: '5f0c2a9be417: 40 agents named web-* may join, with dc=fra,env=prod; good until 2026-03-01 13:00:00 (in 58m 0s); it is not shown again\n'
      + 'on the machine: muster agent --join FILE, with the token in the file\n',
  })
})

test('an API token says who may do what with it, and how it is used; with --json the document is all', async () => {
  const created = { id: API.id, text: 'mst_00aa11bb22cc_x', token: API }
  await using api = await cannedApi({ 'POST /v1/tokens': created })
  const { stdout, stderr } = await muster('token create --role viewer --name gitlab', { url: api.url })
  expect(stdout).toBe('mst_00aa11bb22cc_x\n')
  expect(stderr).toContain('gitlab may look')
  expect(stderr).toContain('muster login')
  const json = await muster('token create --role viewer --name gitlab --json', { url: api.url })
  expect(JSON.parse(json.stdout)).toEqual(created)
  expect(json.stderr).toBe('')
})

test('tokens are listed without secrets, and with what is left of them', async () => {
  await using api = await cannedApi({ 'GET /v1/tokens': { tokens: [API, JOIN, { ...JOIN, id: 'ee', usesLeft: 0 }] } })
  expect((await muster('token list', { url: api.url })).stdout.split('\n')).toEqual([
    'TOKEN         ROLE    WHO                                                     GOOD UNTIL                        USED         CREATED',
    '00aa11bb22cc  viewer  gitlab may look                                         expired 2026-03-01 12:00:00       2m 0s ago    2m 0s ago by ann',
    '5f0c2a9be417  agent   40 agents named web-* may join, with dc=fra,env=prod    2026-03-01 13:00:00 (in 58m 0s)   never        2m 0s ago by ann',
    'ee            agent   used up                                                 2026-03-01 13:00:00 (in 58m 0s)   never        2m 0s ago by ann', '',
  ].map((line) => line.replaceAll(/ {2,}/g, '  ')).map((line) => expect.toSatisfy((found: string) => found.replaceAll(/ {2,}/g, '  ') === line) as string))
})

test('a token is revoked, with a reason', async () => {
  await using api = await cannedApi({ 'DELETE /v1/tokens/5f0c2a9be417': { id: '5f0c2a9be417', revoked: true } })
  const ran = await muster(['token', 'revoke', '5f0c2a9be417', '--reason', 'it is lost'], { url: api.url })
  expect(ran).toMatchObject({ code: 0, stdout: '5f0c2a9be417 is revoked\n' })
  expect(api.asked[0]?.query).toEqual({ reason: 'it is lost' })
})

test('what is wrong is named as it was typed', async () => {
  await using api = await cannedApi({
    'POST /v1/tokens': (_asked, response) => refuse(response, 400, { code: 'body_invalid', message: 'name: missing', field: 'name' }),
  })
  expect(await muster('token create --role admin', { url: api.url })).toMatchObject({ code: 2, stderr: expect.stringContaining('--name') as string })
  for (const [flags, word] of [['--role king', '--role'], ['', '--role'], ['--role agent --uses 0', '--uses'], ['--role agent --labels dc', '--labels']] as const) {
    expect(await muster(`token create ${flags}`, { url: api.url })).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(word) as string })
  }
})
