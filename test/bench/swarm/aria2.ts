/** aria2, which speaks BitTorrent. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../../lab/lab.ts'
import { meet } from './bittorrent.ts'
import { program } from '../../lab/program.ts'
import type { Program } from '../../lab/program.ts'
import type { Contestant, Course, System } from './system.ts'

/** Nothing but the tracker says who is there, nobody is left out, and nobody ever stops to serve. */
const OPTIONS = [
  '--no-conf', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--bt-max-peers=0', '--bt-request-peer-speed-limit=1000M', '--seed-ratio=0',
  '--bt-tracker-interval=1', '--file-allocation=none', '--listen-port=6881', '--console-log-level=warn', '--summary-interval=0', '--show-console-readout=false',
]
/** What its hook says. */
const COMPLETE = 'complete'

export const aria2: System = { name: 'aria2', lies: false, packages: { 'command -v aria2c': 'aria2' }, prepare }

async function prepare(course: Course): Promise<Contestant> {
  const { torrent, dirOf } = await meet(course)
  const hook = join(course.dir, 'hook')
  writeFileSync(hook, `#!/bin/sh\necho ${COMPLETE}\n`, { mode: 0o755 })
  const start = (host: Host, ...more: string[]): Program =>
    program(host, 'aria2c', [...OPTIONS, `--on-bt-download-complete=${hook}`, ...more, `--dir=${dirOf(host.name)}`, torrent])
  await start(course.origin, '--bt-seed-unverified=true').says(COMPLETE)
  const done = new Map<Host, Promise<void>>()
  return {
    begin: (hosts) => hosts.forEach((host) => done.set(host, start(host).says(COMPLETE))),
    done: (host) => done.get(host)!,
    payloadBytes: async () => null,
    stop: async () => void await Promise.all([course.origin, ...course.hosts].map((host) => host.empty())),
  }
}
