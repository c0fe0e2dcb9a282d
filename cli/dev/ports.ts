/** Ports of the loopback interface that nobody listens on. What is free now may be taken a moment later; then whoever wanted it says so. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { problem } from '../../shared/errors.ts'

export const LOOPBACK = '127.0.0.1'
/** Below the ports that outgoing connections get, so that none of those is in the way of a service that is restarted. */
export const CHOSEN_FROM = { min: 10_000, max: 29_000 }

/** The first `count` free ports from `from` on, without those in `taken`. @throws MusterError unavailable */
export async function freePorts(count: number, from: number, taken: ReadonlySet<number> = new Set()): Promise<number[]> {
  const ports: number[] = []
  for (let port = from; ports.length < count; port++) {
    if (port > 65_535) throw problem('unavailable', `there are no ${count} free ports from ${from} on`)
    if (!taken.has(port) && await isFree(port)) ports.push(port)
  }
  return ports
}

/** `port` itself; for 0 one that is free. @throws MusterError flag_invalid */
export async function claimPort(port: number, flag: string, taken: ReadonlySet<number> = new Set()): Promise<number> {
  if (port !== 0) {
    if (await isFree(port) && !taken.has(port)) return port
    throw problem('flag_invalid', `port ${port} of ${LOOPBACK} is taken`, { field: flag, expected: 'a free port; 0 chooses one' })
  }
  const { min, max } = CHOSEN_FROM
  const [chosen] = await freePorts(1, min + Math.floor(Math.random() * (max - min)), taken)
  return chosen!
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen({ port, host: LOOPBACK, exclusive: true }), 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
