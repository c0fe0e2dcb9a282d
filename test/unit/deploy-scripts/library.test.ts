import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, SCRIPTS, type Service } from './service.ts'

const FILES = ['.', 'lib', 'steps'].flatMap((folder) =>
  readdirSync(join(SCRIPTS, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => join(folder, entry.name)),
)

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

describe('deploy-scripts', () => {
  it.each(FILES)('%s is bash', (file) => {
    expect(spawnSync('bash', ['-n', file], { cwd: SCRIPTS, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  it.skipIf(spawnSync('shellcheck', ['--version']).error !== undefined)('has nothing for shellcheck to find (skipped where it is not installed)', () => {
    expect(spawnSync('shellcheck', ['--external-sources', ...FILES], { cwd: SCRIPTS, encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' })
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

describe('muster_expand', () => {
  it('prefers variables to labels, and takes values as they stand', async () => {
    const values = { MUSTER_VAR_A: '$(id) ${B} "\'', MUSTER_VAR_B: 'variable', MUSTER_LABEL_B: 'label', MUSTER_LABEL_C: '' }
    expect((await service.script('muster_expand \'a=${A} b=${B} c=${C} $A ${} end\'', values)).output).toBe('a=$(id) ${B} "\' b=variable c= $A ${} end\n')
  })
})

describe('muster_daemon_status', () => {
  it('tells by its words and its status', async () => {
    expect(await service.script('muster_daemon_status worker')).toMatchObject({ status: 1, output: 'worker does not run\n' })
    const { output } = await service.script('muster_daemon_start worker "sleep 1000"; muster_daemon_status worker; muster_daemon_stop worker')
    expect(output).toMatch(/\nworker runs as pid \d+\nworker stopped in /)
  })
})
