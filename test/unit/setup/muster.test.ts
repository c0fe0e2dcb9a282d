import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Checkout } from './checkout.ts'

/** Stands for each program: says which it is and with what it was called. */
const PROGRAM = "console.log(import.meta.url.split('/').at(-2), ...process.argv.slice(2))"
const TOOLS = '/usr/bin:/bin'

let checkout: Checkout

beforeEach(() => {
  checkout = new Checkout(['bin/muster'])
  for (const name of ['coordinator', 'coordinator/ca', 'agent', 'cli']) checkout.write(`${name}/main.ts`, PROGRAM)
  checkout.write('package.json', '{ "type": "module" }')
})
afterEach(() => checkout.remove())

describe('bin/muster', () => {
  test.each([
    [['coordinator', '--port', '1'], 'coordinator --port 1'],
    [['agent'], 'agent'],
    [['ca', 'show', '--json'], 'ca show --json'],
    [['rollout', 'list', '--json'], 'cli rollout list --json'],
    [['dev', 'two words'], 'cli dev two words'],
    [[], 'cli'],
  ])('%j starts %s', async (args, expected) => {
    checkout.link(process.execPath, 'node_modules/.bin/node')
    expect(await checkout.run(`${checkout.root}/bin/muster`, args, TOOLS)).toEqual({ status: 0, output: `${expected}\n` })
  })

  test('is found through links, absolute and relative', async () => {
    checkout.link(process.execPath, 'node_modules/.bin/node')
    checkout.link('../bin/muster', 'links/first')
    checkout.link(`${checkout.root}/links/first`, 'links/second')
    expect(await checkout.run(`${checkout.root}/links/second`, ['agent'], TOOLS)).toEqual({ status: 0, output: 'agent\n' })
  })

  test('is replaced by the program, so that signals reach it', async () => {
    checkout.link(process.execPath, 'node_modules/.bin/node')
    checkout.write('cli/main.ts', 'console.log(process.pid)')
    const { output } = await checkout.run('/bin/sh', ['-c', `'${checkout.root}/bin/muster' & echo $!; wait`], TOOLS)
    const [started, running] = output.trim().split('\n').sort()
    expect(running).toBe(started)
  })

  test('passes the exit status on', async () => {
    checkout.link(process.execPath, 'node_modules/.bin/node')
    checkout.write('cli/main.ts', 'process.exitCode = 3')
    expect((await checkout.run(`${checkout.root}/bin/muster`, [], TOOLS)).status).toBe(3)
  })

  test('without an installed Node takes the one on the path', async () => {
    checkout.link(process.execPath, 'programs/node')
    expect(await checkout.run(`${checkout.root}/bin/muster`, ['agent'], `${checkout.programs}:${TOOLS}`)).toEqual({ status: 0, output: 'agent\n' })
  })

  test('without a new enough Node says what to run', async () => {
    checkout.program('node', 'echo 20')
    const { status, output } = await checkout.run(`${checkout.root}/bin/muster`, ['agent'], `${checkout.programs}:${TOOLS}`)
    expect(status).toBe(4)
    expect(output).toBe(`muster: needs Node 24 or later; run: npm --prefix '${checkout.root}' run setup\n`)
  })
})
