/** What a host says of itself: once per session what it is, with every heartbeat how it does. */
import { statfs } from 'node:fs/promises'
import { arch, cpus, freemem, loadavg, platform, release, totalmem } from 'node:os'
import type { Facts, Heartbeat } from '../shared/message.ts'
import { BOOT_ID } from './adapters/clock.ts'
import { nearestDirectory } from './adapters/space.ts'

export function hostFacts(): Facts {
  return { os: `${platform()} ${release()}`, arch: arch(), cpus: cpus().length, memoryBytes: totalmem(), bootId: BOOT_ID }
}

/** `directory`: where services live, or will. */
export async function hostLoad(directory: string): Promise<Pick<Heartbeat, 'load1' | 'memoryFreeBytes' | 'diskFreeBytes'>> {
  const disk = await statfs(await nearestDirectory(directory)).catch(() => null)
  return { load1: loadavg()[0] ?? 0, memoryFreeBytes: freemem(), diskFreeBytes: disk ? disk.bavail * disk.bsize : 0 }
}
