/** The three rollouts, as a release manager would run them, and the poller's verdict at the end. */
import { fileURLToPath } from 'node:url'
import type { RolloutView } from '../shared/api/rollout.ts'
import type { Fleet } from './fleet.ts'
import { look, Poller } from './poller.ts'
import { BROKEN, NEW, OLD } from './releases.ts'
import { ask, muster, say } from './shell.ts'
import { touchesOf } from './touches.ts'
import { judge } from './verdict.ts'
import type { Verdict } from './verdict.ts'

const WINDOW = 6
/** What `muster rollout watch` exits with when the rollout is held, failed or was rolled back. */
const NOT_WELL = 1

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export async function tell(fleet: Fleet, releases: Record<string, string>): Promise<boolean> {
  const { access, targets } = fleet
  say('1. Describe the service, and register its releases.')
  await muster(['service', 'apply', '-f', file('mountebank.yaml')], access)
  for (const [version, dir] of Object.entries(releases)) await muster(['release', 'create', 'mountebank', version, '--srv', dir], access)

  say(`2. Put ${OLD} on every host: two first, then six at a time.`)
  await muster(['rollout', 'plan', `mountebank@${OLD}`, '--strategy', file('waves.yaml')], access)
  await muster(['rollout', 'start', `mountebank@${OLD}`, '--strategy', file('waves.yaml'), '--watch'], access)

  say('From here on a poller asks every instance four times a second.')
  const poller = new Poller(targets)
  say(`3. Update to ${NEW}: one canary, a bake of five seconds, then six at a time.`)
  await muster(['rollout', 'start', `mountebank@${NEW}`, '--strategy', file('canary.yaml'), '--watch'], access)

  say(`4. A bad hotfix: on some hosts its check fails. They put themselves back; the tolerance holds the rollout.`)
  await muster(['rollout', 'start', `mountebank@${BROKEN}`, '--strategy', file('cautious.yaml'), '--watch', '--until-held'], access, [
    NOT_WELL,
  ])
  const { rollouts } = await ask<{ rollouts: RolloutView[] }>(['rollout', 'list'], access)
  const [bad, good] = rollouts
  await muster(['rollout', 'show', bad!.id], access)

  say('5. Put back what the hotfix had reached.')
  await muster(['rollout', 'rollback', bad!.id, '--reason', 'hotfix answers 500'], access)
  await muster(['rollout', 'watch', bad!.id], access, [0, NOT_WELL])
  await poller.stop()

  const touches = (await Promise.all([good!, bad!].map(({ id }) => touchesOf(id, access)))).flat()
  const verdict = judge(poller.sightings, touches, WINDOW)
  const wrong = await wrongVersions(fleet)
  const ended = (await ask<RolloutView>(['rollout', 'show', bad!.id], access)).phase
  if (ended !== 'rolled-back') wrong.push(`${bad!.id} ended ${ended}, not rolled-back`)
  return report({ ...verdict, complaints: [...verdict.complaints, ...wrong] }, targets.length)
}

async function wrongVersions(fleet: Fleet): Promise<string[]> {
  const seen = await Promise.all(fleet.targets.map(look))
  return seen.flatMap((sighting) => {
    const answer = 'version' in sighting ? sighting.version : sighting.failure
    return answer === NEW ? [] : [`${sighting.host} answers ${answer}, not ${NEW}`]
  })
}

function report(verdict: Verdict, hosts: number): boolean {
  say('What the poller saw')
  console.log(
    `  ${verdict.questions} questions to ${hosts} hosts; ${verdict.downWhileRestarting} without a good answer, each while its own host was restarting`,
  )
  console.log(`  at most ${verdict.mostDownAtOnce} hosts down at once; the window was ${WINDOW}`)
  if (verdict.complaints.length === 0) {
    console.log(`  every host answers ${NEW}`)
    return true
  }
  for (const complaint of verdict.complaints) console.error(`  error: ${complaint}`)
  return false
}
