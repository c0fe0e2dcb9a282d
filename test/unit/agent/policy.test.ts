/** An agent under its owner's policy, as a process of its own: what is not allowed is refused before anything is fetched, whoever signed it. */
import { generateKeyPairSync } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { publicKeyLine } from '../../../shared/identity/public-key.ts'
import { signedWith } from '../../../shared/signed-release.ts'
import { signedRelease, testKeys } from '../../keys.ts'
import { TestHost } from './fixture.ts'

let host: TestHost

afterEach(() => host.dispose())

async function underPolicy(yaml: string): Promise<void> {
  host = await TestHost.create()
  await setPolicy(yaml)
  host.start('--policy', join(host.dir, 'policy.yaml'))
}

/** Whole at every moment, as an owner's tools write it. */
async function setPolicy(yaml: string): Promise<void> {
  await writeFile(join(host.dir, 'policy.new'), yaml)
  await rename(join(host.dir, 'policy.new'), join(host.dir, 'policy.yaml'))
}

const refused = (message: RegExp) => ({ verdict: 'failed', step: 'preflight', changed: false, message: expect.stringMatching(message) as string })

it('refuses services, accounts and command lines that are not allowed, and runs what is', async () => {
  await underPolicy('services: [web]\naccounts: [agent]\nrun: true\ncommands: [\'echo *\', \'serve --port *\']\n')
  const goal = host.release('1.0')
  const other = await host.deploy(1, goal, { service: 'db' })
  expect(await host.coordinator.result(other.id)).toMatchObject(refused(/does not allow service db; it allows web/))
  const asRoot = await host.deploy(2, goal, { account: 'daemon' })
  expect(await host.coordinator.result(asRoot.id)).toMatchObject(refused(/does not allow account daemon/))
  const reboot = host.send('run-1', 1, { kind: 'exec', command: 'echo hi; touch /tmp/x' }, { service: 'run', path: '/' })
  expect(await host.coordinator.result(reboot.id)).toMatchObject(refused(/does not allow the command line "echo hi; touch \/tmp\/x"/))
  const line = await host.deploy(4, host.release('1.1', {}, { run: 'serve --port ${PORT}', variables: { PORT: '1; reboot' } }))
  expect(await host.coordinator.result(line.id)).toMatchObject(refused(/does not allow the command line "serve --port 1; reboot"/))
  const good = await host.deploy(3, goal)
  expect(await host.coordinator.result(good.id)).toMatchObject({ verdict: 'succeeded' })
  const echo = host.send('run-2', 1, { kind: 'exec', command: 'echo hi' }, { service: 'run', path: '/' })
  expect(await host.coordinator.result(echo.id)).toMatchObject({ verdict: 'succeeded' })
})

it('takes a coordinator’s signature on a release for nothing where the owner wants another', async () => {
  const owner = generateKeyPairSync('ed25519')
  await underPolicy(`releaseKeys: ['${publicKeyLine(owner.publicKey)}']\n`)
  const goal = host.release('1.0')
  const { srv, cmd } = goal
  const { envelope } = signedRelease((await testKeys()).signer, { service: 'web', version: '1.0', srv, cmd })
  const unsigned = await host.deploy(1, { ...goal, release: envelope })
  expect(await host.coordinator.result(unsigned.id)).toMatchObject(refused(/not signed by a release key of this host's policy/))
  const signed = await host.deploy(2, { ...goal, release: signedWith(owner.privateKey, envelope!) })
  expect(await host.coordinator.result(signed.id)).toMatchObject({ verdict: 'succeeded' })
})

it('allows nothing under a policy that cannot be read, and tells its coordinator of each change', async () => {
  await underPolicy('services: web\n')
  const { hello } = await host.coordinator.hear('hello')
  expect(hello.policy?.broken).toMatch(/policy\.yaml: services: .*expected array/)
  await expect.poll(() => host.log).toMatch(/"reason":"[^"]*policy\.yaml: services: .*the policy of this host cannot be read/)
  const attempt = await host.deploy(1, host.release('1.0'))
  expect(await host.coordinator.result(attempt.id)).toMatchObject(refused(/cannot be read, so nothing is allowed/))
  await setPolicy('services: [web]\n')
  const again = await host.coordinator.hear('hello', ({ hello: { policy } }) => policy?.broken === null)
  expect(again.hello.policy).toMatchObject({ services: ['web'], run: false })
})
