/**
 * Has the differences from the release before made as soon as there is a release, so that they are there when the first host asks. Nothing depends on it:
 * work that is lost is done when a host asks.
 */
import type { Logger } from 'pino'
import type { Catalogue, Release } from '../ports/catalogue.ts'
import type { PieceStore } from '../ports/pieces.ts'

/** For the log alone: the work goes on after it. */
export const CONSECUTIVE_WITHIN_MS = 10 * 60_000

type MakingPorts = { pieces: Pick<PieceStore, 'makeDelta'>; catalogue: Pick<Catalogue, 'releases'>; log: Logger }

/** Resolves when they are made, or cannot be. Never rejects. */
export async function makeConsecutive({ pieces, catalogue, log }: MakingPorts, { service, version, srv, cmd }: Release): Promise<void> {
  try {
    const releases = await catalogue.releases(service)
    const before = releases[releases.findIndex((one) => one.version === version) + 1]
    const pairs = [[before?.srv, srv], [before?.cmd, cmd]] as const
    for (const [base, artifact] of pairs) {
      if (!base || !artifact || base.digest === artifact.digest) continue
      const delta = await pieces.makeDelta(base.digest, artifact.digest, AbortSignal.timeout(CONSECUTIVE_WITHIN_MS))
      log.debug({ service, version, from: before?.version, bytes: delta?.totalBytes ?? null }, 'the difference to the release before is made')
    }
  } catch (error) {
    log.warn({ err: error, service, version }, 'the difference to the release before cannot be made now; it is when a host asks for it')
  }
}
