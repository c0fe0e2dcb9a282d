/** How `muster dev` is let in by the coordinator that it has started: with the administrator's token, from the key directory that it made there. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificatesIn } from '../../shared/identity/pem.ts'
import type { Endpoint } from '../transport.ts'
import { LOOPBACK } from './ports.ts'
import type { Site } from './site.ts'

export function urlOf({ http }: Pick<Site, 'http'>): string {
  return `https://${LOOPBACK}:${http}`
}

/** The certificates of its authorities alone: what lies in the key directory has their keys beside them. */
export function authorityFile({ dir }: Pick<Site, 'dir'>): string {
  return join(dir, 'authority.crt')
}

/** @throws Error as long as the coordinator has not made its keys */
export async function adminOf(site: Pick<Site, 'dir' | 'http'>): Promise<Endpoint> {
  const keyDir = join(site.dir, 'coordinator', 'keys')
  const read = async (file: string) => (await readFile(join(keyDir, file), 'utf8')).trim()
  const token = await read('admin-token')
  const authorities = (await readdir(keyDir)).filter((file) => file.startsWith('authority-'))
  const ca = certificatesIn((await Promise.all(authorities.map(read))).join('\n')).join('')
  await writeFile(authorityFile(site), ca)
  return { url: urlOf(site), token, ca }
}
