import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Checkout, type Ran } from './checkout.ts'

const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/node': { version: '24.0.0' }, 'node_modules/darwin': { version: '1.0.0', optional: true } } })
const INSTALLED = LOCK.replace(/,"node_modules\/darwin.*?}/, '')
const NODE_24 = 'echo v24.0.0'
const NODE_20 = 'echo v20.0.0'
const REDIS_7 = 'echo "Redis server v=7.0.15 sha=0"'
/** What `npm ci` leaves behind where install scripts run. */
const NPM_CI = `echo "$@" >>"$root/npm.log"
mkdir -p "$root/node_modules/.bin"
printf '#!/bin/sh\\n${NODE_24}\\n' >"$root/node_modules/.bin/node"
chmod +x "$root/node_modules/.bin/node"
cp "$root/package-lock.json" "$root/node_modules/.package-lock.json"`

let checkout: Checkout

beforeEach(() => {
  checkout = new Checkout(['scripts/setup.mjs', 'scripts/setup'])
  checkout.write('package-lock.json', LOCK)
  checkout.program('node', NODE_20)
  checkout.program('npm', NPM_CI)
  checkout.program('redis-server', REDIS_7)
})
afterEach(() => checkout.remove())

function setUp(): Promise<Ran> {
  return checkout.run(process.execPath, [`${checkout.root}/scripts/setup.mjs`])
}

describe('dependencies', () => {
  test('are installed once, with one line and the development ones among them', async () => {
    expect(await setUp()).toEqual({ status: 0, output: 'Installing dependencies…\n' })
    expect(await setUp()).toEqual({ status: 0, output: '' })
    expect(checkout.lines('npm.log')).toEqual([expect.stringMatching(/^ci --include=dev /)])
    expect(checkout.has('.muster')).toBe(false)
  })

  test('are installed again when the lock file asks for another version', async () => {
    await setUp()
    checkout.write('package-lock.json', LOCK.replace('24.0.0', '24.1.0'))
    expect((await setUp()).output).toBe('Installing dependencies…\n')
  })

  test('that somebody installed by hand are left alone, without those for other systems too', async () => {
    await setUp()
    checkout.write('node_modules/.package-lock.json', INSTALLED)
    expect(await setUp()).toEqual({ status: 0, output: '' })
  })

  test('that cannot be installed: the reason is shown', async () => {
    checkout.program('npm', 'echo "npm error the registry is away" >&2; exit 1')
    const { status, output } = await setUp()
    expect(status).toBe(1)
    expect(output).toContain('`npm ci` failed:\n  npm error the registry is away\n')
  })

  test('are installed by one of two set-ups at once; the other waits for it', async () => {
    checkout.program('npm', `${NPM_CI}\nsleep 0.5`)
    const both = await Promise.all([setUp(), setUp()])
    expect(both.map(({ status }) => status)).toEqual([0, 0])
    expect(checkout.lines('npm.log')).toHaveLength(1)
  })

  test('are installed although a killed set-up has left its lock', async () => {
    const gone = await checkout.run('/bin/sh', ['-c', 'echo $$'])
    checkout.write('.muster/setup.lock', gone.output.trim())
    expect((await setUp()).status).toBe(0)
    expect(checkout.lines('npm.log')).toHaveLength(1)
  })
})

describe('Node', () => {
  beforeEach(() => {
    checkout.program('npm', NPM_CI.replace(NODE_24, 'exit 127'))
  })

  test('that npm could not bring: says what to do', async () => {
    const { status, output } = await setUp()
    expect(status).toBe(1)
    expect(output).toContain('npm rebuild node --ignore-scripts=false')
  })

  test('that npm could not bring is taken from the system where that is new enough', async () => {
    checkout.program('node', `case $1 in --version) ${NODE_24} ;; *) echo "$root/programs/node" ;; esac`)
    expect(await setUp()).toEqual({ status: 0, output: 'Installing dependencies…\n' })
    expect(await checkout.run(`${checkout.root}/node_modules/.bin/node`, ['--version'])).toEqual({ status: 0, output: 'v24.0.0\n' })
  })
})

describe('Redis', () => {
  test('may be Valkey', async () => {
    checkout.program('redis-server', 'exit 127')
    checkout.program('valkey-server', 'echo "Valkey server v=8.1.0 sha=0"')
    expect((await setUp()).status).toBe(0)
  })

  test.each(['exit 127', 'echo "Redis server v=6.0.16 sha=0"'])('that is missing or too old, and no package manager: says what to install (%s)', async (script) => {
    checkout.program('redis-server', script)
    const { status, output } = await setUp()
    expect(status).toBe(1)
    expect(output).toMatch(/^Installing dependencies…\nMuster needs redis-server or valkey-server, version 7 or later.*\n$/)
  })

  test.runIf(process.getuid?.() === 0)('is installed from the system’s packages, the first name that there is', async () => {
    checkout.program('redis-server', 'exit 127')
    checkout.program('apt-get', `echo "$*" >>"$root/apt.log"
case "$*" in
  *' redis-server') exit 100 ;;
  *' valkey-server') printf '#!/bin/sh\\necho "Valkey server v=8.1.0"\\n' >"$root/programs/valkey-server"; chmod +x "$root/programs/valkey-server" ;;
esac`)
    expect(await setUp()).toEqual({ status: 0, output: 'Installing dependencies…\nInstalling Redis…\n' })
    expect(checkout.lines('apt.log').map((line) => line.split(' ').at(-1))).toEqual(['--version', '-qq', 'redis-server', 'valkey-server'])
  })
})
