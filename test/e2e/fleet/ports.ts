/** Ports for the services of a fleet: below those that the kernel gives to outgoing connections, which come and go while a fleet runs. */
import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST = 12_000
const LAST = 32_000
const MAX_TRIES = 50

/** The first of `count` ports in a row of which none is taken. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count))
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`no ${count} free ports in a row after ${MAX_TRIES} tries`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = once(server, 'listening').then(() => true, () => false)
  server.listen(port, '127.0.0.1')
  const free = await listening
  server.close()
  return free
}
