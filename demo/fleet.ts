/** The fleet under the demo: one `muster dev`, from its start to the last of its processes. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { HostView } from '../shared/api/host.ts'
import type { Access } from './shell.ts'
import type { Target } from './poller.ts'
import { ask, MUSTER, say } from './shell.ts'

const READY_TIMEOUT_MS = 120_000

export type Fleet = { access: Access; targets: Target[]; keep(): Promise<void>; stop(): Promise<void> }

export async function startFleet(hosts: number): Promise<Fleet> {
  const ports = ['--http', '0', '--grpc', '0', '--pieces', '0']
  const dev = spawn(MUSTER, ['dev', '--agents', String(hosts), ...ports, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const access = await ready(dev)
  const { hosts: list } = await ask<{ hosts: HostView[] }>(['host', 'list'], access)
  const targets = list.map(({ host, labels }) => ({ host, url: `http://127.0.0.1:${labels['port']}/config` }))
  return {
    access,
    targets,
    async keep() {
      say(`Left running. ${Object.entries(access).map(([name, value]) => `${name}=${value}`).join(' ')}`)
      for (const target of targets) console.log(`  ${target.host}  ${target.url}`)
      console.log('Ctrl-C ends it all.')
      await once(dev, 'exit')
    },
    async stop() {
      if (dev.exitCode !== null || dev.signalCode !== null) return
      dev.kill('SIGTERM')
      await once(dev, 'exit')
    },
  }
}

/** Waits for the one line of JSON that says where everything is. */
async function ready(dev: ChildProcess): Promise<Access> {
  const lines = createInterface({ input: dev.stdout! })
  const timeout = AbortSignal.timeout(READY_TIMEOUT_MS)
  const exited = once(dev, 'exit', { signal: timeout }).then(([code]) => {
    throw new Error(`muster dev exited with ${code} before it was ready`)
  })
  const [line] = (await Promise.race([once(lines, 'line', { signal: timeout }), exited])) as [string]
  exited.catch(() => {})
  const { url, token, ca } = JSON.parse(line) as { url: string; token: string | null; ca: string | null }
  return { MUSTER_URL: url, ...(token === null || ca === null ? {} : { MUSTER_TOKEN: token, MUSTER_CA: ca }) }
}
