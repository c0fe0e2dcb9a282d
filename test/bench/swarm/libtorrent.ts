/** libtorrent, in a program of ours that is as long as it has to be. */
import { fileURLToPath } from 'node:url'
import type { Host } from '../../lab/lab.ts'
import { meet } from './bittorrent.ts'
import { program } from '../../lab/program.ts'
import type { Program } from '../../lab/program.ts'
import type { Contestant, Course, System } from './system.ts'

const CLIENT = fileURLToPath(new URL('./torrent-client.py', import.meta.url))
/** Debian's, for which the package is. */
const PYTHON = '/usr/bin/python3'

export const libtorrent: System = { name: 'libtorrent', lies: false, packages: { [`${PYTHON} -c 'import libtorrent'`]: 'python3-libtorrent' }, prepare }

async function prepare(course: Course): Promise<Contestant> {
  const { torrent, dirOf } = await meet(course)
  const clients = new Map<Host, Program>()
  for (const host of [course.origin, ...course.hosts]) clients.set(host, program(host, PYTHON, [CLIENT, torrent, dirOf(host.name), host.address]))
  await Promise.all([...clients.values()].map((client) => client.says('ready')))
  const go = (host: Host): void => void clients.get(host)!.child.stdin!.write('go\n')
  const seeds = clients.get(course.origin)!.says('done')
  go(course.origin)
  await seeds
  const done = new Map<Host, Promise<void>>()
  return {
    begin: (hosts) => hosts.forEach((host) => {
      done.set(host, clients.get(host)!.says('done'))
      go(host)
    }),
    done: (host) => done.get(host)!,
    payloadBytes: async () => null,
    stop: async () => void await Promise.all([course.origin, ...course.hosts].map((host) => host.empty())),
  }
}
