import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openKeyring } from '../../../coordinator/adapters/keys/keyring.ts'
import { activateAuthority, addAuthority, retireAuthority } from '../../../coordinator/adapters/keys/rotation.ts'
import { signerKeys } from '../../../shared/identity/signer-keys.ts'
import { machine } from '../../keys.ts'
import { listening, live, made, temporary } from './fixture.ts'

async function newDirectory(): Promise<string> {
  const dir = join(await temporary(), 'keys')
  await openKeyring(dir, Date.now())
  return dir
}

test('one authority is added, issues, and the one before goes: whoever has followed is known all the way', async () => {
  const dir = await newDirectory()
  const keys = await live(dir)
  let changes = 0
  keys.onChange(() => changes += 1)
  const [first] = keys.authority.trust().authorities
  const old = await machine(keys, 'web-1')

  await addAuthority(dir, null, Date.now())
  await keys.look()
  const [stillFirst, second] = keys.authority.trust().authorities
  expect([stillFirst, changes]).toEqual([first, 1])

  const { pin: firstPin } = keys.current().issuer
  await activateAuthority(dir, 'authority-2', Date.now())
  await keys.look()
  expect(keys.authority.trust().authorities).toEqual([second, first])
  expect(keys.current().issuer.pin).not.toBe(firstPin)
  expect(keys.authority.pin).toBe(firstPin)
  expect(await keys.authority.holderOf(old.certificate)).toMatchObject({ issuerPin: firstPin })
  const renewed = await machine(keys, 'web-1')
  expect(await keys.authority.holderOf(old.certificate)).toMatchObject({ host: 'web-1' })

  await retireAuthority(dir, firstPin)
  await keys.look()
  expect(keys.authority.trust().authorities).toEqual([second])
  expect(await keys.authority.holderOf(old.certificate)).toBeNull()
  expect(await keys.authority.holderOf(renewed.certificate)).toMatchObject({ host: 'web-1', issuerPin: keys.authority.pin })
  expect(changes).toBe(3)
})

test('signing keys stay the same, and are known to whoever trusts any of the authorities', async () => {
  const dir = await newDirectory()
  const keys = await live(dir)
  const before = keys.authority.trust()
  const known = [...signerKeys(before, 'orders', Date.now()).keys()]
  expect(known).toHaveLength(1)
  await addAuthority(dir, null, Date.now())
  await activateAuthority(dir, 'authority-2', Date.now())
  await keys.look()
  const after = keys.authority.trust()
  for (const authority of after.authorities) {
    expect([...signerKeys({ authorities: [authority], signers: after.signers }, 'orders', Date.now()).keys()]).toEqual(known)
  }
  expect([...signerKeys({ authorities: after.authorities, signers: before.signers }, 'orders', Date.now()).keys()]).toEqual(known)
})

test('two coordinators on one directory certify for each other', async () => {
  const dir = await newDirectory()
  const [one, two] = [await live(dir), await live(dir)]
  await addAuthority(dir, null, Date.now())
  await activateAuthority(dir, 'authority-2', Date.now())
  await Promise.all([one.look(), two.look()])
  expect(one.authority.trust().authorities).toEqual(two.authority.trust().authorities)
  const signers = (keys: typeof one) => [...signerKeys({ ...two.authority.trust(), signers: keys.authority.trust().signers }, 'releases', Date.now()).keys()]
  expect(signers(one)).toEqual(signers(two))
  expect(await two.authority.holderOf((await machine(one, 'web-1')).certificate)).toMatchObject({ host: 'web-1' })
})

test('a change is noticed without being asked for', async () => {
  const dir = await newDirectory()
  const keys = await live(dir, { lookEveryMs: 10 })
  const noticed = new Promise<void>((resolve) => void keys.onChange(resolve))
  await addAuthority(dir, null, Date.now())
  await noticed
  expect(keys.authority.trust().authorities).toHaveLength(2)
})

test('what cannot be taken over is said once, and the last good keys stay', async () => {
  const dir = await newDirectory()
  const { log, said } = listening()
  const keys = await live(dir, { log })
  const good = keys.authority.trust()
  const errors = () => said.filter(({ level }) => level === 50).map(({ err }) => err?.message.replace(dir, ''))
  await writeFile(join(dir, 'authority-2.pem'), 'half', { mode: 0o600 })
  await keys.look()
  await keys.look()
  expect(errors()).toEqual(['/authority-2.pem holds no certificate'])
  await chmod(join(dir, 'authority-1.pem'), 0o644)
  await keys.look()
  expect(errors()[1]).toBe('/authority-1.pem is open to others: its mode is 644')
  expect(keys.authority.trust()).toEqual(good)
  await chmod(join(dir, 'authority-1.pem'), 0o600)
  await rm(join(dir, 'authority-2.pem'))
  await keys.look()
  expect(errors()).toHaveLength(2)
})

test('a directory that is away is said once, each time that it goes, and the keys of before stay', async () => {
  const dir = await newDirectory()
  const { log, said } = listening()
  const keys = await live(dir, { log })
  const good = keys.authority.trust()
  for (const times of [1, 2]) {
    await rename(dir, `${dir}-away`)
    for (let looks = 0; looks < 3; looks++) await keys.look()
    expect(said.map(({ msg }) => msg)).toEqual(Array.from({ length: times }, () => 'the key directory cannot be looked at; the keys of before stay'))
    expect(keys.authority.trust()).toEqual(good)
    await rename(`${dir}-away`, dir)
    await keys.look()
  }
})

test('a process never takes over another secret or signing key', async () => {
  const [dir, other] = [await newDirectory(), await newDirectory()]
  const { log, said } = listening()
  const keys = await live(dir, { log })
  for (const name of ['secret', 'orders.key', 'releases.key']) {
    const before = await readFile(join(dir, name))
    await writeFile(join(dir, name), await readFile(join(other, name)))
    await keys.look()
    expect(said.at(-1)?.err?.message).toBe(`${dir}: the secret or a signing key is another one`)
    await writeFile(join(dir, name), before)
    await keys.look()
  }
})

test('an authority of somebody’s own is trusted first, and issues if its key is there', async () => {
  const dir = await newDirectory()
  const own = await made()
  expect(await addAuthority(dir, own.certificate, Date.now())).toBe('authority-2.pem')
  await expect(activateAuthority(dir, 'authority-2', Date.now())).rejects.toThrow(/holds no key, so this authority cannot issue/)
  await expect(addAuthority(dir, own.certificate + own.key, Date.now())).rejects.toThrow(/authority-2.pem in .* is this authority already/)
  await retireAuthority(dir, 'authority-2')
  await addAuthority(dir, own.certificate + own.key, Date.now())
  await activateAuthority(dir, 'authority-2', Date.now())
  expect((await live(dir)).current().issuer.certificate.subject).toBe(own.name)
})

test('the one that issues stays, and what nobody knows is refused with the names that there are', async () => {
  const dir = await newDirectory()
  await expect(retireAuthority(dir, 'authority-1')).rejects.toMatchObject({ problem: { field: 'AUTHORITY', message: 'authority-1 issues' } })
  await expect(activateAuthority(dir, 'authority-9', Date.now())).rejects.toMatchObject({
    problem: { message: 'authority-9: there is no such authority', expected: 'one of authority-1, or the beginning of a pin' },
  })
})
