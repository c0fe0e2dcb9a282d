/**
 * A network of its own on one machine: every host a namespace, joined to the bridge of its site by a cable whose both ends are shaped, so that up- and downlink have
 * their rate. A second site hangs on the first by one more such cable. Nothing of it is in the machine's own namespace, and nothing is left, however the process ends.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { command, commandLine } from './command.ts'
import { addNamespace, emptied, removeLeftovers, removeOwn, within } from './namespace.ts'

/** `mbits`: Mbit/s in each direction, frames included. */
export type HostPlan = { name: string; mbits: number; site?: Site }
export type Site = 'a' | 'b'
/** `linkMbits`: of what joins the two sites; absent: there is one. */
export type LabPlan = { hosts: readonly HostPlan[]; linkMbits?: number }
/** How long a name may be: it is part of that of an interface. */
const NAME_MAX_CHARS = 12
/** Of the token bucket: what may go at full speed, and how long a packet may wait before it is dropped. */
const BUCKET = 'burst 16kb latency 50ms'
/** RFC 2544 sets 198.18.0.0/15 apart for benchmarks. */
const addressOf = (index: number) => `198.18.${Math.floor(index / 250)}.${1 + (index % 250)}`
const INTERFACE = 'eth0'

export class Host {
  readonly name: string
  readonly address: string
  readonly namespace: string
  readonly #switch: string

  constructor(name: string, address: string, namespace: string, theSwitch: string) {
    this.name = name
    this.address = address
    this.namespace = namespace
    this.#switch = theSwitch
  }

  /** Starts a program there. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [first, ...rest] = [...within(this.namespace), program, ...args]
    return spawn(first!, rest, options)
  }

  /** Bytes that it has sent so far, as they go over a wire: with all headers. */
  sentBytes(): number {
    return shapedBytes(this.namespace, INTERFACE)
  }

  /** From now on nothing that it sends arrives, and nothing reaches it; it cannot tell. */
  cutOff(): void {
    commandLine(`bridge -n ${this.#switch} link set dev ${this.name} state 0`)
  }

  /** As if it had never been cut off. */
  reconnect(): void {
    commandLine(`bridge -n ${this.#switch} link set dev ${this.name} state 3`)
  }

  /** Ends all that runs there. */
  async empty(): Promise<void> {
    await emptied(this.namespace)
  }
}

export class Lab {
  readonly hosts: ReadonlyMap<string, Host>
  readonly #switch: string

  private constructor(hosts: ReadonlyMap<string, Host>, theSwitch: string) {
    this.hosts = hosts
    this.#switch = theSwitch
  }

  /** One at a time in a process. @throws Error where namespaces cannot be made */
  static make({ hosts: plans, linkMbits }: LabPlan): Lab {
    removeLeftovers()
    process.once('exit', removeOwn)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, exit)
    const theSwitch = addNamespace('net')
    for (const site of new Set(plans.map(siteOf))) addBridge(theSwitch, site)
    if (linkMbits !== undefined) joinSites(theSwitch, linkMbits)
    return new Lab(new Map(plans.map((plan, index) => [plan.name, addHost(theSwitch, plan, addressOf(index))])), theSwitch)
  }

  host(name: string): Host {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`the lab has no host ${name}`)
    return host
  }

  /** Bytes that have gone from one site to the other so far, as they go over a wire. */
  linkBytes(from: Site): number {
    return shapedBytes(this.#switch, linkEnd(from))
  }

  /** Ends everything in it. */
  remove(): void {
    process.off('exit', removeOwn)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, exit)
    removeOwn()
  }
}

/** 128 and the number of SIGINT: what a shell says of it; the rest happens on exit. */
function exit(): never {
  process.exit(130)
}

function siteOf({ site = 'a' }: HostPlan): Site {
  return site
}

function addBridge(theSwitch: string, site: Site): void {
  commandLine(`ip -n ${theSwitch} link add name bridge-${site} type bridge`)
  commandLine(`ip -n ${theSwitch} link set dev bridge-${site} up`)
}

function joinSites(theSwitch: string, mbits: number): void {
  commandLine(`ip -n ${theSwitch} link add name ${linkEnd('a')} type veth peer name ${linkEnd('b')}`)
  for (const site of ['a', 'b'] as const) {
    commandLine(`ip -n ${theSwitch} link set dev ${linkEnd(site)} master bridge-${site} up`)
    shape(theSwitch, linkEnd(site), mbits)
  }
}

/** The end in `site`: what it sends leaves the site. */
function linkEnd(site: Site): string {
  return `link-${site}`
}

function addHost(theSwitch: string, plan: HostPlan, address: string): Host {
  const { name, mbits } = plan
  if (name.length > NAME_MAX_CHARS) throw new Error(`a host's name has at most ${NAME_MAX_CHARS} characters: ${name}`)
  const namespace = addNamespace(name)
  commandLine(`ip -n ${theSwitch} link add name ${name} type veth peer name ${INTERFACE} netns ${namespace}`)
  commandLine(`ip -n ${theSwitch} link set dev ${name} master bridge-${siteOf(plan)} up`)
  commandLine(`ip -n ${namespace} link set dev ${INTERFACE} up`)
  commandLine(`ip -n ${namespace} addr add ${address}/16 dev ${INTERFACE}`)
  shape(theSwitch, name, mbits)
  shape(namespace, INTERFACE, mbits)
  return new Host(name, address, namespace, theSwitch)
}

function shape(namespace: string, device: string, mbits: number): void {
  commandLine(`tc -n ${namespace} qdisc replace dev ${device} root tbf rate ${mbits}mbit ${BUCKET}`)
}

/** The shaper counts a packet as it is cut for the wire; the interface counts one that is cut later once. */
function shapedBytes(namespace: string, device: string): number {
  const [shaper] = JSON.parse(command('tc', ['-n', namespace, '-s', '-j', 'qdisc', 'show', 'dev', device])) as { bytes: number }[]
  return shaper!.bytes
}
