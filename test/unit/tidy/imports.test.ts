import { describe, expect, test } from 'vitest'
import { importDirections } from '../../tidy/imports.ts'
import { treeOf } from './sample.ts'

/** A tree in which one file imports another; both exist. */
function importing(from: string, specifier: string): string[] {
  return importDirections(treeOf({ [from]: `import { x } from '${specifier}'\nx()` }))
}

describe('import directions', () => {
  test.each([
    ['coordinator/rollout/step.ts', '../engine/run.ts'],
    ['coordinator/rollout/step.ts', '../../proto/gen/session.ts'],
    ['coordinator/engine/run.ts', '../adapters/redis.ts'],
    ['coordinator/engine/run.ts', '../api/http.ts'],
    ['coordinator/api/http.ts', '../adapters/redis.ts'],
    ['coordinator/adapters/redis.ts', '../api/http.ts'],
    ['coordinator/config.ts', './engine/run.ts'],
    ['coordinator/main.ts', '../agent/session.ts'],
    ['agent/deploy/next.ts', '../adapters/journal.ts'],
    ['agent/session.ts', '../coordinator/main.ts'],
    ['relay/cache.ts', '../agent/session.ts'],
    ['cli/watch.ts', '../coordinator/config.ts'],
    ['cli/watch.ts', '../test/unit/sample.ts'],
    ['shared/ids.ts', '../agent/session.ts'],
    ['agent/main.ts', '../scripts/proto.ts'],
    ['agent/main.ts', '../demo/main.ts'],
  ])('%s may not import %s', (from, specifier) => {
    expect(importing(from, specifier)).toHaveLength(1)
  })

  test.each([
    ['coordinator/engine/run.ts', '../rollout/step.ts'],
    ['coordinator/api/http.ts', '../engine/run.ts'],
    ['coordinator/api/http.ts', '../rollout/state.ts'],
    ['coordinator/adapters/redis.ts', '../engine/ports.ts'],
    ['coordinator/main.ts', './adapters/redis.ts'],
    ['coordinator/main.ts', './api/http.ts'],
    ['agent/session.ts', './adapters/journal.ts'],
    ['agent/session.ts', '../proto/gen/session.ts'],
    ['cli/watch.ts', '../shared/ids.ts'],
    ['cli/watch.ts', 'node:fs'],
    ['test/e2e/walk.test.ts', '../../coordinator/main.ts'],
  ])('%s may import %s', (from, specifier) => {
    expect(importing(from, specifier)).toEqual([])
  })

  test.each([
    ['a type', "import type { X } from '../agent/x.ts'"],
    ['an export', "export { x } from '../agent/x.ts'"],
    ['everything', "export * from '../agent/x.ts'"],
    ['at run time', "void import('../agent/x.ts')"],
    ['for its effect', "import '../agent/x.ts'"],
  ])('%s counts as an import', (_how, line) => {
    expect(importDirections(treeOf({ 'cli/x.ts': ['/** Bad. */', line] }))).toEqual([
      'cli/x.ts:2: cli/ must not import agent/x.ts; it may import shared/ cli/',
    ])
  })
})
