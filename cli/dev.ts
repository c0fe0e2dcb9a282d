/** `muster dev`: a whole Muster on this machine, to try it, to show it and to test against. It leaves no process behind. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Command } from 'commander'
import { wholeNumber } from './argument.ts'
import { doingHere, print, showEntry } from './context.ts'
import type { Surroundings } from './context.ts'
import { authorityFile, urlOf } from './dev/admin.ts'
import { MUSTER } from './dev/daemon.ts'
import { Fleet } from './dev/fleet.ts'
import { noteworthyLine } from './dev/log-line.ts'
import { makeOwnContext } from './dev/own-context.ts'
import type { OwnContext } from './dev/own-context.ts'
import { LOOPBACK } from './dev/ports.ts'
import { closeSite, openSite } from './dev/site.ts'
import type { Site, SiteFlags } from './dev/site.ts'
import { DEFAULT_URL } from './endpoint.ts'
import { withExamples } from './help.ts'
import { counted } from '../shared/counted.ts'
import { styled } from './text/line.ts'
import type { Line } from './text/line.ts'
import type { Endpoint } from './transport.ts'
import { alignedLines } from './text/table.ts'
import type { Run } from './world.ts'

export const MAX_DEV_AGENTS = 200
const PORT_MAX = 65_535

export function addDev(program: Command, run: Run): void {
  const command = program.command('dev')
    .summary('a whole Muster on this machine: Redis, a coordinator, agents')
    .description('Runs a coordinator with a Redis of its own and some agents on this machine, until Ctrl-C; a second Ctrl-C does not wait. '
      + 'A daemon that dies is started again. Without --data-dir everything lies in a temporary directory, and goes away at the end with all '
      + 'that was deployed. While it runs there is a context for it, which verbs use when you have chosen no other; with --json there is '
      + 'none, and one line '
      + 'when all is ready: {"url":…,"token":…,"ca":…,"grpc":…,"dataDir":…,"coordinator":{"pid":…},"agents":[{"host":…,"pid":…,"port":…,"root":…}]}.')
    .option('--agents <n>', 'how many agents', wholeNumber('--agents', 1, MAX_DEV_AGENTS), 3)
    .option('--data-dir <dir>', 'keep everything here; what was deployed goes on running')
    .option('--http <port>', 'the HTTP API\'s port; 0 chooses one', wholeNumber('--http', 0, PORT_MAX), Number(new URL(DEFAULT_URL).port))
    .option('--grpc <port>', 'the agents\' port; 0 chooses one', wholeNumber('--grpc', 0, PORT_MAX), 4601)
    .option('--pieces <port>', 'the port where packages are fetched; 0 chooses one', wholeNumber('--pieces', 0, PORT_MAX), 4602)
    .action(doingHere(run, (here, _flags, flags: SiteFlags) => dev(here, flags)))
  withExamples(command, 'muster dev', 'muster dev --agents 20', 'muster dev --data-dir ~/muster-dev', 'muster dev --http 0 --grpc 0 --pieces 0 --json')
}

async function dev(context: Surroundings, flags: SiteFlags): Promise<void> {
  const { signal, stderr } = context.world
  const site = await openSite(flags)
  const fleet = new Fleet(site, (name, line) => {
    const noteworthy = noteworthyLine(name, line)
    if (noteworthy !== null) void print(stderr, [noteworthy])
  })
  const hurry = hurryOnSecondSignal()
  let own: OwnContext | null = null
  try {
    if (!context.json) await print(context.world.stdout, [[`starting a coordinator and ${counted(site.hosts.length, 'agent')} in ${site.dir} …`]])
    const admin = await fleet.start(signal)
    if (!context.json && admin.token !== null) own = await makeOwnContext(context.world.env, admin, admin.token)
    await announce(context, site, fleet, admin, own)
    await Promise.race([fleet.death, interrupted(signal)])
    if (!context.json) await print(context.world.stdout, [['stopping …']])
  } finally {
    await own?.remove()
    const left = await fleet.stop(hurry.signal)
    if (left.length > 0) await print(stderr, [[`these processes could not be ended: ${left.join(' ')}`]])
    await closeSite(site)
    hurry.forget()
  }
}

async function announce(context: Surroundings, site: Site, fleet: Fleet, { url, token, ca }: Endpoint, own: OwnContext | null): Promise<void> {
  const { coordinator, agents } = fleet.pids
  if (!context.json) return print(context.world.stdout, readyLines(site, own))
  await showEntry(context, {
    url, token, ca: ca === null ? null : authorityFile(site), grpc: `${LOOPBACK}:${site.grpc}`, dataDir: site.dir, coordinator: { pid: coordinator },
    agents: site.hosts.map(({ host, port, root }, index) => ({ host, pid: agents[index], port, root })),
  })
}

function readyLines(site: Site, own: OwnContext | null): Line[] {
  const { dir, temporary, hosts } = site
  const [first, last] = [hosts[0]?.host ?? '', hosts.at(-1)?.host ?? '']
  return [
    [styled('ready', 'good')],
    ...alignedLines([
      ['  HTTP API', `${urlOf(site)} (what it can do: ${urlOf(site)}/v1/openapi.json)`],
      ['  agents', `${first} … ${last}, over gRPC on ${LOOPBACK}:${site.grpc}; each has a port for a service in its label \`port\``],
      ['  files', `${dir} (${temporary ? 'removed at the end' : 'kept'}): hosts/ has the hosts' files, logs/ the daemons' logs`],
    ]),
    ['in another terminal:'],
    ...(isOnPath('muster') ? [] : [[`  alias muster=${MUSTER}`]]),
    ...howToReach(site, own),
    ['  muster host list'],
    ['  muster service apply -f FILE, then muster release create SERVICE VERSION --srv PATH'],
    ['  muster rollout plan SERVICE@VERSION, then muster rollout start SERVICE@VERSION --watch'],
    ['Ctrl-C stops everything'],
  ]
}

function howToReach(site: Site, own: OwnContext | null): Line[] {
  if (own === null) return urlOf(site) === DEFAULT_URL ? [] : [[`  export MUSTER_URL=${urlOf(site)}`]]
  return own.isChosen ? [] : [[`  export MUSTER_CONTEXT=${own.name}`]]
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((dir) => existsSync(join(dir, program)))
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The first signal is the run's; whoever sends another does not want to wait. Until `forget`, no signal ends this process. */
function hurryOnSecondSignal(): { signal: AbortSignal; forget: () => void } {
  const hurry = new AbortController()
  let signals = 0
  const count = () => {
    if (++signals > 1) hurry.abort()
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, count)
  return { signal: hurry.signal, forget: () => names.forEach((name) => process.off(name, count)) }
}
