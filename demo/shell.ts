/** Runs `muster` the way a person would, and shows it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'

export const MUSTER = fileURLToPath(new URL('../bin/muster', import.meta.url))

/** What tells `muster` where the fleet is, and lets it in. */
export type Access = { MUSTER_URL: string; MUSTER_TOKEN?: string; MUSTER_CA?: string }

export function say(text: string): void {
  console.log(`\n${styleText('bold', text)}`)
}

export type Ran = { code: number; output: string }

/** Shows the command and its output. @throws when it exits with none of `expected` */
export async function muster(args: readonly string[], access: Access, expected: readonly number[] = [0]): Promise<Ran> {
  console.log(styleText('cyan', `$ muster ${args.join(' ')}`))
  const ran = await quietly(args, access, (chunk) => process.stdout.write(chunk))
  if (!expected.includes(ran.code)) throw new Error(`muster ${args.join(' ')} exited with ${ran.code}`)
  return ran
}

/** Its JSON answer, not shown. */
export async function ask<T>(args: readonly string[], access: Access): Promise<T> {
  const { code, output } = await quietly([...args, '--json'], access, () => {})
  if (code !== 0) throw new Error(`muster ${args.join(' ')} exited with ${code}: ${output}`)
  return JSON.parse(output) as T
}

/** Not shown, whatever it exits with; `show` may show it. */
export function quietly(args: readonly string[], access: Access, show: (chunk: Buffer) => void): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(MUSTER, args, { env: { ...process.env, ...access }, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      show(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, output }))
  })
}
