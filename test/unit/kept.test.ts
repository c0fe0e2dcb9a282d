import { expect, test } from 'vitest'
import { parseKept } from '../../shared/kept.ts'
import { goal } from './agent/commands.ts'

const { instances: _instances, release: _release, ...former } = goal('1.0')
const kept = { id: 'web-1/h1/1', rollout: 'web-1', service: 'web', path: '/srv/web', account: null, timeoutMs: 1, keepReleases: 3, actor: 'ann' }
const read = (value: unknown) => parseKept(JSON.stringify(value))

test('a command from before there were actions deploys, or removes', () => {
  expect(read({ ...kept, goal: former })).toEqual({ ...kept, action: { kind: 'deploy', goal: { ...former, instances: {}, release: null }, stop: 'running', repair: false } })
  expect(read({ ...kept, goal: null })).toEqual({ ...kept, action: { kind: 'remove', stop: 'running' } })
})

test('a release from before there were instances has none, wherever it is kept', () => {
  const installed = { goal: former, path: '/srv/web', account: null, releaseDir: '/r', cmdDir: null }
  expect(read({ service: 'web', installed, doubt: null })).toMatchObject({ installed: { goal: { instances: {} } } })
  expect(read({ kind: 'began', before: { installed, running: installed, settled: true } })).toMatchObject({ before: { running: { goal: { instances: {} } } } })
})

test('what was installed before hosts looked for drift has no findings', () => {
  const installed = { service: 'web', revision: 'r1', version: '1' }
  expect(read([installed])).toEqual([{ ...installed, findings: [] }])
  expect(read({ kind: 'result', result: { installed } })).toEqual({ kind: 'result', result: { installed: { ...installed, findings: [] } } })
})

test('what this version has kept is read as it is', () => {
  const now = { command: { ...kept, action: { kind: 'deploy', goal: goal('1.0'), stop: 'new', repair: true } }, variables: { goal: 'x' } }
  expect(read(now)).toEqual(now)
})
