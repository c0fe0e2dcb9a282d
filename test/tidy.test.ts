import { describe, expect, test } from 'vitest'
import { deadFiles } from './tidy/dead.ts'
import { documentedLinksLead, documentedPathsExist, documentedScriptsExist } from './tidy/docs.ts'
import { errorsDocumented, errorsUsed } from './tidy/errors.ts'
import { importDirections } from './tidy/imports.ts'
import { lockComplete, namesNoRegistry } from './tidy/lock.ts'
import { noBarrels, noDrawers } from './tidy/names.ts'
import { pureFolders } from './tidy/purity.ts'
import { redisKeysDocumented } from './tidy/redis-keys.ts'
import { fileLength, functionLength } from './tidy/size.ts'
import { lineLength, noSemicolons, opensWithPurpose } from './tidy/style.ts'
import { threatsAreShown } from './tidy/threats.ts'
import { readTree, type Rule } from './tidy/tree.ts'
import { noWorkplace } from './tidy/workplace.ts'

const ROOT = new URL('..', import.meta.url).pathname.replace(/\/$/, '')

const RULES: Record<string, Rule> = {
  'imports go one way': importDirections,
  'pure folders are pure': pureFolders,
  'files are short': fileLength,
  'functions are short': functionLength,
  'no file is a drawer for odds and ends': noDrawers,
  'no file only passes on what others export': noBarrels,
  'no file is dead': deadFiles,
  'every error is documented, and every documented error exists': errorsDocumented,
  'every error is used': errorsUsed,
  'every file says what it owns': opensWithPurpose,
  'no statement ends in a semicolon': noSemicolons,
  'lines are not too long': lineLength,
  'paths that documents name exist': documentedPathsExist,
  'links in documents lead somewhere': documentedLinksLead,
  'npm scripts that documents name exist': documentedScriptsExist,
  'tests that stand behind the threat table exist': threatsAreShown,
  'keys in Redis are documented, and no others': redisKeysDocumented,
  'nothing names a place on a developer’s machine': (tree) => noWorkplace(tree, ROOT),
  'the lock file names no registry': namesNoRegistry,
  'the lock file suits every system': lockComplete,
}

describe('the repository is tidy', () => {
  const tree = readTree(ROOT)

  test('it has been read', () => {
    expect(tree.has('shared/errors.ts')).toBe(true)
  })

  test.each(Object.entries(RULES))('%s', (_name, rule) => {
    expect(rule(tree)).toEqual([])
  })
})
