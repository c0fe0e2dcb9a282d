/** What a host makes of a release's signatures, with real keys. */
import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { refuseRelease } from '../../../agent/release-check.ts'
import type { ReleaseKeys } from '../../../agent/release-check.ts'
import type { Action, Command, Goal } from '../../../shared/command.ts'
import type { Envelope } from '../../../shared/envelope.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { envelopeFor, signedWith } from '../../../shared/signed-release.ts'
import { makeKeys } from '../../keys.ts'
import type { Keys } from '../../keys.ts'
import { command, goal } from './commands.ts'

const owner = generateKeyPairSync('ed25519')
const OWNERS = new Map([[pinOfKey(owner.publicKey), owner.publicKey]])
const CMD = { digest: 'c'.repeat(64), sizeBytes: 2, entries: 2 }

let keys: Keys
let trusted: ReleaseKeys
let byCoordinator: Envelope
let byBoth: Envelope

const unsigned = () => {
  const { version, srv } = goal('1.0')
  return envelopeFor({ service: 'web', version, srv, cmd: CMD, provenance: { by: 'ann', commit: null, build: null, atMs: 1 } })
}

beforeAll(async () => {
  keys = await makeKeys()
  trusted = { coordinator: keys.signer.releaseKeys(), owner: new Map() }
  byCoordinator = signedWith(keys.keyring.releases.key, unsigned())
  byBoth = signedWith(owner.privateKey, byCoordinator)
})

const deploying = (release: Envelope | null, more: Partial<Goal> = {}, about: Partial<Command> = {}) => command({ goal: goal('1.0', { cmd: CMD, release, ...more }), ...about })

test('what the coordinator has signed is run, unless the owner of the host asks for another signature', () => {
  expect(refuseRelease(deploying(byCoordinator), trusted)).toBeNull()
  expect(refuseRelease(deploying(byCoordinator), { ...trusted, owner: OWNERS })).toBe('web 1.0 is not signed by a release key of this host\'s policy')
  expect(refuseRelease(deploying(byBoth), { ...trusted, owner: OWNERS })).toBeNull()
  expect(refuseRelease(deploying(signedWith(owner.privateKey, unsigned())), { coordinator: new Map(), owner: OWNERS })).toBeNull()
})

test('what nobody has signed whom the host trusts is not run', async () => {
  const stranger = await makeKeys()
  expect(refuseRelease(deploying(signedWith(stranger.keyring.releases.key, unsigned())), trusted)).toBe('web 1.0 is not signed by a coordinator that this host trusts')
  expect(refuseRelease(deploying(signedWith(keys.keyring.orders.key, unsigned())), trusted)).toBe('web 1.0 is not signed by a coordinator that this host trusts')
  expect(refuseRelease(deploying(null), trusted)).toBe('web 1.0 is not signed: it was made before releases were, and making it again with the same packages signs it')
  expect(refuseRelease(deploying({ ...byCoordinator, signatures: [] }), trusted)).toBe('web 1.0 is not signed by a coordinator that this host trusts')
})

describe('what is not exactly what was signed is not run', () => {
  test.each<[string, Partial<Goal>, Partial<Command>, string]>([
    ['another program', { srv: { ...goal('1.0').srv, digest: 'e'.repeat(64) } }, {}, 'the statement names another srv package'],
    ['a program that unpacks to more', { srv: { ...goal('1.0').srv, sizeBytes: 1 } }, {}, 'the statement names another srv package'],
    ['a program of more entries', { srv: { ...goal('1.0').srv, entries: 1 } }, {}, 'the statement names another srv package'],
    ['other scripts', { cmd: { ...CMD, digest: 'e'.repeat(64) } }, {}, 'the statement names another cmd package'],
    ['no scripts', { cmd: null }, {}, 'the statement names another cmd package'],
    ['another version', { version: '1.1' }, {}, 'the statement is for web 1.0'],
    ['another service', {}, { service: 'shop' }, 'the statement is for web 1.0'],
  ])('%s', (_what, changed, about, why) => {
    expect(refuseRelease(deploying(byCoordinator, changed, about), trusted)).toContain(`is not what was signed: ${why}`)
  })

  test('a payload that was changed', () => {
    const payload = Buffer.from(Buffer.from(byCoordinator.payload, 'base64').toString().replace('"ann"', '"bob"')).toString('base64')
    expect(refuseRelease(deploying({ ...byCoordinator, payload }), trusted)).toContain('is not signed by')
  })

  test('the same bytes signed as something else', () => {
    const other = signedWith(keys.keyring.releases.key, { ...unsigned(), payloadType: 'text/plain' })
    expect(refuseRelease(deploying(other), trusted)).toContain('the envelope holds no statement of a release')
    expect(refuseRelease(deploying({ ...other, payloadType: byCoordinator.payloadType }), trusted)).toContain('is not signed by')
  })
})

test('scripts that run once are of a release, too; a removal and a command line are of none', () => {
  const script = (release: Envelope | null): Action => ({ kind: 'script', goal: goal('1.0', { cmd: CMD, release }), script: 'migrate', wave: null, hosts: [], undo: false })
  expect(refuseRelease(command({ action: script(byCoordinator) }), trusted)).toBeNull()
  expect(refuseRelease(command({ action: script(null) }), trusted)).toContain('is not signed')
  expect(refuseRelease(command({ goal: null }), trusted)).toBeNull()
  expect(refuseRelease(command({ action: { kind: 'exec', command: 'uptime' } }), trusted)).toBeNull()
})
