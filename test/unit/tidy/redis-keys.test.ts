import { expect, test } from 'vitest'
import { redisKeysDocumented } from '../../tidy/redis-keys.ts'
import { treeOf } from './sample.ts'

const ADAPTER = {
  'coordinator/adapters/hosts/keys.ts': [
    "const SEEN = '{hosts}:seen'",
    'const mailboxKey = (host: string) => `{h:${host}}:mailbox`',
    'const tag = `{r:${id}}`',
    'const queue = (name: string) => `${tag}:queue:${name}`',
  ],
}
const ROWS = ['| `{hosts}:seen` | sorted set |', '| `{h:<host>}:mailbox` | hash |', '| `{r:<id>}:queue:<name>` | sorted set |']

test('keys that are documented are fine, and so are those that BullMQ names', () => {
  expect(redisKeysDocumented(treeOf({ ...ADAPTER, 'docs/redis-keys.md': [...ROWS, '| `{muster}:rollouts:<n>` | hash |'] }))).toEqual([])
})

test('a key that is not documented is found', () => {
  expect(redisKeysDocumented(treeOf({ ...ADAPTER, 'docs/redis-keys.md': ROWS.slice(0, 1) }))).toEqual([
    'coordinator/adapters/hosts/keys.ts:2: {h:<>}:mailbox is not in docs/redis-keys.md',
    'coordinator/adapters/hosts/keys.ts:4: {r:<>}:queue:<> is not in docs/redis-keys.md',
  ])
})

test('a documented key that nobody names any more is found', () => {
  expect(redisKeysDocumented(treeOf({ ...ADAPTER, 'docs/redis-keys.md': [...ROWS, '| `{catalogue}:lock:<service>` | string |'] }))).toEqual([
    'docs/redis-keys.md:4: no adapter names {catalogue}:lock:<>',
  ])
})
