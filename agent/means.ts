/** What attempts work with: the host's directories and records, the way to packages, and somebody to tell. */
import type { KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import type { SignerPurpose } from '../shared/identity/names.ts'
import type { AgentMessage } from '../shared/message.ts'
import type { Audits } from './audits.ts'
import type { Distribution } from './distribution/distribution.ts'
import type { Releases } from './adapters/releases.ts'
import type { ServiceRecords } from './adapters/records.ts'
import type { HostContext } from './deploy/environment.ts'
import type { OwnersPolicy } from './policy/policy-file.ts'

/** `must`: says it whatever the stream's backlog. False: it was not said, because nobody listens or the stream is full. */
export type Say = (message: AgentMessage, must: boolean) => boolean

export type Means = {
  records: ServiceRecords
  releases: Releases
  audits: Audits
  distribution: Distribution
  /** The keys that may sign at `nowMs`, by their ids: those that a trusted authority has certified for the purpose. */
  signerKeys: (purpose: SignerPurpose, nowMs: number) => ReadonlyMap<string, KeyObject>
  /** What the host's owner allows, as of now; null: everything. */
  policy: () => Promise<OwnersPolicy | null>
  context: HostContext
  /** Between SIGTERM and SIGKILL of a script whose time is over. */
  graceMs: number
  say: Say
  log: Logger
}
