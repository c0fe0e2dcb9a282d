/** `muster` as a person runs it. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { MUSTER } from './daemon.ts'

export type Ran = { code: number | null; stdout: string; stderr: string }

const WITHIN_MS = 90_000

/** @param env besides what this process has */
export async function muster(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = spawn(MUSTER, args, { env: { ...process.env, USER: 'tester', XDG_CONFIG_HOME: '/dev/null/nobody', ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: WITHIN_MS })
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}
