import { describe, expect, test } from 'vitest'
import { pureFolders } from '../../tidy/purity.ts'
import { places, treeOf } from './sample.ts'

const PURE_FILE = 'coordinator/rollout/step.ts'

describe('pure folders', () => {
  test.each([
    ['a Node module', "import { readFileSync } from 'node:fs'"],
    ['a package', "import { z } from 'zod'"],
    ['the clock', 'export const now = () => Date.now()'],
    ['a date of now', 'export const now = () => new Date()'],
    ['a date as text', 'export const now = () => Date()'],
    ['chance', 'export const chance = () => Math.random()'],
    ['the monotonic clock', 'export const now = () => performance.now()'],
    ['the process', 'export const home = process.env.HOME'],
    ['a timer', 'setTimeout(() => {}, 1)'],
    ['await', 'export const x = await y()'],
    ['an asynchronous function', 'export async function x() {}'],
    ['an asynchronous arrow', 'export const x = async () => {}'],
    ['an asynchronous loop', 'for await (const x of xs) x()'],
    ['the network', "export const x = fetch('http://x')"],
    ['any global', 'export const x = globalThis.y'],
    ['output', "console.log('x')"],
    ['randomness', 'export const id = crypto.randomUUID()'],
    ['a late import', "void import('./other.ts')"],
    ['a global in shorthand', 'export const x = { process }'],
  ])('may not use %s', (_what, code) => {
    expect(places(pureFolders(treeOf({ [PURE_FILE]: ['/** Bad. */', code] })))).toContain(`${PURE_FILE}:2`)
  })

  test.each([
    ['a date of a given instant', 'export const at = (ms: number) => new Date(ms).toISOString()'],
    ['arithmetic', 'export const up = Math.ceil(1.5)'],
    ['a property of such a name', "export const x = { fetch: 1 }\nexport const y = x.fetch"],
    ['a type with such a member', 'export type X = { process: string; fetch(): void }'],
    ['a function of its own of such a name', 'function fetch() {}\nfetch()'],
    ['a parameter of such a name', 'export const x = (process: number) => process + 1'],
    ['a destructured value of such a name', 'export const x = ({ process }: X) => process'],
    ['types of others', "import type { Redis } from 'ioredis'"],
  ])('may use %s', (_what, code) => {
    expect(pureFolders(treeOf({ [PURE_FILE]: code }))).toEqual([])
  })

  test('both machines are watched, and nobody else', () => {
    const code = 'export const now = Date.now()'
    const findings = pureFolders(treeOf({ 'agent/deploy/next.ts': code, 'agent/clock.ts': code, 'coordinator/engine/clock.ts': code }))
    expect(places(findings)).toEqual(['agent/deploy/next.ts:1'])
  })

  test('what pure code imports must be pure as well, however far away', () => {
    const findings = pureFolders(treeOf({
      [PURE_FILE]: "import { a } from '../../shared/a.ts'\na()",
      'shared/a.ts': "import { b } from './b.ts'\nexport const a = b",
      'shared/b.ts': "import { hostname } from 'node:os'\nexport const b = hostname",
    }))
    expect(places(findings)).toEqual(['shared/b.ts:1'])
  })

  test('types may come from impure files, and hashing is pure', () => {
    const findings = pureFolders(treeOf({
      [PURE_FILE]: "import type { A } from '../../shared/a.ts'\nimport { sha256 } from '../../shared/digest.ts'\nexport const x: A = sha256('')",
      'shared/a.ts': "import { hostname } from 'node:os'\nexport type A = string\nexport const a = hostname",
      'shared/digest.ts': "import { createHash } from 'node:crypto'\nexport const sha256 = createHash",
    }))
    expect(findings).toEqual([])
  })
})
