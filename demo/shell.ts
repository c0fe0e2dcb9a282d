/** Runs `muster` the way a person would, and shows it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'

export const MUSTER = fileURLToPath(new URL('../bin/muster', import.meta.url))

export function say(text: string): void {
  console.log(`\n${styleText('bold', text)}`)
}

export type Ran = { code: number; output: string }

/** Shows the command and its output. @throws when it exits with none of `expected` */
export async function muster(args: readonly string[], url: string, expected: readonly number[] = [0]): Promise<Ran> {
  console.log(styleText('cyan', `$ muster ${args.join(' ')}`))
  const ran = await quietly(args, url, (chunk) => process.stdout.write(chunk))
  if (!expected.includes(ran.code)) throw new Error(`muster ${args.join(' ')} exited with ${ran.code}`)
  return ran
}

/** Its JSON answer, not shown. */
export async function ask<T>(args: readonly string[], url: string): Promise<T> {
  const { code, output } = await quietly([...args, '--json'], url, () => {})
  if (code !== 0) throw new Error(`muster ${args.join(' ')} exited with ${code}: ${output}`)
  return JSON.parse(output) as T
}

function quietly(args: readonly string[], url: string, show: (chunk: Buffer) => void): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(MUSTER, args, { env: { ...process.env, MUSTER_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      show(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, output }))
  })
}
