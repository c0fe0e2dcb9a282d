/** The agent's part in the distribution of packages, put together: what it fetches and keeps, and the port where it gives that to others. */
import type { KeyObject } from 'node:crypto'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { LiveCredentials } from '../shared/pieces/credentials.ts'
import { Leave } from '../shared/pieces/leave.ts'
import { Dialer } from '../shared/pieces/tls.ts'
import type { Config } from './config.ts'
import { datacenterBy } from './distribution/datacenter.ts'
import { Distribution } from './distribution/distribution.ts'
import type { InUse } from './distribution/pins.ts'
import { PieceServer } from './distribution/server.ts'
import { Swarms } from './distribution/swarms.ts'
import type { Grants } from './grants.ts'

/** Beyond it, which is 16 for each processor, a host serves nobody. */
const BUSY_LOAD = 16 * availableParallelism()
const RACK_LABEL = 'rack'

export type SharingOptions = {
  config: Pick<Config, 'data-dir' | 'labels' | 'cache' | 'peers' | 'peer-address' | 'upload' | 'download'>
  credentials: LiveCredentials
  /** The keys that may sign grants. */
  grantKeys: (nowMs: number) => ReadonlyMap<string, KeyObject>
  grants: Pick<Grants, 'get' | 'drop' | 'latest'>
  inUse: () => InUse
  /** A deployment is at its heavy steps. */
  isDeploying: () => boolean
  log: Logger
}

/** `port` null: this host gives out nothing. */
export type Sharing = { distribution: Distribution; port: number | null; close: () => void }

/** @throws MusterError config_invalid when nothing can listen at --peers */
export async function openSharing({ config, credentials, grantKeys, grants, inUse, isDeploying, log }: SharingOptions): Promise<Sharing> {
  const { peers, labels, cache, upload, download, 'peer-address': address } = config
  const dialer = new Dialer(credentials)
  const leave = new Leave(grantKeys)
  const forget = credentials.onChange(() => leave.forget())
  let port: number | null = null
  const swarms = new Swarms(() => (port === null ? null : { port, ...(address === undefined ? {} : { address }), rack: labels[RACK_LABEL] ?? '' }), log)
  const distribution = await Distribution.open({
    dir: join(config['data-dir'], 'packages'), cacheBytes: cache, bytesPerSecond: download ?? Infinity, grants, inUse, swarms, dialer, log,
  })
  const server = new PieceServer({
    credentials, leave,
    dc: datacenterBy(() => grants.latest, grantKeys),
    swarm: (root) => swarms.get(root),
    read: (digest) => distribution.read(digest),
    isBusy: () => isDeploying() || (loadavg()[0] ?? 0) > BUSY_LOAD,
    bytesPerSecond: upload ?? Infinity,
  })
  if (peers !== null) {
    port = await server.listen(peers)
    log.info({ port }, 'gives pieces of packages to hosts of its datacenter')
  }
  const close = (): void => {
    forget()
    swarms.close()
    server.close()
    dialer.close()
  }
  return { distribution, port, close }
}
