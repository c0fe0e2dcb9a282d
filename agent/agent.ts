/** An agent put together from its parts, and its life from the lock to the last word. */
import type { ChannelCredentials } from '@grpc/grpc-js'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { makeDataDirectory } from '../shared/daemon.ts'
import { lockDirectory } from '../shared/lock.ts'
import { VERSION } from '../shared/version.ts'
import { httpFetch } from './adapters/fetch.ts'
import { Journals } from './adapters/journal.ts'
import { Manifests } from './adapters/manifest.ts'
import { ServiceRecords } from './adapters/records.ts'
import { Releases } from './adapters/releases.ts'
import { Audits } from './audits.ts'
import { Commands } from './commands.ts'
import { Grants } from './grants.ts'
import { signerKeys } from '../shared/identity/signer-keys.ts'
import type { Trust } from '../shared/message.ts'
import type { Config } from './config.ts'
import { hostFacts, hostLoad } from './facts.ts'
import { Latest } from './latest.ts'
import type { Means, Say } from './means.ts'
import { Outlet } from './outlet.ts'
import { DEPLOY_UTILS } from './scripts.ts'
import { keepSession } from './session.ts'

/** Resolves when `ending` is aborted; scripts that run go on. Rejects when the data directory is locked, damaged or cannot be written. */
export async function runAgent(config: Config, credentials: ChannelCredentials, log: Logger, ending: AbortSignal): Promise<void> {
  const { host, labels, root, coordinator } = config
  const dataDir = config['data-dir']
  await makeDataDirectory(dataDir)
  await lockDirectory('agent', dataDir)
  const records = await ServiceRecords.open(join(dataDir, 'services'))
  const journals = await Journals.open(join(dataDir, 'commands'))
  const outlet = new Outlet(host)
  const artifactUrl = new Latest<string>()
  const manifests = new Manifests(join(dataDir, 'manifests'))
  const releases = new Releases(root, manifests)
  const audits = new Audits({ records, releases, manifests, log })
  let trust: Trust = { authorities: [], signers: [] }
  const say: Say = (message, must) => outlet.say(message, must)
  const grants = new Grants(say)
  const means: Means = {
    records,
    releases,
    audits,
    fetch: httpFetch((signal) => artifactUrl.get(signal)),
    grants,
    signerKeys: (purpose, nowMs) => signerKeys(trust, purpose, nowMs),
    context: { host, labels, root, deployUtils: DEPLOY_UTILS },
    artifactDir: join(dataDir, 'artifacts'),
    graceMs: config['kill-grace'],
    say,
    log,
  }
  const commands = new Commands(journals, means, host, ending)
  log.info({ coordinator, open: commands.open() }, 'agent begins')
  commands.pump()
  void audits.keep(config['audit-every'], ending)
  await keepSession(
    {
      address: coordinator,
      credentials,
      host,
      hello: () => ({ agentVersion: VERSION, labels, facts: hostFacts(), installed: audits.installed(), open: commands.open() }),
      heartbeat: async () => ({ ...(await hostLoad(root || dataDir)), runningCommands: commands.runningCount, installed: audits.installed() }),
      commands,
      audits,
      grants,
      outlet,
      onArtifactUrl: (url) => artifactUrl.set(url),
      onTrust: (latest) => (trust = latest),
      log,
    },
    ending,
  )
  log.info('agent ends')
}
