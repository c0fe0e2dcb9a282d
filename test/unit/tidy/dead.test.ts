import { describe, expect, test } from 'vitest'
import { deadFiles } from '../../tidy/dead.ts'
import { places, treeOf } from './sample.ts'

describe('dead files', () => {
  test('a file that only a test imports is dead', () => {
    const findings = deadFiles(treeOf({
      'agent/main.ts': "import { a } from './a.ts'\na()",
      'agent/a.ts': "export { a } from '../shared/b.ts'",
      'shared/b.ts': 'export const a = () => {}',
      'shared/unused.ts': 'export const c = 1',
      'test/unit/unused.test.ts': "import { c } from '../../shared/unused.ts'\nc",
    }))
    expect(places(findings)).toEqual(['shared/unused.ts:1'])
  })

  test.each([
    ['a type', "import type { A } from '../shared/a.ts'"],
    ['a late import', "void import('../shared/a.ts')"],
    ['a process of its own', "const file = new URL('../shared/a.ts', import.meta.url)"],
  ])('%s keeps a file alive', (_how, code) => {
    expect(deadFiles(treeOf({ 'cli/main.ts': code, 'shared/a.ts': 'export type A = 1' }))).toEqual([])
  })

  test('Lua and shell that no program names are dead', () => {
    const findings = deadFiles(treeOf({
      'agent/main.ts': "run(new URL('./run.sh', import.meta.url))",
      'agent/run.sh': '',
      'agent/stop.sh': '',
      'coordinator/lua/save.lua': '',
      'deploy-scripts/stop.sh': '',
    }))
    expect(places(findings)).toEqual(['agent/stop.sh:1', 'coordinator/lua/save.lua:1'])
  })

  test('files that keep only each other alive are dead', () => {
    const findings = deadFiles(treeOf({ 'cli/a.ts': "import './b.ts'", 'cli/b.ts': "import './a.ts'" }))
    expect(places(findings)).toEqual(['cli/a.ts:1', 'cli/b.ts:1'])
  })

  test('programs, scripts and configuration are started by somebody', () => {
    expect(deadFiles(treeOf({ 'coordinator/main.ts': '', 'scripts/proto.ts': '', 'vitest.config.ts': '', 'demo/main.ts': '' }))).toEqual([])
  })
})
