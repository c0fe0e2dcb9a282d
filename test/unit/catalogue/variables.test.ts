import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolve, sourcesOf, variablesFrom } from '../../../shared/variables.ts'
import type { Spec } from '../../../shared/variables.ts'
import type { Override } from '../../../shared/override.ts'

const HOST = { host: 'web-17', labels: { env: 'prod', dc: 'sg' } }

const SPEC: Spec = {
  variables: { LEVEL: 'info', PORT: '8080' },
  overrides: [
    { host: 'web-17', variables: { LEVEL: 'trace' } },
    { label: 'dc=sg', variables: { LEVEL: 'warn', CACHE: '1' } },
    { environment: 'prod', variables: { LEVEL: 'error' } },
    { label: 'dc=fra', variables: { LEVEL: 'never' } },
    { label: 'dc=sg', variables: { CACHE: '2' } },
  ],
  instances: { a: { PORT: '8081' }, b: {} },
}

test('a variable says where it comes from and what it stands before', () => {
  const { variables, instances } = resolve(SPEC, HOST)
  expect(variables.map(({ name, value, from }) => [name, value, from.layer, from.of])).toEqual([
    ['CACHE', '2', 'label', 'dc=sg'], ['LEVEL', 'trace', 'host', 'web-17'], ['PORT', '8080', 'service', null],
  ])
  expect(variables[1]!.overrides.map(({ value, from }) => [value, from.layer])).toEqual([['warn', 'label'], ['error', 'environment'], ['info', 'service']])
  expect(instances).toEqual({
    a: [{
      name: 'PORT', value: '8081', from: { layer: 'instance', of: 'a' }, overrides: [{ value: '8080', from: { layer: 'service', of: null } }],
    }],
    b: [],
  })
})

test('a host without labels gets what the service says', () => {
  expect(variablesFrom(sourcesOf(SPEC, { host: 'x', labels: {} }))).toEqual(SPEC.variables)
})

describe('whatever is overridden', () => {
  const name = fc.constantFrom('A', 'B', 'C')
  const variables = fc.dictionary(name, fc.constantFrom('1', '2', '3'))
  const scope = fc.constantFrom({ environment: 'prod' }, { environment: 'test' }, { label: 'dc=sg' }, { label: 'env=prod' }, { host: 'web-17' }, { host: 'web-1' })
  const override = fc.tuple(scope, variables).map(([where, set]): Override => ({ ...where, variables: set }))
  const spec = fc.record({ variables, overrides: fc.array(override, { maxLength: 8 }), instances: fc.constant({}) })

  const strength = (one: Override) => ('host' in one ? 2 : 'label' in one ? 1 : 0)
  const applies = (one: Override) => JSON.stringify(one).includes('"web-17"') || JSON.stringify(one).includes('"prod"') || JSON.stringify(one).includes('sg"') || JSON.stringify(one).includes('env=prod')

  test('the strongest that applies wins, and of equals the later', () => {
    fc.assert(fc.property(spec, name, (entry, wanted) => {
      const candidates = entry.overrides.filter((one) => applies(one) && Object.hasOwn(one.variables, wanted))
      const strongest = Math.max(...candidates.map(strength))
      const winner = candidates.findLast((one) => strength(one) === strongest)
      const expected = winner?.variables[wanted] ?? entry.variables[wanted]
      expect(variablesFrom(sourcesOf(entry, HOST))[wanted]).toBe(expected)
    }))
  })

  test('what is explained is what the host gets, each value once', () => {
    fc.assert(fc.property(spec, (entry) => {
      const settings = resolve(entry, HOST).variables
      expect(Object.fromEntries(settings.map((setting) => [setting.name, setting.value]))).toEqual(variablesFrom(sourcesOf(entry, HOST)))
      const said = settings.reduce((sum, { overrides }) => sum + 1 + overrides.length, 0)
      expect(said).toBe(sourcesOf(entry, HOST).reduce((sum, source) => sum + Object.keys(source.variables).length, 0))
    }))
  })
})
