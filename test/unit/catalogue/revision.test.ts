import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { nextEntry } from '../../../coordinator/engine/entry.ts'
import type { ServiceEntry } from '../../../coordinator/engine/ports/catalogue.ts'
import { Revisions } from '../../../coordinator/engine/revision.ts'
import { canonicalJson } from '../../../shared/digest.ts'
import { serviceSchema } from '../../../shared/service.ts'
import type { ServiceInput } from '../../../shared/service.ts'

const SRV = { digest: 'a'.repeat(64), sizeBytes: 1, entries: 1 }
const RELEASE = { service: 'web', version: '1', srv: SRV, cmd: null, envelope: null, createdAtMs: 0, createdBy: 'ann' }
const WEB = { service: 'web', path: '/srv/web', variables: { LEVEL: 'info' } } satisfies ServiceInput
const A_HOST = { host: 'h1', labels: { dc: 'sg' } }

const revision = (more: Partial<ServiceInput> = {}, release: Partial<typeof RELEASE> = {}, host = A_HOST): string =>
  new Revisions(serviceSchema.parse({ ...WEB, ...more }), { ...RELEASE, ...release }).of(host).goal.revision

const NONE_OF_ITS_BUSINESS: Partial<ServiceInput>[] = [
  { owners: ['ann'] }, { hosts: 'env=prod' }, { keepReleases: 9 }, { limits: [{ down: 1 }] }, { drift: 'converge' }, { joins: 'report' }, { strategy: { waves: [1] } },
  { overrides: [{ host: 'h2', variables: { LEVEL: 'debug' } }] }, { overrides: [{ host: 'h1', variables: { LEVEL: 'info' } }] },
]
test.each(NONE_OF_ITS_BUSINESS)('%j is no new revision', (more) => expect(revision(more)).toBe(revision()))

const ITS_BUSINESS: Partial<ServiceInput>[] = [
  { path: '/srv/other' }, { account: 'web' }, { run: './web' }, { check: { tcp: '127.0.0.1:80' } }, { steps: { start: { idempotent: true } } },
  { variables: { LEVEL: 'debug' } }, { instances: { a: {} } }, { overrides: [{ label: 'dc=sg', variables: { LEVEL: 'debug' } }] },
]
test.each(ITS_BUSINESS)('%j is a new revision', (more) => expect(revision(more)).not.toBe(revision()))

test('the same packages under another name are the same revision, other packages are not', () => {
  expect(revision({}, { version: '2' })).toBe(revision())
  expect(revision({}, { srv: { ...SRV, digest: 'b'.repeat(64) } })).not.toBe(revision())
})

test('an entry that is restored has the revisions that it had, whatever was applied in between', () => {
  const level = fc.constantFrom('info', 'warn', 'debug')
  const variables = fc.record({ LEVEL: level })
  const overrides = fc.array(fc.record({ host: fc.constantFrom('h1', 'h2'), variables }), { maxLength: 3 })
  const entry = fc.record({ variables, overrides, owners: fc.constantFrom([], ['ann']) })
  fc.assert(fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.nat(), fc.constantFrom('h1', 'h2', 'h3'), (written, which, host) => {
    const entries = written.reduce<ServiceEntry[]>((all, more) => {
      const { outcome, entry: next } = nextEntry(all.at(-1) ?? null, serviceSchema.parse({ ...WEB, ...more }), 'ann', 0)
      return outcome === 'unchanged' ? all : [...all, next]
    }, [])
    const old = entries[which % entries.length]!
    const restored = nextEntry(entries.at(-1)!, old.spec, 'bob', 1, { reason: null, restored: old.entry })
    expect(restored.outcome).toBe(canonicalJson(old.spec) === canonicalJson(entries.at(-1)!.spec) ? 'unchanged' : 'updated')
    const revisionIn = ({ spec }: ServiceEntry) => new Revisions(spec, RELEASE).of({ host, labels: {} }).goal.revision
    expect(revisionIn(restored.entry)).toBe(revisionIn(old))
  }))
})

describe('over a fleet', () => {
  const spec = serviceSchema.parse({ ...WEB, overrides: [{ label: 'dc=sg', variables: { LEVEL: 'warn' } }, { host: 'h3', variables: { LEVEL: 'info' } }] })

  test('hosts with equal variables share a revision, whatever it is that sets them', () => {
    const revisions = new Revisions(spec, RELEASE)
    const [sg, fra, named] = [A_HOST, { host: 'h2', labels: { dc: 'fra' } }, { host: 'h3', labels: { dc: 'sg' } }].map((host) => revisions.of(host).goal)
    expect([sg, fra, named].map((goal) => goal?.variables)).toEqual([{ LEVEL: 'warn' }, { LEVEL: 'info' }, { LEVEL: 'info' }])
    expect([fra?.revision, named?.revision]).toEqual([revisions.base.goal.revision, revisions.base.goal.revision])
    expect(revisions.all.map(({ goal }) => goal.revision)).toEqual([revisions.base.goal.revision, sg?.revision])
  })

  test('a host has the revision that it would have alone, in whatever order hosts are asked for', () => {
    const host = fc.record({ host: fc.constantFrom('h1', 'h2', 'h3'), labels: fc.record({ dc: fc.constantFrom('sg', 'fra') }) })
    fc.assert(fc.property(fc.array(host), (hosts) => {
      const revisions = new Revisions(spec, RELEASE)
      for (const one of hosts) expect(revisions.of(one).goal).toEqual(new Revisions(spec, RELEASE).of(one).goal)
    }))
  })
})
