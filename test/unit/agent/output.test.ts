/** The full output of a step, in parts, from the host that has it. */
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { MAX_OUTPUT_BYTES, readPart, readTail } from '../../../agent/adapters/tail.ts'
import { OUTPUT_PART_BYTES, OUTPUT_TAIL_BYTES } from '../../../shared/command.ts'
import type { Step } from '../../../shared/command.ts'
import { TestHost } from './fixture.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

const given: (() => Promise<void>)[] = []
afterEach(async () => void (await Promise.all(given.splice(0).map((back) => back()))))

it('is read by offset, also after the command has been acknowledged and by the next agent', async () => {
  const host = await TestHost.create()
  given.push(() => host.dispose())
  host.start()
  let asked = 0
  const read = async (id: string, step: Step | null, offset: number, limitBytes: number) => {
    const ask = `ask-${(asked += 1)}`
    host.coordinator.say({ kind: 'read-output', ask, id, step, offset, limitBytes })
    const { part } = await host.coordinator.hear('output-part', (message) => message.part.ask === ask)
    return { ...part, text: Buffer.from(part.bytes).toString() }
  }
  const sent = await host.deploy(1, host.release('1.0', { start: 'seq 1 100000' }))
  await host.coordinator.result(sent.id)
  const whole = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('')
  expect(await read(sent.id, 'start', 0, 10)).toMatchObject({ found: true, totalBytes: whole.length, text: '1\n2\n3\n4\n5\n' })
  await host.kill()
  host.start()
  await host.coordinator.hear('hello', () => true, host.coordinator.heard.length)
  let text = ''
  while (text.length < whole.length) {
    const part = await read(sent.id, 'start', text.length, 2 ** 30)
    expect(part.bytes.length).toBeLessThanOrEqual(OUTPUT_PART_BYTES)
    text += part.text
  }
  expect(text).toBe(whole)
  expect(await read(sent.id, 'start', whole.length + 5, 10)).toMatchObject({ found: true, text: '', totalBytes: whole.length })
  for (const [id, step] of [[sent.id, 'revert-stop'], [sent.id, null], ['web-9/h1/1', 'start']] as const) {
    expect(await read(id, step, 0, 10)).toMatchObject({ found: false, text: '', totalBytes: 0 })
  }
})

it('that grows beyond its bound is dropped but for its end, and a line says how much it was', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-output-'))
  given.push(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'output')
  await writeFile(file, '')
  await truncate(file, MAX_OUTPUT_BYTES)
  expect((await readTail(file)).totalBytes).toBe(MAX_OUTPUT_BYTES)
  await appendFile(file, 'the last words')
  const tail = await readTail(file)
  expect([tail.bytes.length, tail.totalBytes]).toEqual([OUTPUT_TAIL_BYTES, MAX_OUTPUT_BYTES + 14])
  expect(tail.bytes.subarray(-14).toString()).toBe('the last words')
  const left = await readFile(file, 'utf8')
  expect(left.split('\n')[0]).toBe(`--- muster: ${MAX_OUTPUT_BYTES + 14 - OUTPUT_TAIL_BYTES} bytes of output are dropped here ---`)
  expect(left.endsWith('the last words')).toBe(true)
  expect((await readTail(file)).bytes.subarray(-14).toString()).toBe('the last words')
  expect(await readPart(join(dir, 'none'), 0, 10)).toBeNull()
})
