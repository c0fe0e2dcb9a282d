/** The direct way: nginx at the origin, curl on every host, and sha256sum behind it. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../lab/lab.ts'
import { program } from '../../lab/program.ts'
import type { Program } from '../../lab/program.ts'
import type { Contestant, Course, System } from './system.ts'

const PORT = 8080
const LISTENS_WITHIN_MS = 5000

export const download: System = {
  name: 'nginx+curl',
  lies: false,
  packages: { 'command -v nginx': 'nginx-light', 'command -v curl': 'curl' },
  prepare,
}

async function prepare({ origin, hosts, file, dir }: Course): Promise<Contestant> {
  const config = join(dir, 'nginx.conf')
  writeFileSync(config, configuration(dirname(file), dir))
  program(origin, 'nginx', ['-p', dir, '-e', 'stderr', '-c', config])
  const url = `http://${origin.address}:${PORT}/${basename(file)}`
  await answers(hosts[0]!, url)
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  const running = new Map<Host, Program>()
  const fetch = (host: Host): Program => {
    const to = join(dir, host.name)
    return program(host, 'sh', ['-c', `curl -sSf -o ${to} ${url} && echo "${sha256}  ${to}" | sha256sum -c --quiet`])
  }
  return {
    begin: (now) => now.forEach((host) => running.set(host, fetch(host))),
    done: (host) => running.get(host)!.ended,
    payloadBytes: async () => null,
    stop: () => origin.empty(),
  }
}

function configuration(root: string, dir: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${join(dir, what)};`).join(' ')
  return `daemon off; user root; worker_processes 1; pid ${join(dir, 'nginx.pid')}; events { }
    http { access_log off; sendfile on; ${temporary} server { listen ${PORT}; root ${root}; } }`
}

async function answers(host: Host, url: string): Promise<void> {
  const deadline = performance.now() + LISTENS_WITHIN_MS
  while (!await program(host, 'curl', ['-sSf', '--head', url]).ended.then(() => true, () => false)) {
    if (performance.now() > deadline) throw new Error(`nginx does not listen within ${LISTENS_WITHIN_MS} ms`)
    await sleep(50)
  }
}
