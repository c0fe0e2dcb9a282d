import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appears, createService, SCRIPTS, type Service } from './service.ts'

const FILES = ['.', 'lib', 'steps'].flatMap((folder) =>
  readdirSync(join(SCRIPTS, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => join(folder, entry.name)),
)
/** The scripts in the documentation, with the line that says what each is. */
const EXAMPLES = [...readFileSync(join(SCRIPTS, 'README.md'), 'utf8').matchAll(/```bash\n(#!.*?\n# (.*?)\n.*?)```/gs)].map(([, script = '', title = '']) => [title, script] as const)
/** It reads the whole library for each script that sources it. */
const SHELLCHECK_TIMEOUT_MS = 120_000
const SYSTEMCTL = fileURLToPath(new URL('./fixtures/bin/systemctl', import.meta.url))

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

describe('deploy-scripts', () => {
  it.each(FILES)('%s is bash', (file) => {
    expect(spawnSync('bash', ['-n', file], { cwd: SCRIPTS, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  it.skipIf(spawnSync('shellcheck', ['--version']).error !== undefined)('has nothing for shellcheck to find (skipped where shellcheck is not installed)', () => {
    expect(spawnSync('shellcheck', ['--external-sources', ...FILES, SYSTEMCTL], { cwd: SCRIPTS, encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' })
  }, SHELLCHECK_TIMEOUT_MS)

  it.skipIf(spawnSync('shellcheck', ['--version']).error !== undefined).each(EXAMPLES)('has an example without findings (skipped where shellcheck is not installed): %s', (_title, script) => {
    expect(spawnSync('shellcheck', ['--exclude=SC1090', '-'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' })
  })

  it('documents every function of deploy-utils, and none that is not there', () => {
    const sources = FILES.map((file) => readFileSync(join(SCRIPTS, file), 'utf8')).join('\n')
    const defined = [...sources.matchAll(/^(muster_\w+)\(\)/gm)].map(([, name = '']) => name).sort((a, b) => (a < b ? -1 : 1))
    const documented = [...readFileSync(join(SCRIPTS, 'README.md'), 'utf8').matchAll(/^### `(muster_\w+)/gm)].map(([, name = '']) => name).sort((a, b) => (a < b ? -1 : 1))
    expect(documented).toEqual(defined)
  })
})

describe('muster_retry', () => {
  const attempt = 'attempt() { echo try; count=$((${count:-0} + 1)); [[ $count -ge 3 ]] || return 7; }'

  it('tries until it succeeds, and waits twice as long each time', async () => {
    const { status, output } = await service.script(`${attempt}; muster_retry 5 50 attempt`)
    expect(status).toBe(0)
    expect(output.split('\n')).toEqual([
      'try', 'attempt ended with 7, attempt 1 of 5; again in 0.1s',
      'try', 'attempt ended with 7, attempt 2 of 5; again in 0.1s',
      'try', '',
    ])
  })

  it('ends with the status of the last attempt', async () => {
    const { status, output } = await service.script(`${attempt}; muster_retry 2 1 attempt`)
    expect(status).toBe(7)
    expect(output.match(/^try$/gm)).toHaveLength(2)
  })
})

describe('muster_link_switch', () => {
  it('never leaves a reader without a target', async () => {
    const link = join(service.path, 'link')
    symlinkSync('target-0', link)
    let running = true
    const switching = service
      .script('for i in {1..60}; do muster_link_switch "target-$i" "$MUSTER_PATH/link"; done')
      .finally(() => { running = false })
    const seen = new Set<string>()
    while (running) {
      for (let reads = 0; reads < 200; reads++) seen.add(readlinkSync(link))
      await new Promise(setImmediate)
    }
    expect(await switching).toMatchObject({ status: 0 })
    expect(readlinkSync(link)).toBe('target-60')
    expect(seen.size).toBeGreaterThan(2)
    expect(readdirSync(service.path).filter((name) => name.startsWith('link'))).toEqual(['link'])
  })

  it('points to another directory, not into the old one', async () => {
    mkdirSync(join(service.path, 'new'))
    await service.script('muster_link_switch new "$MUSTER_CURRENT"')
    expect(readlinkSync(join(service.path, 'current'))).toBe('new')
    expect(readdirSync(service.releaseDir)).toEqual([])
  })

  it('refuses to replace what is not a link', async () => {
    expect(await service.script('muster_link_switch elsewhere "$MUSTER_SHARED_DIR"')).toMatchObject({
      status: 1, lastLine: `${service.sharedDir} is no symbolic link, and is left as it is`,
    })
  })
})

describe('muster_port_owner', () => {
  it('names who listens, and fails when nobody does', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => holder.once('listening', resolve))
    const { port } = holder.address() as AddressInfo
    const held = await service.script(`muster_port_owner ${port}`)
    await new Promise((resolve) => holder.close(resolve))
    expect(held.output).toMatch(new RegExp(`^pid ${process.pid} \\(.+\\)\n$`))
    expect(await service.script(`muster_port_owner ${port}`)).toMatchObject({ status: 1, output: '' })
  })
})

describe('muster_rotate', () => {
  const file = () => join(service.path, 'out')
  const rotate = (limitBytes: number, keep: string) => service.script(`muster_rotate "$MUSTER_PATH/out" ${limitBytes} ${keep}`)
  const rotated = () => Object.fromEntries(readdirSync(service.path).filter((name) => name.startsWith('out')).map((name) => [name, readFileSync(join(service.path, name), 'utf8')]))

  it('keeps so many, the newest first', async () => {
    for (const text of ['one', 'two', 'three']) {
      writeFileSync(file(), text)
      expect(await rotate(2, '2')).toMatchObject({ status: 0 })
    }
    expect(rotated()).toEqual({ 'out.1': 'three', 'out.2': 'two' })
  })

  it('leaves alone what is small, or not there', async () => {
    expect(await rotate(3, '')).toMatchObject({ status: 0, output: '' })
    writeFileSync(file(), 'one')
    expect(await rotate(3, '')).toMatchObject({ status: 0, output: '' })
    expect(rotated()).toEqual({ out: 'one' })
  })
})

describe('muster_lock', () => {
  const LOCK = 'muster_lock "$MUSTER_PATH/lock"'

  it('is one script\'s alone until it ends', async () => {
    const holder = service.script(`${LOCK}; echo >"$MUSTER_PATH/held"; until [[ -e $MUSTER_PATH/enough ]]; do sleep 0.02; done`)
    await appears(join(service.path, 'held'))
    expect(await service.script(LOCK)).toMatchObject({ status: 1, lastLine: `somebody else has the lock ${service.path}/lock, waited 0s` })
    const waiting = service.script(`${LOCK} 10000`)
    writeFileSync(join(service.path, 'enough'), '')
    expect(await holder).toMatchObject({ status: 0 })
    expect(await waiting).toMatchObject({ status: 0, output: '' })
  })

  it('is not held by a daemon that the script starts', async () => {
    expect(await service.script(`${LOCK}; muster_daemon_start web "sleep 1000"`)).toMatchObject({ status: 0 })
    expect(await service.script(LOCK)).toMatchObject({ status: 0 })
  })
})

describe('muster_daemon_status', () => {
  it('tells by its words and its status', async () => {
    expect(await service.script('muster_daemon_status worker')).toMatchObject({ status: 1, output: 'worker does not run\n' })
    const { output } = await service.script('muster_daemon_start worker "sleep 1000"; muster_daemon_status worker; muster_daemon_stop worker')
    expect(output).toMatch(/\nworker runs as pid \d+\nworker stopped in /)
  })
})
