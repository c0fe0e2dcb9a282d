import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { activateAuthority, addAuthority } from '../../../coordinator/adapters/keys/rotation.ts'
import { LAST_DAYS_MS, shownAuthority } from '../../../coordinator/adapters/keys/shown.ts'
import { asFiles, live, made, temporary } from './fixture.ts'

const DAY_MS = 86_400_000

async function given(validMs: number) {
  const own = await made({ validMs })
  return { ...own, files: await asFiles(await temporary(), own.certificate, own.key) }
}

const subjectShown = (keys: Awaited<ReturnType<typeof live>>, nowMs = Date.now()) => shownAuthority(keys.current(), nowMs).certificate.subject

test('an authority of somebody’s own that is gone over to is not shown before the one of before is retired', async () => {
  const dir = join(await temporary(), 'keys')
  const own = await given(30 * DAY_MS)
  const before = subjectShown(await live(dir))
  await addAuthority(dir, own.certificate, Date.now())
  const keys = await live(dir, { given: own.files })
  expect(keys.current().issuer.certificate.subject).toBe(own.name)
  expect(subjectShown(keys)).toBe(before)
})

test('one that was there from the start is shown while one of the directory is added', async () => {
  const dir = join(await temporary(), 'keys')
  const own = await given(30 * DAY_MS)
  const keys = await live(dir, { given: own.files })
  await addAuthority(dir, null, Date.now())
  await keys.look()
  expect(keys.current().byAge).toHaveLength(2)
  expect(subjectShown(keys)).toBe(own.name)
})

test('one without its key is not shown', async () => {
  const dir = join(await temporary(), 'keys')
  const keys = await live(dir)
  await addAuthority(dir, null, Date.now())
  await activateAuthority(dir, 'authority-2', Date.now())
  await writeFile(join(dir, 'authority-1.pem'), keys.current().issuer.certificate.toString(), { mode: 0o600 })
  await keys.look()
  expect(subjectShown(keys)).toBe(keys.current().issuer.certificate.subject)
})

test('one that is about to expire is shown no more once another can be', async () => {
  const dir = join(await temporary(), 'keys')
  const own = await given(LAST_DAYS_MS + DAY_MS)
  const keys = await live(dir, { given: own.files })
  await addAuthority(dir, null, Date.now())
  await activateAuthority(dir, 'authority-1', Date.now())
  expect(subjectShown(keys, Date.now() + 2 * DAY_MS)).toBe(own.name)
  await keys.look()
  expect(subjectShown(keys, Date.now() + 2 * DAY_MS)).not.toBe(own.name)
})
