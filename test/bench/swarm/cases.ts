/** What the contestants are put through. */
export type Case = {
  name: string
  hosts: number
  /** The origin's uplink over a host's. */
  originTimes: number
  /** So many hosts fall silent once they have announced themselves and begun. */
  dead: number
  /** So many hosts serve garbage, where a system has such a host. */
  lying: number
  /** So many hosts come when half of the time that the others take at best is over. */
  late: number
}

/** @param hosts as many as take part where more than one does */
export function casesFor(hosts: number): Record<string, Case> {
  const plain = { name: `${hosts} hosts`, hosts, originTimes: 1, dead: 0, lying: 0, late: 0 }
  return {
    equal: plain,
    fast: { ...plain, name: `${hosts} hosts, origin ten times as fast`, originTimes: 10 },
    alone: { ...plain, name: 'one host alone', hosts: 1 },
    bad: { ...plain, name: `${hosts} hosts, 2 of them die, 1 lies`, dead: 2, lying: 1 },
    late: { ...plain, name: `${hosts} hosts, half of them later`, late: Math.floor(hosts / 2) },
  }
}
