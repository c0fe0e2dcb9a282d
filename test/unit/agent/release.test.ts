/** A host that is told to run something else than what was signed, as a process of its own. */
import { afterEach, expect, it } from 'vitest'
import { signedRelease, testKeys } from '../../keys.ts'
import { TestHost } from './fixture.ts'

let host: TestHost

afterEach(() => host.dispose())

it('refuses a release that is not what was signed before anything is fetched, and runs the one that is', async () => {
  host = await TestHost.create()
  host.start()
  const { signer } = await testKeys()
  const goal = host.release('1.0')
  const { srv, cmd } = goal
  const swapped = { ...srv, digest: 'f'.repeat(64) }
  const { envelope } = signedRelease(signer, { service: 'web', version: '1.0', srv: swapped, cmd })
  const tampered = await host.deploy(1, { ...goal, release: envelope })
  expect(await host.coordinator.result(tampered.id)).toMatchObject({
    verdict: 'failed', step: 'preflight', changed: false, message: 'web 1.0 is not what was signed: the statement names another srv package',
  })
  const script = host.send('web-1', 's1', { kind: 'script', goal: { ...goal, release: envelope }, script: 'check', wave: null, hosts: [], undo: false })
  expect(await host.coordinator.result(script.id)).toMatchObject({ verdict: 'failed', step: 'preflight' })
  expect(await host.ledger()).toEqual([])
  const good = await host.deploy(2, goal)
  expect(await host.coordinator.result(good.id)).toMatchObject({ verdict: 'succeeded', message: 'web 1.0 runs' })
})
