import { describe, expect, test } from 'vitest'
import { noBarrels, noDrawers } from '../../tidy/names.ts'
import { places, treeOf } from './sample.ts'

describe('names', () => {
  test.each([
    'cli/utils.ts', 'shared/string-utils.ts', 'coordinator/engine/manager.ts', 'test/helpers/redis.ts',
    'shared/common/x.ts', 'cli/misc.ts',
  ])('%s is a drawer', (path) => {
    expect(places(noDrawers(treeOf({ [path]: 'export const x = 1' })))).toEqual([`${path}:1`])
  })

  test('a word that contains such a name is not one', () => {
    expect(noDrawers(treeOf({ 'shared/commonality.ts': '', 'deploy-scripts/deploy-utils.sh': '' }))).toEqual([])
  })

  test.each([
    ['exports of everything', "export * from './x.ts'"],
    ['named exports', "export { x } from './x.ts'\nexport { y } from './y.ts'"],
    ['an import and its export', "import { x } from './x.ts'\nexport { x }"],
  ])('a file with only %s is a barrel', (_what, code) => {
    expect(places(noBarrels(treeOf({ 'shared/index.ts': code })))).toEqual(['shared/index.ts:1'])
  })

  test.each([
    ['something of its own', "export * from './x.ts'\nexport const y = 1"],
    ['code that runs', "import { main } from './x.ts'\nmain()"],
    ['imports alone', "import './x.ts'"],
  ])('a file with %s is none', (_what, code) => {
    expect(noBarrels(treeOf({ 'shared/index.ts': code }))).toEqual([])
  })
})
