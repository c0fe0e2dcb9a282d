/** The fields of a catalogue entry: their normal form, and what a wrong one is told. */
import { expect, test } from 'vitest'
import { issueField } from '../../../shared/issue.ts'
import { serviceSchema } from '../../../shared/service.ts'

const WEB = { service: 'web', path: '/srv/web' }

test('what is left out has its default', () => {
  expect(serviceSchema.parse(WEB)).toMatchObject({ overrides: [], instances: {}, limits: [], drift: 'report', joins: 'converge' })
})

test('limits, overrides and instances in their normal form', () => {
  const spec = serviceSchema.parse({
    ...WEB, limits: [{ down: '5%', per: 'rack' }, { down: 10 }], instances: { a: { PORT: 8081 } },
    overrides: [{ environment: 'prod', variables: { DEBUG: false } }],
  })
  expect(spec.limits).toEqual([{ down: { unit: 'percent', value: 5 }, per: 'rack' }, { down: { unit: 'hosts', value: 10 }, per: null }])
  expect(spec.instances).toEqual({ a: { PORT: '8081' } })
  expect(spec.overrides).toEqual([{ environment: 'prod', variables: { DEBUG: 'false' } }])
})

const many = (count: number, prefix: string, value: unknown = 1) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, value]))

test.each<[Record<string, unknown>, string, string]>([
  [{ service: 'run' }, 'service', 'expected another name: run-1, run-2, … are commands on hosts'],
  [{ overrides: [{ variables: {} }] }, 'overrides[0]', 'expected exactly one of environment, label and host; found 0'],
  [{ overrides: [{ host: 'a', label: 'dc=sg', variables: {} }] }, 'overrides[0]', 'expected exactly one of environment, label and host; found 2'],
  [{ overrides: [{ label: 'dc', variables: {} }] }, 'overrides[0].label', 'expected one label and its value, such as dc=sg'],
  [{ overrides: [{ host: 'web-*', variables: {} }] }, 'overrides[0].host', 'expected the name of a host'],
  [{ overrides: [{ host: 'a', variables: { port: 1 } }] }, 'overrides[0].variables.port', 'expected a name such as LOG_LEVEL'],
  [{ instances: { A: {} } }, 'instances.A', 'expected names such as a, b or blue: small letters and digits, at most 31'],
  [{ instances: many(33, 'a', {}) }, 'instances', 'expected at most 32 instances'],
  [{ limits: [{ down: 0 }] }, 'limits[0].down', 'expected a number of hosts (1 or more) or a percentage such as 10%'],
  [{ limits: [{ down: 1, per: 'Rack!' }] }, 'limits[0].per', 'expected the name of a label, such as rack'],
  [{ limits: [{ up: 1, down: 1 }] }, 'limits[0].up', 'there is no such field; expected one of down, per'],
  [{ drift: 'ignore' }, 'drift', 'Invalid option: expected one of "report"|"converge"'],
  [{ variables: many(150, 'A'), overrides: [{ host: 'a', variables: many(60, 'B') }] }, 'variables', 'expected at most 200 different variables; found 210'],
])('refuses %j', (more, field, message) => {
  const [issue] = serviceSchema.safeParse({ ...WEB, ...more }).error?.issues ?? []
  expect([issue && issueField(issue), issue?.message]).toEqual([field, message])
})
