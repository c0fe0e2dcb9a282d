/** Joining: who is told the secret, what a crash and a lost answer leave, and what is kept. */
import { createServer } from 'node:https'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../shared/machine/identity.ts'
import { join, joinAtLast } from '../../../shared/machine/joining.ts'
import { givenToken } from '../../../shared/machine/given-token.ts'
import { joiningKey } from '../../../shared/machine/kept.ts'
import { certificateRequest } from '../../../shared/machine/request.ts'
import { certify } from '../../../coordinator/adapters/keys/certificates.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import { pinnedAuthority } from '../../../shared/identity/pinned-authority.ts'
import { generateKeyPairSync } from 'node:crypto'
import { machine, makeKeys, testKeys } from '../../keys.ts'
import type { Keys } from '../../keys.ts'
import { Doorkeeper } from './doorkeeper.ts'

const never = new AbortController().signal
const silent = pino({ level: 'silent' })
const quick = { baseMs: 10, capMs: 50 }

let keys: Keys
let dir: string
let door: Doorkeeper
beforeEach(async () => {
  keys = await testKeys()
  dir = await mkdtemp(pathOf(tmpdir(), 'muster-identity-'))
  door = await Doorkeeper.open(keys)
})
afterEach(async () => {
  door.close()
  await rm(dir, { recursive: true, force: true })
})

const open = (host = 'h1', role: MachineRole = 'agent') => Identity.open(pathOf(dir, 'identity'), { role, host })

it('a host that joins keeps who it is and whom it trusts, for nobody else to read', async () => {
  const identity = await open()
  expect(identity.kept).toBeNull()
  await join(identity, door.token(), never)
  expect(door.asked.map(({ body }) => body)).toEqual([{ id: 'one', secret: 'the-secret', role: 'agent', host: 'h1', request: expect.any(String) as string }])
  const again = await open()
  expect(again.kept).toEqual(identity.kept)
  expect(again.kept).toMatchObject({ url: door.url, grpc: door.grpc, token: 'one' })
  expect(await keys.authority.holderOf(again.kept!.certificate)).toMatchObject({ role: 'agent', host: 'h1' })
  expect(again.authorities().map((der) => Buffer.from(der))).toEqual(keys.authority.trust().authorities)
  expect((await stat(pathOf(dir, 'identity'))).mode & 0o777).toBe(0o700)
  expect((await stat(pathOf(dir, 'identity/identity.json'))).mode & 0o777).toBe(0o600)
  await expect(stat(pathOf(dir, 'identity/joining.key'))).rejects.toThrow('ENOENT')
})

it('a relay joins as one, and is never taken for an agent of that name', async () => {
  const relay = await open('h1', 'relay')
  await join(relay, door.token(), never)
  expect(door.asked[0]?.body).toMatchObject({ role: 'relay', host: 'h1' })
  expect(await keys.authority.holderOf(relay.kept!.certificate)).toMatchObject({ role: 'relay', host: 'h1' })
  await expect(open('h1', 'agent')).rejects.toThrow('holds the identity of the relay h1, and this is the agent h1')
  await expect(open('r2', 'relay')).rejects.toMatchObject({ problem: { field: '--name', expected: '--name h1; or another --data-dir, and --join to enrol as r2' } })
})

describe('the secret is told to nobody', () => {
  it('whose authority has another pin', async () => {
    const between = await Doorkeeper.open(await makeKeys())
    await expect(join(await open(), { ...door.token(), url: between.url }, never)).rejects.toThrow(/shows the authority sha256:[0-9a-f]+; that is not the one/)
    expect(between.heardBytes).toBe(0)
    expect(between.asked).toEqual([])
    between.close()
  })

  it('who shows the pinned authority beside a certificate that it has not issued, or has issued to a machine', async () => {
    const other = await makeKeys()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = { dns: [COORDINATOR_NAME] }
    const forged = await certify(other.keyring.issuer, publicKey, { subject: 'CN=x', names, usage: 'server', validMs: 60_000 }, Date.now())
    const borrowed = await certify(keys.keyring.issuer, publicKey, { subject: 'CN=x', names: { dns: ['h2'] }, usage: 'machine', validMs: 60_000 }, Date.now())
    // its subject says what a coordinator's names say
    const namesake = await machine(keys, COORDINATOR_NAME)
    const own = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    for (const [key, leaf] of [[own, forged], [own, borrowed], [namesake.key, namesake.certificate]] as const) {
      let bytes = 0
      const server = createServer({ key, cert: [leaf, keys.keyring.issuer.certificate.toString()].join('\n') }, (request) => void (bytes += request.url!.length))
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      await expect(join(await open(), { ...door.token(), url }, never)).rejects.toMatchObject({ problem: { code: 'certificate_refused' } })
      expect(bytes).toBe(0)
      server.close()
      server.closeAllConnections()
    }
  })
})

it('names both times when the clock is not that of the certificate', async () => {
  const future = Date.now() + 30 * 86_400_000
  await expect(pinnedAuthority(door.url, keys.authority.pin, future)).rejects.toThrow(
    /this host's clock says \d{4}-.*, the coordinator's certificate is good from \d{4}-.* to \d{4}-/,
  )
})

it('asks with the same key after a crash before the answer, and after an answer that was lost', async () => {
  const key = await joiningKey((await open()).dir, null)
  door.losing = 2
  const identity = await open()
  await joinAtLast(identity, door.token(), silent, never, quick)
  expect(identity.kept?.key).toBe(key)
  const requests = door.asked.map(({ body }) => body['request']!)
  const issued = await Promise.all(requests.map((request) => keys.authority.issue(request, { role: 'agent', host: 'h1' }, Date.now())))
  expect(issued).toHaveLength(3)
  expect(new Set(issued.map(({ keyPin }) => keyPin)).size).toBe(1)
})

it('goes on trying until a coordinator is there', async () => {
  const { port } = door
  const token = door.token()
  door.close()
  const warned = Promise.withResolvers<void>()
  const log = pino({ level: 'warn' }, { write: (line: string) => (line.includes('cannot join yet') ? warned.resolve() : undefined) })
  const identity = await open()
  const joining = joinAtLast(identity, token, log, never, quick)
  await warned.promise
  door = await Doorkeeper.open(keys, port)
  await joining
  expect(identity.kept?.token).toBe('one')
})

it.each(['token_invalid', 'host_enrolled'] as const)('ends when it is refused: %s', async (code) => {
  door.refusing = code
  const identity = await open()
  await expect(joinAtLast(identity, door.token(), silent, never, quick)).rejects.toMatchObject({ problem: { code } })
  expect(door.asked).toHaveLength(1)
  expect(identity.kept).toBeNull()
})

it('an identity of another host is not used', async () => {
  await join(await open(), door.token(), never)
  await expect(open('h2')).rejects.toThrow(/holds the identity of the agent h1, and this is the agent h2/)
})

it('what is damaged is said and not guessed at', async () => {
  const identity = await open()
  await join(identity, door.token(), never)
  const file = pathOf(dir, 'identity/identity.json')
  const other = await Identity.open(pathOf(dir, 'other'), { role: 'agent', host: 'h1' })
  const kept = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...kept, key: await joiningKey(other.dir, null) }))
  await expect(open()).rejects.toThrow(/identity\.json is damaged: the key is not that of the certificate/)
})

describe('whom it trusts', () => {
  it('is what a coordinator said last, kept for the next start, and never nobody', async () => {
    const identity = await open()
    await join(identity, door.token(), never)
    const next = await makeKeys()
    const both = [...keys.authority.trust().authorities, ...next.authority.trust().authorities]
    await identity.believe({ authorities: both, signers: keys.authority.trust().signers })
    expect((await open()).authorities()).toHaveLength(2)
    expect(identity.isOfFormerAuthority()).toBe(false)
    expect([...identity.signerKeys('orders', Date.now()).keys()]).toHaveLength(1)
    await expect(identity.believe({ authorities: [], signers: [] })).rejects.toThrow('names 0 authorities')
    await expect(identity.believe({ authorities: [Buffer.from('x')], signers: [] })).rejects.toThrow(/./)
    const { raw } = keys.keyring.orders.certificates[0]!
    await expect(identity.believe({ authorities: [raw], signers: [] })).rejects.toThrow('an authority that is none')
    expect((await open()).authorities()).toHaveLength(2)
    await identity.believe({ authorities: both.toReversed(), signers: [] })
    expect(identity.isOfFormerAuthority()).toBe(true)
  })
})

describe('the join token', () => {
  it('is given itself or in a file, whatever white space surrounds it there', async () => {
    const file = pathOf(dir, 'token')
    await writeFile(file, `${door.written()}\n`)
    expect(await givenToken(door.written(), 'agent')).toEqual(door.token())
    expect(await givenToken(file, 'agent')).toEqual(door.token())
  })

  it('is refused with what is wrong, and not repeated', async () => {
    await expect(givenToken(door.written().slice(0, -9), 'agent')).rejects.toThrow(/^--join: the join token is damaged or incomplete$/)
    await expect(givenToken(pathOf(dir, 'none'), 'agent')).rejects.toThrow('none cannot be read')
    await writeFile(pathOf(dir, 'token'), 'mst_x')
    await expect(givenToken(pathOf(dir, 'token'), 'agent')).rejects.toThrow('holds no whole join token')
  })
})

it('a request is for the key that signed it', async () => {
  const key = await joiningKey((await open()).dir, null)
  await expect(keys.authority.issue(await certificateRequest(key, 'h1'), { role: 'agent', host: 'h1' }, Date.now())).resolves.toMatchObject({ issuerPin: keys.authority.pin })
})
