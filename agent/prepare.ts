/** The steps before the claim: they make a release ready beside the one that runs, and touch nothing of it. */
import { createReadStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
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

const PROGRESS_EVERY_MS = 1000

/** Rejects when `signal` is aborted, or with a line for a person. */
export async function prepare(step: PrepareStep, command: Command, means: Means, signal: AbortSignal): Promise<Outcome> {
  const installation = installationOf(command)
  if (!installation) return await prepareNothing(command)
  switch (step) {
    case 'preflight': {
      const { releases, artifactDir, context } = means
      const refusals = await preflight(installation, { releases, artifactDir, labels: context.labels })
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
  const { releases, fetch, grants, say } = means
  const { id, service } = command
  const dir = artifactDirOf(command, means)
  const artifacts = (await releases.missing(installation)).map(({ artifact }) => artifact)
  await makeDirectory(dir, 0o700)
  await forgetOthers(dir, artifacts)
  const bytesTotal = artifacts.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  let before = 0
  let saidAtMs = 0
  for (const artifact of artifacts) {
    const { digest } = artifact
    await fetch(artifact, tarOf(dir, artifact), {
      signal,
      leave: { get: async (until) => (await grants.get({ id, service }, digest, until)).grant, drop: () => grants.drop(digest) },
      onProgress: (bytesDone) => {
        const nowMs = performance.now()
        if (nowMs - saidAtMs < PROGRESS_EVERY_MS) return
        saidAtMs = nowMs
        say({ kind: 'progress', progress: { id, step: 'fetch', bytesDone: before + bytesDone, bytesTotal, transfer: null } }, false)
      },
    })
    before += artifact.sizeBytes
  }
}

async function unpackMissing(command: Command, installation: Installation, means: Means, signal: AbortSignal): Promise<void> {
  const { releases } = means
  const dir = artifactDirOf(command, means)
  for (const placed of await releases.missing(installation)) await releases.unpack(() => createReadStream(tarOf(dir, placed.artifact)), placed, signal)
  const answer = await findAccount(installation.account)
  if (!answer.ok) throw new Error(answer.message)
  await releases.makeShared(installation.path, answer.account)
  await rm(dir, { recursive: true, force: true })
}

/** A script may be made ready while a deployment of its service waits; neither takes the other's packages away. */
function artifactDirOf({ service, action }: Command, { artifactDir }: Means): string {
  return join(artifactDir, action.kind === 'script' ? `${service}@script` : service)
}

/** What an earlier attempt at another release has left is not worth its space. */
async function forgetOthers(dir: string, artifacts: Artifact[]): Promise<void> {
  const others = (await readdir(dir)).filter((name) => !artifacts.some(({ digest }) => name.startsWith(digest)))
  for (const name of others) await rm(join(dir, name), { recursive: true, force: true })
}

function tarOf(dir: string, { digest }: Artifact): string {
  return join(dir, `${digest}.tar`)
}
