/** The ticket: a script runs at most once under it, whoever tries, and what became of it can always be said. */
import { execFile, spawn } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BOOT_ID } from '../../../agent/adapters/clock.ts'
import { identify, parseStat } from '../../../agent/adapters/processes.ts'
import { attachScript } from '../../../agent/adapters/script.ts'
import { forestall, inspect } from '../../../agent/adapters/ticket.ts'
import { Gate } from './gate.ts'

const WRAPPER = fileURLToPath(new URL('../../../agent/adapters/run-step.sh', import.meta.url))

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-ticket-'))))
afterEach(async () => await rm(dir, { recursive: true, force: true }))

/** Rejects when the wrapper did not get the ticket. */
const wrap = (...command: string[]) => promisify(execFile)('sh', [WRAPPER, dir, ...command])
const lines = async () => (await readFile(join(dir, 'output'), 'utf8').catch(() => '')).split('\n').slice(0, -1)
const never = new AbortController().signal
const attach = (bootId = BOOT_ID) =>
  attachScript({ dir, marker: 'MUSTER_TICKET=x', bootId }, { budgetMs: 10_000, graceMs: 100, signal: never, killing: never, onOutput: () => undefined })

it('is had by one of many', async () => {
  const ended = await Promise.allSettled(Array.from({ length: 8 }, () => wrap('sh', '-c', 'echo ran; exit 3')))
  expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await lines()).toEqual(['ran'])
  expect(await inspect(dir)).toEqual({ kind: 'exited', status: 3 })
})

it('outlives a signal to the whole group, which the script has as by default, and leaves its status', async () => {
  const gate = new Gate(dir)
  const wrapper = spawn('sh', [WRAPPER, dir, 'sh', '-c', `trap 'exit 5' TERM; ${gate.shell}`], { detached: true, stdio: 'ignore' })
  const goOn = await gate.reached()
  process.kill(-wrapper.pid!, 'SIGTERM')
  // a shell heeds its trap when what it waits for has come
  await goOn()
  expect(await attach()).toMatchObject({ kind: 'failed', exitCode: 5 })
})

it('that the agent has taken keeps the script from ever running', async () => {
  expect(await inspect(dir)).toEqual({ kind: 'unstarted' })
  expect(await attach()).toEqual({ kind: 'never-ran' })
  await expect(wrap('echo', 'ran')).rejects.toThrow(/Command failed/)
  expect(await lines()).toEqual([])
  expect(await inspect(dir)).toEqual({ kind: 'forestalled' })
  expect(await attach()).toEqual({ kind: 'never-ran' })
})

it('that a script has cannot be taken by the agent', async () => {
  await wrap('true')
  expect(await forestall(dir)).toBe(false)
  expect(await attach()).toEqual({ kind: 'passed' })
})

it('of a wrapper that is gone without a status says that nobody knows', async () => {
  await appendFile(join(dir, 'ticket'), (await readFile('/proc/self/stat', 'utf8')).replace(/^\d+/, '4194304'))
  expect(await attach()).toMatchObject({ kind: 'unknown' })
})

it('is not fooled by another process that has the number now', async () => {
  const self = (await identify(process.pid))!
  const stat = await readFile('/proc/self/stat', 'latin1')
  await writeFile(join(dir, 'ticket'), stat)
  expect(await inspect(dir)).toMatchObject({ kind: 'running', wrapper: self })
  await writeFile(join(dir, 'ticket'), stat.replace(` ${self.startTicks} `, ' 1 '))
  expect(await inspect(dir)).toMatchObject({ kind: 'lost' })
})

it('of an earlier boot proves nothing by not being there, while a status does', async () => {
  expect(await attach('an earlier boot')).toMatchObject({ kind: 'unknown' })
  await wrap('false')
  expect(await attach('an earlier boot')).toMatchObject({ kind: 'failed', exitCode: 1 })
})

it('is read whatever a program is called', () => {
  const fields = '1 1 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 0 0'
  expect(parseStat(`42 (a) S (b) c) R ${fields}`)).toEqual({ pid: 42, state: 'R', session: 7, startTicks: '98765' })
  expect(parseStat('')).toBeNull()
  expect(parseStat('agent\n')).toBeNull()
})
