/** Files of contexts, which people edit though they need not. */
import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { readContext } from '../../../cli/contexts/store.ts'
import { MusterError } from '../../../shared/errors.ts'
import { damagedText, loosely, refusalIn, subject } from '../subject.ts'
import type { Subject } from '../subject.ts'

const context = fc.tuple(fc.record({
  url: fc.webUrl(), token: fc.string({ minLength: 1 }), ca: fc.option(fc.string({ minLength: 1 })), actor: fc.string(), role: fc.constantFrom('admin', 'viewer'),
  expiresAtMs: fc.option(fc.nat()), madeBy: fc.constantFrom('login', 'dev'),
}), loosely({ url: fc.constant('file:///x') })).map(([whole, odd]) => ({ ...whole, ...odd }))

/** @param dir for the files that are read */
export function contexts(dir: string): Subject {
  const file = join(dir, 'contexts', 'prod.json')
  mkdirSync(join(dir, 'contexts'), { recursive: true })
  return subject('contexts', damagedText(context.map((one) => JSON.stringify(one))), async (text) => {
    await writeFile(file, text, { mode: 0o600 })
    try {
      const { url, token } = await readContext(dir, 'prod')
      return new URL(url).protocol.startsWith('http') && token !== '' ? 'accepted' : refusalIn('')
    } catch (error) {
      if (error instanceof MusterError) return refusalIn(error.message)
      throw error
    }
  })
}
