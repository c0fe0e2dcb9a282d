/** Looks at what is installed of a service: its files against their manifests, `current`, and where its processes run from. Changes nothing. */
import { readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Observed } from '../deploy/findings.ts'
import type { Installation } from '../deploy/installation.ts'
import type { Manifests } from './manifest.ts'
import { identify } from './processes.ts'
import type { Process } from './processes.ts'
import type { Releases } from './releases.ts'
import { serviceProcesses } from './service-processes.ts'

const RELEASE_MARK = 'MUSTER_RELEASE_DIR='
/** What /proc says after a path that is no longer there. */
const DELETED = ' (deleted)'

export async function observe(service: string, { path, releaseDir, cmdDir }: Installation, releases: Releases, manifests: Manifests): Promise<Observed> {
  const [release, cmd] = [releases.real(releaseDir), cmdDir && releases.real(cmdDir)]
  const trees = [{ name: 'release', differences: await manifests.compare(release) }]
  if (cmd) trees.push({ name: 'cmd', differences: await manifests.compare(cmd) })
  const to = await readlink(join(releases.real(path), 'current')).catch(() => null)
  const place = { service, path: releases.real(path) }
  const found = await Promise.all((await serviceProcesses(place)).map((one) => strayOrNull(one, join(place.path, 'releases'), release)))
  return { trees, link: { to, expected: `releases/${basename(releaseDir)}` }, strays: found.filter((stray) => stray !== null) }
}

/** A process may say nothing of a release (its directory may be anything else), but whatever it says has to be the one that is installed. */
async function strayOrNull(process: Process, releases: string, release: string): Promise<{ pid: number; from: string } | null> {
  const mark = process.environment.find((entry) => entry.startsWith(RELEASE_MARK))?.slice(RELEASE_MARK.length)
  const links = await Promise.all(['cwd', 'exe'].map((link) => readlink(`/proc/${process.pid}/${link}`).catch(() => '')))
  const from = [mark ?? '', ...links].find((path) => path.startsWith(`${releases}/`) && !isWithin(path, release))
  // one that has ended meanwhile, and whose number perhaps another has by now, is no finding
  if (from === undefined || (await identify(process.pid))?.startTicks !== process.startTicks) return null
  return { pid: process.pid, from: from.slice(releases.length + 1) }
}

function isWithin(path: string, dir: string): boolean {
  return (path === dir || path.startsWith(`${dir}/`)) && !path.endsWith(DELETED)
}
