import { describe, expect, test } from 'vitest'
import { lockComplete, namesNoRegistry } from '../../tidy/lock.ts'
import { treeOf } from './sample.ts'

const lock = (packages: object) => treeOf({ 'package-lock.json': JSON.stringify({ packages }) })
const lint = { optionalDependencies: { '@lint/linux': '1', '@lint/darwin': '1' } }

describe('the lock file', () => {
  test('names no registry', () => {
    expect(namesNoRegistry(lock({ 'node_modules/x': { version: '1.0.0' }, 'node_modules/y': {} }))).toEqual([])
    expect(namesNoRegistry(lock({ 'node_modules/x': { resolved: 'http://mirror.example/x/-/x-1.tgz' } }))).toHaveLength(1)
  })

  test('has the packages of every system', () => {
    const complete = { 'node_modules/lint': lint, 'node_modules/@lint/linux': {}, 'node_modules/lint/node_modules/@lint/darwin': {} }
    expect(lockComplete(lock(complete))).toEqual([])
    expect(lockComplete(lock({ 'node_modules/lint': lint, 'node_modules/@lint/linux': {} }))).toEqual([
      'package-lock.json:1: has no @lint/darwin, which node_modules/lint may need on another system',
    ])
  })

  test('a package of a system lies beside the one that asks or above it, not beside another', () => {
    const nested = { 'node_modules/a/node_modules/lint': lint }
    const above = { 'node_modules/a/node_modules/@lint/linux': {}, 'node_modules/@lint/darwin': {} }
    expect(lockComplete(lock({ ...nested, ...above }))).toEqual([])
    expect(lockComplete(lock({ ...nested, ...above, 'node_modules/@lint/darwin': undefined, 'node_modules/b/node_modules/@lint/darwin': {} }))).toHaveLength(1)
  })
})
