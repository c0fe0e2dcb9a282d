/** The steps before the claim: they make a release ready beside the one that runs, and touch nothing of it. */
import type { Command } from '../shared/command.ts'
import { Pace } from '../shared/swarm/pace.ts'
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
      const { releases, distribution, context } = means
      const refusals = await preflight(installation, { releases, distribution, labels: context.labels })
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
  const cap = action.kind === 'prefetch' ? action.maxBytesPerSecond : null
  const pace = cap === null ? null : new Pace(cap, performance.now())
  await distribution.unstageOthers(service, artifacts, signal)
  await together(artifacts, signal, async (artifact, until) => {
    if (distribution.has(artifact)) return
    await distribution.fetch(artifact, { id, service }, { signal: until, pace, onProgress: telling.of(artifact.digest) })
    telling.over(artifact.digest)
    // a deployment will come later, if at all
    if (action.kind === 'prefetch') await distribution.unstage(artifact, until)
  })
  telling.finish()
}

/** Does it for all of them at once; when one fails the others are given up. Rejects when all are over. */
async function together<T>(all: readonly T[], signal: AbortSignal, work: (one: T, signal: AbortSignal) => Promise<void>): Promise<void> {
  const failing = new AbortController()
  const until = AbortSignal.any([signal, failing.signal])
  const failures: unknown[] = []
  await Promise.all(all.map((one) => work(one, until).catch((error: unknown) => {
    failures.push(error)
    failing.abort(error)
  })))
  if (failures.length > 0) throw failures[0]
}

async function unpackMissing(command: Command, installation: Installation, means: Means, signal: AbortSignal): Promise<void> {
  const { releases, distribution } = means
  const { id, service } = command
  await together(await releases.missing(installation), signal, async (placed, until) => {
    const options = { signal: until, pace: null, onProgress: () => undefined }
    await distribution.unpack(placed.artifact, { id, service }, options, (tar) => releases.unpack(tar, placed, until))
  })
  const answer = await findAccount(installation.account)
  if (!answer.ok) throw new Error(answer.message)
  await releases.makeShared(installation.path, answer.account)
}
