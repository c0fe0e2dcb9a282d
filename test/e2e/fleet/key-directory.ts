/** What a coordinator's key directory gives to whoever may read it: its administrator's token, and the certificates of its authorities. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificatesIn } from '../../../shared/identity/pem.ts'
import type { Door } from './reach.ts'

/** The administrator's. @param address HOST:PORT of its HTTP edge @param dir its key directory */
export function adminDoor(address: string, dir: string): Door {
  const read = (file: string) => readFileSync(join(dir, file), 'utf8').trim()
  const authorities = readdirSync(dir).filter((file) => file.startsWith('authority-')).map(read)
  return { url: `https://${address}`, token: read('admin-token'), ca: certificatesIn(authorities.join('\n')).join('') }
}
