import { describe, expect, test } from 'vitest'
import { noWorkplace } from '../../tidy/workplace.ts'
import { places, treeOf } from './sample.ts'

const CHECKOUT = '/builds/team/muster'

describe('workplace', () => {
  test.each([
    `cd ${CHECKOUT}`, `see ${CHECKOUT}/README.md`, 'see /builds/team/notes.md', ['/home', 'alice/x'].join('/'),
    ['/Users', 'alice'].join('/'),
  ])('%s is found', (text) => {
    expect(places(noWorkplace(treeOf({ 'docs/x.md': ['', text] }), CHECKOUT))).toEqual(['docs/x.md:2'])
  })

  test.each(['/builds/teams/x', 'x/builds/team', '/home/<user>/x', '/srv/web', 'https://example.org/home/page'])('%s is not', (text) => {
    expect(noWorkplace(treeOf({ 'docs/x.md': text }), CHECKOUT)).toEqual([])
  })

  test('a checkout in a folder that every system has forbids no example that speaks of it', () => {
    expect(noWorkplace(treeOf({ 'docs/x.md': 'path: /srv/muster, /tmp/x, /muster' }), '/srv/muster')).toEqual([])
  })
})
