/** What nobody can know for sure: hosts that are away when their turn comes, and scripts that are gone without having said how they ended. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { HostView } from '../../shared/api/host.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { processesOf } from './fleet/remains.ts'
import { until } from './fleet/until.ts'
import { WebService } from './web-service.ts'

/** Bash: hangs when it runs for the first time on its host. */
const HANGS_ONCE = '[[ -e $MUSTER_SHARED_DIR/tried ]] || { touch "$MUSTER_SHARED_DIR/tried"; sleep 1000; }'

stopFleetsAfterwards()

let fleet: Fleet

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3 })
})

describe('a host that is away', () => {
  let web: WebService

  beforeAll(async () => {
    web = new WebService(fleet, 'web')
    await web.apply()
    for (const version of ['1', '2', '3']) await web.release(version)
    expect((await web.rollOut('1')).phase).toBe('succeeded')
  })

  async function leave(host: string): Promise<void> {
    expect(await fleet.agent(host).daemon.stop()).toBe(0)
    await until(`${host} is away`, async () => (await fleet.api.get<HostView>(`/v1/hosts/${host}`)).status === 'away')
  }

  test('is unreachable and not failed; a person says whether the others go on, and it is taken in when it comes back', async () => {
    await leave('h3')
    const id = await web.start('2', { order: 'as-listed' })
    const held = await fleet.rolloutWhen(id, 'held', ({ phase }) => phase === 'paused')
    expect(held.hold).toEqual(expect.objectContaining({ kind: 'tolerance', of: 'unreachable', count: 1, allowed: 0 }))
    fleet.agent('h3').start(fleet.coordinator.grpc)
    await until('h3 is to have its turn', async () => (await fleet.tasks(id)).get('h3')?.state === 'waiting')
    expect((await fleet.muster('rollout', 'resume', id)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions()).toEqual({ h1: '2', h2: '2', h3: '2' })
  })

  test('is waited for where the strategy says so', async () => {
    await leave('h2')
    const id = await web.start('3', { offline: 'wait', order: 'as-listed' })
    await until('h1 and h3 are done', async () => [...(await fleet.tasks(id)).values()].filter(({ state }) => state === 'succeeded').length === 2)
    expect((await fleet.tasks(id)).get('h2')).toEqual(expect.objectContaining({ state: 'waiting', parked: 'away' }))
    expect((await fleet.rollout(id)).why).toBe('1 host away, or between two tries')
    expect(await web.versions()).toEqual({ h1: '3', h2: '2', h3: '3' })
    fleet.agent('h2').start(fleet.coordinator.grpc)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions()).toEqual({ h1: '3', h2: '3', h3: '3' })
  })
})

describe('a script that is gone without a word', () => {
  type Lost = { id: string; host: string; others: string[] }

  /** A rollout, one host after another, whose first start script has been killed together with what waits for its status. */
  async function withLostScript(web: WebService): Promise<Lost> {
    const id = await web.start('1', { concurrency: 1 })
    const { host, command } = await until('a script runs', () => web.ledgers(id).find(({ step }) => step === 'start'))
    await until('it hangs', async () => (await processesOf(`MUSTER_TICKET=${command}/`)).length >= 3)
    const others = fleet.hosts.filter((other) => other !== host)
    await Promise.all(others.map((other) => web.put(other, 'tried')))
    // The wrapper is the eldest: it goes first, or it would write down how the others ended.
    for (const pid of (await processesOf(`MUSTER_TICKET=${command}/`)).sort((a, b) => a - b)) process.kill(pid, 'SIGKILL')
    return { id, host, others }
  }

  async function newService(name: string, more: Record<string, unknown> = {}): Promise<WebService> {
    const web = new WebService(fleet, name)
    await web.apply(more)
    await web.release('1', { start: HANGS_ONCE })
    return web
  }

  test.each(['retry', 'skip'] as const)('keeps its slot until a person says: %s', async (verdict) => {
    const web = await newService(`lost-${verdict}`)
    const { id, host, others } = await withLostScript(web)
    await until(`what became of ${host} is unknown`, async () => (await fleet.tasks(id)).get(host)?.state === 'unknown')
    const rollout = await fleet.rollout(id)
    expect(rollout).toEqual(expect.objectContaining({ phase: 'running', slots: 1, window: 1 }))
    expect(rollout.moves.map(({ command }) => command)).toContain(`rollout ${verdict} ${id} HOST`)
    expect(new Set(web.ledgers(id).map((entry) => entry.host))).toEqual(new Set([host]))

    expect((await fleet.muster('rollout', verdict, id, host)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions(others)).toEqual(Object.fromEntries(others.map((other) => [other, '1'])))
    expect((await fleet.tasks(id)).get(host)?.state).toBe(verdict === 'retry' ? 'succeeded' : 'skipped')
    expect((await web.versions([host]))[host]).toBe(verdict === 'retry' ? '1' : null)
  })

  test('is run again by itself where its step is idempotent', async () => {
    const web = await newService('again', { steps: { start: { idempotent: true } } })
    const { id, host } = await withLostScript(web)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1' })
    const starts = web.ledger(host).filter(({ step }) => step === 'start').map(({ command }) => command)
    expect(starts).toEqual([`${id}/${host}/1`, `${id}/${host}/1`])
  })
})
