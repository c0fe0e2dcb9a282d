/**
 * The main job, on this machine, with nothing pretended: twenty agents, a real service, three releases of which the last is bad, and a
 * poller that asks every instance all the while. Ends with an error when anything was down that should not have been.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startFleet } from './fleet.ts'
import { prepareReleases } from './releases.ts'
import { say } from './shell.ts'
import { tell } from './story.ts'

const HOSTS = 20
const CACHE = fileURLToPath(new URL('../node_modules/.cache/muster-demo', import.meta.url))

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })
  say('Fetching two consecutive versions of mountebank from the npm registry, and breaking a copy of the second …')
  const releases = await prepareReleases(CACHE)
  const began = Date.now()
  say(`Starting a coordinator with its own Redis, and ${HOSTS} agents: muster dev --agents ${HOSTS}`)
  const fleet = await startFleet(HOSTS)
  process.once('SIGINT', () => void fleet.stop().then(() => process.exit(130)))
  try {
    const sound = await tell(fleet, releases)
    console.log(`\nThe demo took ${Math.round((Date.now() - began) / 1000)} s.`)
    if (values.keep) await fleet.keep()
    return sound ? 0 : 1
  } finally {
    await fleet.stop()
  }
}

process.exitCode = await main()
