/** The steps before the claim: they make a release ready beside the one that runs, and touch nothing of it. */
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../shared/directory.ts'
import type { Artifact, Command } from '../shared/command.ts'
import { findAccount } from './adapters/account.ts'
import { preflight } from './adapters/preflight.ts'
import type { Outcome } from './deploy/entry.ts'
import { installationOf } from './deploy/installation.ts'
import type { Installation } from './deploy/installation.ts'
import type { PrepareStep } from './deploy/plan.ts'
import type { Means } from './means.ts'
import { Telling } from './telling.ts'

/** Rejects when `signal` is aborted, or with a line for a person. */
export async function prepare(step: PrepareStep, command: Command, means: Means, signal: AbortSignal): Promise<Outcome> {
  const installation = installationOf(command)
  if (!installation) return await prepareNothing(command)
  switch (step) {
    case 'preflight': {
      const { releases, artifactDir, context } = means
      const refusals = await preflight(installation, { releases, distribution: means.distribution, artifactDir, labels: context.labels })
      return refusals.length > 0 ? { kind: 'failed', exitCode: -1, message: refusals.join('; ') } : { kind: 'passed' }
    }
    case 'fetch':
      await fetchMissing(command, installation, means, signal)
      return { kind: 'passed' }
    case 'unpack':
      await unpackMissing(command, installation, means, signal)
      return { kind: 'passed' }
    default:
      return step satisfies never
  }
}

/** What has no release to be made ready: a command line, of which an account is all that is needed, and a removal. */
async function prepareNothing({ action, account }: Command): Promise<Outcome> {
  const answer = action.kind === 'exec' ? await findAccount(account) : null
  return answer?.ok === false ? { kind: 'failed', exitCode: -1, message: answer.message } : { kind: 'passed' }
}

async function fetchMissing(command: Command, installation: Installation, means: Means, signal: AbortSignal): Promise<void> {
  const { releases, distribution, say } = means
  const { id, service, action } = command
  const artifacts = (await releases.missing(installation)).map(({ artifact }) => artifact)
  const telling = new Telling(id, say)
  await distribution.unstageOthers(service, artifacts)
  for (const artifact of artifacts) {
    if (distribution.has(artifact) || (await fetchWhole(artifact, command, means, signal))) continue
    const maxBytesPerSecond = action.kind === 'prefetch' ? action.maxBytesPerSecond : null
    await distribution.fetch(artifact, { id, service }, { signal, maxBytesPerSecond, onProgress: telling.of(artifact.digest) })
    // a deployment will come later, if at all
    if (action.kind === 'prefetch') await distribution.unstage(artifact)
  }
  telling.finish()
}

/** False: its coordinator knows what it consists of, so there is a better way. */
async function fetchWhole(artifact: Artifact, command: Command, means: Means, signal: AbortSignal): Promise<boolean> {
  const { fetch, grants, say } = means
  const { id, service } = command
  const asker = { id, service }
  const { digest, sizeBytes: bytesTotal } = artifact
  if ((await grants.get(asker, digest, signal)).manifest !== null) return false
  const dir = artifactDirOf(command, means)
  await makeDirectory(dir, 0o700)
  await fetch(artifact, tarOf(dir, artifact), {
    signal,
    leave: { get: async (until) => (await grants.get(asker, digest, until)).grant, drop: () => grants.drop(digest) },
    onProgress: (bytesDone) => say({ kind: 'progress', progress: { id, step: 'fetch', bytesDone, bytesTotal, transfer: null } }, false),
  })
  return true
}

async function unpackMissing(command: Command, installation: Installation, means: Means, signal: AbortSignal): Promise<void> {
  const { releases, distribution } = means
  const { id, service } = command
  const dir = artifactDirOf(command, means)
  for (const placed of await releases.missing(installation)) {
    const { artifact } = placed
    const whole = tarOf(dir, artifact)
    if (await stat(whole).catch(() => null)) await releases.unpack(() => createReadStream(whole), placed, signal)
    else {
      await distribution.stage(artifact, { id, service }, { signal, maxBytesPerSecond: null, onProgress: () => undefined })
      await releases.unpack(() => distribution.tar(artifact), placed, signal)
      await distribution.unpacked(artifact, service)
    }
  }
  const answer = await findAccount(installation.account)
  if (!answer.ok) throw new Error(answer.message)
  await releases.makeShared(installation.path, answer.account)
  await rm(dir, { recursive: true, force: true })
}

/** A script may be made ready while a deployment of its service waits; neither takes the other's packages away. */
function artifactDirOf({ service, action }: Command, { artifactDir }: Means): string {
  return join(artifactDir, action.kind === 'script' ? `${service}@script` : service)
}

function tarOf(dir: string, { digest }: Artifact): string {
  return join(dir, `${digest}.tar`)
}
