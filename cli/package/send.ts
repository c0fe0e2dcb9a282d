/**
 * A package on its way to the coordinator. A large one goes in stretches: what has arrived stays when a connection breaks, a coordinator ends or another
 * one takes over that has the same store, and the rest follows.
 */
import { openAsBlob } from 'node:fs'
import type { ArtifactView } from '../../shared/api/catalogue.ts'
import type { UploadView } from '../../shared/api/upload.ts'
import { backOff, mayPass, MAX_TRIES, patiently } from '../back-off.ts'
import type { Client } from '../client.ts'
import { Refusal } from '../refusal.ts'
import type { PreparedPackage } from './prepare.ts'

/** A smaller one is sent whole again in less time than it takes to ask where to go on. */
export const WHOLE_UP_TO_BYTES = 16 * 1024 * 1024
/** So much is sent at once, and then known to be there. */
export const STRETCH_BYTES = 16 * 1024 * 1024

type Sending = { name: 'srv' | 'cmd'; signal: AbortSignal; onProgress: (sentBytes: number, sizeBytes: number) => void }

/** @throws Refusal; MusterError unavailable when nothing more has arrived for MAX_TRIES tries */
export async function sendPackage(client: Client, { file, sha256, sizeBytes }: PreparedPackage, { name, signal, onProgress }: Sending): Promise<ArtifactView> {
  if (sizeBytes <= WHOLE_UP_TO_BYTES) return client.uploads.whole({ package: name, file, sha256 })
  const bytes = await openAsBlob(file)
  const begin = () => client.uploads.create({ package: name, sha256, sizeBytes })
  let upload = await begin()
  for (let failures = 0; ; ) {
    const { id, offsetBytes } = upload
    try {
      upload = await client.uploads.append(id, offsetBytes, bytes.slice(offsetBytes, offsetBytes + STRETCH_BYTES))
      failures = 0
    } catch (error) {
      signal.throwIfAborted()
      if (!maySendMore(error) || ++failures >= MAX_TRIES) throw error
      await backOff(failures, signal)
      upload = (await patiently(() => stateOf(client, id), signal)) ?? (await begin())
      if (upload.offsetBytes > offsetBytes) failures = 0
    }
    onProgress(upload.offsetBytes, sizeBytes)
    if (upload.artifact !== null) return upload.artifact
  }
}

/** Where the coordinator says to go on elsewhere, or has forgotten it, or may be back in a moment. */
function maySendMore(error: unknown): boolean {
  return mayPass(error) || (error instanceof Refusal && ['upload_offset', 'upload_unknown'].includes(error.problem.code))
}

async function stateOf(client: Client, id: string): Promise<UploadView | null> {
  try {
    return await client.uploads.state(id)
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'upload_unknown') return null
    throw error
  }
}
