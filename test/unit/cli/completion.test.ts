/** Completion, asked as a shell asks, and by a real bash. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { cannedApi } from './canned-api.ts'
import { rollout } from './fixtures.ts'
import { muster } from './muster.ts'

const BIN = join(import.meta.dirname, '../../../bin')

const API = {
  'GET /v1/rollouts': { rollouts: [rollout({ id: 'web-7' }), rollout({ id: 'shop-2' })], next: null },
  'GET /v1/services': { services: [{ spec: { service: 'web' } }, { spec: { service: 'shop' } }], next: null },
  'GET /v1/services/web/releases': { releases: [{ version: '1.4.2' }, { version: '1.4.1' }, { version: '2.0' }], next: null },
  'GET /v1/hosts': { hosts: [{ host: 'web-01' }, { host: 'web-02' }], next: null },
  'GET /v1/tokens': { tokens: [{ id: '5f0c2a9be417' }, { id: 'a1' }] },
}

async function complete(line: string, url?: string): Promise<string[]> {
  const { code, stdout, stderr } = await muster(['__complete', '--', ...line.split(' ')], url === undefined ? {} : { url })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n').filter((name) => name !== '')
}

describe('what may stand there', () => {
  test.each<[line: string, words: string[]]>([
    ['ro', ['rollout']],
    ['rollout pa', ['pause']],
    ['rollout pause --re', ['--reason']],
    ['rollout pause web-7 --js', ['--json']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['rollout pause web-7 ', []],
    ['service apply --file ', []],
    ['__', []],
  ])('muster %s → %j', async (line, words) => expect(await complete(line)).toEqual(words))

  test.each<[line: string, words: string[]]>([
    ['rollout show ', ['web-7', 'shop-2']],
    ['rollout show w', ['web-7']],
    ['rollout skip web-7 ', ['web-01', 'web-02']],
    ['rollout skip web-7 web-01 web-0', ['web-01', 'web-02']],
    ['rollout list --service s', ['shop']],
    ['rollout list --limit 5 --service s', ['shop']],
    ['rollout start w', ['web@']],
    ['rollout start web@1', ['web@1.4.2', 'web@1.4.1']],
    ['token revoke 5', ['5f0c2a9be417']],
    ['audit --rollout ', ['web-7', 'shop-2']],
  ])('muster %s → %j, of what there is', async (line, words) => {
    await using api = await cannedApi(API)
    expect(await complete(line, api.url)).toEqual(words)
    expect(await complete(`--url ${api.url} ${line}`, 'http://127.0.0.1:1')).toEqual(words)
  })

  test('without a coordinator it is nothing, and no trouble', async () => {
    expect(await complete('rollout show ', 'http://127.0.0.1:1')).toEqual([])
  })

  test('every visible verb is completed', async () => {
    const { stdout } = await muster('--help')
    const verbs = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(([, verb]) => verb)
    expect(verbs).toEqual(expect.arrayContaining(await complete('')))
    expect((await complete('')).length).toBeGreaterThan(5)
  })
})

/** Bash is told what has been typed, as readline tells it, and says what it would offer. */
async function bash(line: string, url: string): Promise<string[]> {
  const script = [
    'source <(muster completion bash)',
    'COMP_LINE=$1 COMP_POINT=${#1}',
    'read -ra COMP_WORDS <<<"${1//@/ @ }"; [[ $1 == *" " ]] && COMP_WORDS+=("")',
    'COMP_CWORD=$((${#COMP_WORDS[@]} - 1))',
    '_muster',
    'printf "%s\\n" "${COMPREPLY[@]}"',
    'complete -p muster',
  ].join('\n')
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, MUSTER_URL: url }
  const { stdout } = await promisify(execFile)('bash', ['--norc', '--noprofile', '-c', script, 'bash', line], { env })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.pop()).toBe('complete -o default -F _muster muster')
  return lines.filter((candidate) => candidate !== '')
}

describe('bash', () => {
  test.each<[line: string, words: string[]]>([
    ['muster rollout pro', ['promote']],
    ['muster rollout show ', ['web-7', 'shop-2']],
    ['muster rollout pause web-7 --rea', ['--reason']],
    // Bash has broken the word at the @, and replaces only what is behind it.
    ['muster rollout start web@1.4', ['1.4.2', '1.4.1']],
    ['muster rollout start w', ['web@']],
  ])('%s<tab> → %j', async (line, words) => {
    await using api = await cannedApi(API)
    expect(await bash(line, api.url)).toEqual(words)
  })
})

test.each(['bash', 'zsh', 'fish'])('what %s is told can be read by it, where it is installed', async (shell) => {
  const { code, stdout } = await muster(`completion ${shell}`)
  expect(code).toBe(0)
  expect(stdout).toContain('muster __complete -- ')
  const installed = await promisify(execFile)(shell, ['-c', 'true']).then(() => true, () => false)
  if (installed) await promisify(execFile)(shell, ['-n', join(BIN, `../cli/completion/${{ bash: 'bash.sh', zsh: 'zsh.zsh', fish: 'fish.fish' }[shell] ?? ''}`)])
})
