/** Questions to a person at a terminal, and what is handed in where nobody is. Answers that are secret are not shown. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { problem } from '../shared/errors.ts'
import { write } from './context.ts'
import type { World } from './world.ts'

/** Of what comes in by a pipe. */
const MAX_INPUT_BYTES = 64 * 1024

/** Whether somebody sits there who could be asked. */
export function canAsk({ stdin, stderr }: World): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/** @throws MusterError flag_invalid: the terminal is closed without an answer; or what the run's signal aborts with */
export async function ask({ stdin, stderr, signal }: World, question: string, answer: 'shown' | 'secret'): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: stdin, output: answer === 'shown' ? stderr : nowhere, terminal: true })
  // Only now: from here on the terminal itself shows nothing of what is typed.
  if (answer === 'secret') await write(stderr, question)
  // The terminal hands Ctrl-C to whoever reads its keys.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<never>((_resolve, reject) => {
    terminal.once('close', () => reject(problem('flag_invalid', 'no answer was given', { field: 'stdin', expected: 'a line' })))
  })
  try {
    return (await Promise.race([terminal.question(answer === 'shown' ? question : '', { signal }), closed])).trim()
  } finally {
    closed.catch(() => {})
    terminal.close()
    if (answer === 'secret') await write(stderr, '\n')
  }
}

/** All of it. @throws MusterError flag_invalid: more than anybody would mean */
export async function readAll({ stdin }: World): Promise<string> {
  let text = ''
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > MAX_INPUT_BYTES) throw problem('flag_invalid', 'too much comes in', { field: 'stdin', expected: `at most ${MAX_INPUT_BYTES} bytes` })
  }
  return text.trim()
}
