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
  /** Whom an override is for, how strong it is, and that it is for this host. */
  const SCOPES = [
    { where: { environment: 'prod' }, strength: 0, applies: true }, { where: { environment: 'test' }, strength: 0, applies: false },
    { where: { label: 'dc=sg' }, strength: 1, applies: true }, { where: { label: 'env=prod' }, strength: 1, applies: true },
    { where: { label: 'dc=fra' }, strength: 1, applies: false },
    { where: { host: 'web-17' }, strength: 2, applies: true }, { where: { host: 'web-1' }, strength: 2, applies: false },
  ]
  const lines = fc.array(fc.record({ scope: fc.constantFrom(...SCOPES), set: variables }), { maxLength: 8 })
  type Line = typeof lines extends fc.Arbitrary<(infer One)[]> ? One : never
  const overridesOf = (all: readonly Line[]) => all.map(({ scope, set }): Override => ({ ...scope.where, variables: set }))

  test('the strongest that applies wins, and of equals the later', () => {
    fc.assert(fc.property(variables, lines, name, (own, all, wanted) => {
      const candidates = all.filter(({ scope, set }) => scope.applies && Object.hasOwn(set, wanted))
      const strongest = Math.max(...candidates.map(({ scope }) => scope.strength))
      const winner = candidates.findLast(({ scope }) => scope.strength === strongest)
      const spec = { variables: own, overrides: overridesOf(all) }
      expect(variablesFrom(sourcesOf(spec, HOST))[wanted]).toBe(winner?.set[wanted] ?? own[wanted])
    }))
  })

  test('what is explained is what the host gets, each value once', () => {
    fc.assert(fc.property(variables, lines, (own, all) => {
      const spec = { variables: own, overrides: overridesOf(all), instances: {} }
      const settings = resolve(spec, HOST).variables
      expect(Object.fromEntries(settings.map((setting) => [setting.name, setting.value]))).toEqual(variablesFrom(sourcesOf(spec, HOST)))
      const said = settings.reduce((sum, { overrides }) => sum + 1 + overrides.length, 0)
      expect(said).toBe(sourcesOf(spec, HOST).reduce((sum, source) => sum + Object.keys(source.variables).length, 0))
    }))
  })
})
