/** What is looked at before anything is fetched or touched, so that a host on which an attempt cannot work says so while the old release runs. */
import { access, constants, stat } from 'node:fs/promises'
import type { Artifact } from '../../shared/command.ts'
import { unresolved } from '../deploy/acceptable.ts'
import type { Installation } from '../deploy/installation.ts'
import type { Distribution } from '../distribution/distribution.ts'
import { findAccount } from './account.ts'
import type { Releases } from './releases.ts'
import { lackOfSpace, nearestDirectory } from './space.ts'

export type PreflightContext = {
  releases: Releases
  distribution: Pick<Distribution, 'dir' | 'has' | 'dropSpare'>
  labels: Record<string, string>
}

/** One line for each thing that speaks against installing it; none: go on. */
export async function preflight(installation: Installation, { releases, distribution, labels }: PreflightContext): Promise<string[]> {
  const { path, account, goal } = installation
  const answer = await findAccount(account)
  const missing = await releases.missing(installation)
  const tree = releases.real(path)
  const lackOf = async (artifacts: Artifact[]): Promise<string[]> => {
    const needed = { unpacked: artifacts, fetched: artifacts.filter((artifact) => !distribution.has(artifact)) }
    const lines = await lackOfSpace(needed, { stream: distribution.dir, tree })
    if (lines.length === 0) return lines
    // what is only kept for later must not stand in the way
    await distribution.dropSpare()
    return await lackOfSpace(needed, { stream: distribution.dir, tree })
  }
  return [
    ...unresolved(goal, labels),
    ...(answer.ok ? [] : [answer.message]),
    ...(await unwritable(tree)),
    ...[await releases.linkObstacle(path)].filter((line) => line !== null),
    ...(await lackOf(missing.map(({ artifact }) => artifact))),
  ]
}

async function unwritable(path: string): Promise<string[]> {
  const dir = await nearestDirectory(path)
  if (!(await stat(dir)).isDirectory()) return [`${dir} is not a directory, ${path} cannot be made there`]
  try {
    await access(dir, constants.W_OK | constants.X_OK)
    return []
  } catch (error) {
    return [`${dir} cannot be written to: ${(error as Error).message}`]
  }
}
