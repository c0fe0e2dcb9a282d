/** Programs of the system that make the lab (ip, tc, bridge): run to their end, and believed only when they succeed. */
import { spawnSync } from 'node:child_process'

const WITHIN_MS = 20_000

/** What it printed. @throws Error with what it complained of */
export function command(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: WITHIN_MS })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

/** The same in words that are separated by single spaces. */
export function commandLine(line: string): string {
  const [program, ...args] = line.split(' ')
  return command(program!, args)
}
