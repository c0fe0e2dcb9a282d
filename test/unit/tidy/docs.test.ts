import { describe, expect, test } from 'vitest'
import { documentedLinksLead, documentedPathsExist, documentedScriptsExist } from '../../tidy/docs.ts'
import { places, treeOf } from './sample.ts'

const FILES = { 'shared/ids.ts': '', 'coordinator/rollout/step.ts': '', 'docs/errors.md': '', 'package.json': '{"scripts":{"lint":"oxlint"}}' }
const documented = (text: string | string[]) => treeOf({ ...FILES, 'README.md': text })

describe('documents', () => {
  test.each([
    '`shared/gone.ts`', '`relay/cache.ts`', '`coordinator/rollout/gone/`', '`coordinator/*/gone.ts`',
    '`docs/gone.md:3`',
  ])('%s is missing', (text) => {
    expect(places(documentedPathsExist(documented(['# Title', text])))).toEqual(['README.md:2'])
  })

  test.each([
    '`shared/ids.ts`', '`shared/ids.ts:12`', '`coordinator/rollout/`', '`coordinator/*/step.ts`',
    '`coordinator/<part>/step.ts`',
  ])('%s is there', (text) => {
    expect(documentedPathsExist(documented(text))).toEqual([])
  })

  test.each([
    '`application/json`', '`/srv/web`', '`<path>/current`', 'shared/gone.ts', '`node_modules/.bin/node`',
    '`GET /v1/hosts`',
  ])('%s is no path of the repository', (text) => {
    expect(documentedPathsExist(documented(text))).toEqual([])
  })

  test('only documents of today are read', () => {
    expect(documentedPathsExist(treeOf({ ...FILES, 'CHANGELOG.md': '`shared/gone.ts`', 'docs/decisions/1.md': '`shared/gone.ts`' }))).toEqual([])
  })

  test('links lead somewhere, seen from their document', () => {
    const good = '[a](docs/errors.md) [b](docs/errors.md#x) [c](#here) [d](https://example.org/x) [e](shared/)'
    expect(documentedLinksLead(documented(good))).toEqual([])
    expect(places(documentedLinksLead(documented('[a](docs/gone.md)')))).toEqual(['README.md:1'])
    expect(documentedLinksLead(treeOf({ ...FILES, 'docs/guide.md': '[a](errors.md) [b](../shared/ids.ts)' }))).toEqual([])
    expect(places(documentedLinksLead(treeOf({ ...FILES, 'docs/guide.md': '[a](docs/errors.md)' })))).toEqual(['docs/guide.md:1'])
  })

  test('scripts exist', () => {
    expect(documentedScriptsExist(documented('`npm run lint`'))).toEqual([])
    expect(documentedScriptsExist(documented('`npm run proto:check`'))).toEqual(["README.md:1: npm script 'proto:check' does not exist"])
  })
})
