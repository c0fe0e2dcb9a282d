/**
 * The shortest time in which a file can reach all hosts of a swarm, whatever anybody does: it leaves the origin once, it comes in at each host once, and all uplinks together
 * carry it to everybody (Kumar, Ross: Peer-Assisted File Distribution: The Minimum Distribution Time, 2006). Of payload alone: frames and headers take about 5 % more.
 */
export type Field = { fileBytes: number; hosts: number; originMbits: number; hostMbits: number }

/** Seconds. */
export function limitS({ fileBytes, hosts, originMbits, hostMbits }: Field): number {
  const megabits = (fileBytes * 8) / 1e6
  return Math.max(megabits / originMbits, megabits / hostMbits, (hosts * megabits) / (originMbits + hosts * hostMbits))
}
