/** A program on a host of the lab: its output is kept, for when it ends otherwise than it should. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Host } from './lab.ts'

const KEPT_CHARS = 4000

export type Program = {
  child: ChildProcess
  /** Resolves when it says this on its standard output. @throws when it ends before */
  says(text: string): Promise<void>
  /** Resolves when it has ended well. @throws otherwise */
  ended: Promise<void>
}

export function program(host: Host, name: string, args: readonly string[]): Program {
  const child = host.spawn(name, args, { stdio: 'pipe' })
  let output = ''
  const watchers: { text: string; resolve: () => void }[] = []
  const hear = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-KEPT_CHARS)
    for (const { text, resolve } of watchers) if (output.includes(text)) resolve()
  }
  child.stdout!.on('data', hear)
  child.stderr!.on('data', hear)
  child.stdin!.on('error', () => undefined)
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`${name} on ${host.name} ended with ${code}: ${output}`)
  })
  ended.catch(() => undefined)
  return {
    child,
    ended,
    says: (text) => new Promise((resolve, reject) => {
      watchers.push({ text, resolve })
      ended.then(() => reject(new Error(`${name} on ${host.name} ended without "${text}": ${output}`)), reject)
    }),
  }
}
