/** Who may have which pieces: the judgement alone, with real signatures. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Leave } from '../../../shared/pieces/leave.ts'
import { pieceRoute } from '../../../shared/pieces/route.ts'
import { inOrder } from '../../../shared/pieces/rendezvous.ts'
import { makeKeys } from '../../keys.ts'
import { HOUR_MS, Site } from './site.ts'

const ROOT = 'a'.repeat(64)
const NOW = Date.now()
const PEER = { role: 'agent', host: 'h1', keyPin: 'sha256:x', expiresAtMs: NOW + HOUR_MS } as const

let site: Site
beforeAll(async () => {
  site = await Site.open()
})

const leave = (): Leave => new Leave(site.grantKeys)
const whyOf = (verdict: ReturnType<Leave['judge']>): string => verdict.granted ? 'granted' : verdict.why
const header = (grant: string): string => `Grant ${grant}`

test('the host that it was given, for the pieces and in the datacenter that it says', () => {
  const verdict = leave().judge(header(site.grant('h1', [ROOT])), PEER, ROOT, 'fra', NOW)
  expect(verdict).toMatchObject({ granted: true, grant: { host: 'h1', dc: 'fra', roots: [ROOT] } })
})

describe('nobody else', () => {
  const cases: [string, string, (judge: Leave['judge']) => ReturnType<Leave['judge']>][] = [
    ['no header', 'missing', (judge) => judge(undefined, PEER, ROOT, null, NOW)],
    ['another scheme', 'missing', (judge) => judge('Bearer x', PEER, ROOT, null, NOW)],
    ['a header without an end', 'missing', (judge) => judge(`Grant ${'x'.repeat(100_000)}`, PEER, ROOT, null, NOW)],
    ['a grant that was changed', 'unsigned', (judge) => judge(header(site.grant('h1', [ROOT]).replace(/^.../, 'AAA')), PEER, ROOT, null, NOW)],
    ['another host', 'host', (judge) => judge(header(site.grant('h2', [ROOT])), PEER, ROOT, null, NOW)],
    ['other pieces', 'root', (judge) => judge(header(site.grant('h1', ['b'.repeat(64)])), PEER, ROOT, null, NOW)],
    ['another datacenter', 'dc', (judge) => judge(header(site.grant('h1', [ROOT])), PEER, ROOT, 'ams', NOW)],
    ['no machine', 'stranger', (judge) => judge(header(site.grant('h1', [ROOT])), null, ROOT, null, NOW)],
    ['a certificate that has expired on its connection', 'stranger', (judge) => judge(header(site.grant('h1', [ROOT])), PEER, ROOT, null, NOW + 2 * HOUR_MS)],
  ]
  test.each(cases)('%s', (_what, why, ask) => {
    const judge = leave()
    expect(whyOf(ask((...args) => judge.judge(...args)))).toBe(why)
  })

  test('a relay may show the grant of a host, another agent may not', () => {
    const judge = leave()
    const text = header(site.grant('h1', [ROOT]))
    expect(whyOf(judge.judge(text, { ...PEER, role: 'relay', host: 'r1' }, ROOT, null, NOW))).toBe('granted')
    expect(whyOf(judge.judge(text, { ...PEER, host: 'h2' }, ROOT, null, NOW))).toBe('host')
  })
})

test('a grant that was good ends when its time is over, and when its signer is no longer known', async () => {
  const other = await Site.open(await makeKeys())
  let keys = site.grantKeys
  const judge = new Leave((nowMs) => keys(nowMs))
  const text = header(site.grant('h1', [ROOT], { expiresAtMs: NOW + 1000 }))
  expect(whyOf(judge.judge(text, PEER, ROOT, null, NOW))).toBe('granted')
  expect(whyOf(judge.judge(text, PEER, ROOT, null, NOW + 1000))).toBe('expired')
  expect(whyOf(judge.judge(text, PEER, ROOT, null, NOW))).toBe('granted')
  keys = other.grantKeys
  judge.forget()
  expect(whyOf(judge.judge(text, PEER, ROOT, null, NOW))).toBe('unsigned')
  keys = () => new Map()
  expect(whyOf(judge.judge(text, PEER, ROOT, null, NOW))).toBe('unready')
})

test.each([
  ['GET', `/v1/swarms/${ROOT}/root`, { kind: 'root', root: ROOT }],
  ['GET', `/v1/swarms/${ROOT}/pieces/12`, { kind: 'piece', root: ROOT, index: 12 }],
  ['GET', `/v1/swarms/${ROOT}/any`, { kind: 'any', root: ROOT }],
  ['POST', `/v1/swarms/${ROOT}/root`, null],
  ['GET', `/v1/swarms/${ROOT}/pieces/-1`, null],
  ['GET', `/v1/swarms/${ROOT}/pieces/999999`, null],
  ['GET', `/v1/swarms/${ROOT}/pieces/1/2`, null],
  ['GET', `/v1/swarms/${ROOT.slice(1)}/root`, null],
  ['GET', `/v1/swarms/../../etc/passwd`, null],
])('%s %s', (method, path, route) => {
  expect(pieceRoute(method, path)).toEqual(route)
})

test('relays share pieces alike from wherever one looks, and when one goes only its own go elsewhere', () => {
  const relays = ['https://a', 'https://b', 'https://c']
  const keys = Array.from({ length: 300 }, (_, at) => String(at))
  const first = (among: string[], key: string): string => inOrder(among, (url) => url, key)[0]!
  const before = keys.map((key) => first(relays, key))
  expect(keys.map((key) => first(relays.toReversed(), key))).toEqual(before)
  for (const relay of relays) expect(before.filter((one) => one === relay).length).toBeGreaterThan(60)
  const after = keys.map((key) => first(relays.slice(1), key))
  expect(after.filter((one, at) => one !== before[at])).toHaveLength(before.filter((one) => one === 'https://a').length)
})
