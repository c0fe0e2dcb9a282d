/** What `muster ca` does to a key directory, and what the operator is told: what has changed, and what follows from it. */
import { readFile } from 'node:fs/promises'
import { problem } from '../../shared/errors.ts'
import { activateAuthority, addAuthority, retireAuthority } from '../adapters/keys/rotation.ts'

export type Change = { done: string; next: string }

/** @param certificate a PEM file; null: a new authority is made @throws MusterError config_invalid */
export async function add(dir: string, certificate: string | null, nowMs: number): Promise<Change> {
  const name = bare(await addAuthority(dir, certificate === null ? null : await pemIn(certificate), nowMs))
  return { done: `${name} is trusted`, next: `connected machines hear of it within seconds; and then: muster ca activate ${name}` }
}

/** @throws MusterError config_invalid */
export async function activate(dir: string, which: string, nowMs: number): Promise<Change> {
  const name = bare(await activateAuthority(dir, which, nowMs))
  return { done: `${name} issues`, next: 'machines renew by themselves, those that are away when they are back; retire the one before once all have' }
}

/** @throws MusterError config_invalid */
export async function retire(dir: string, which: string): Promise<Change> {
  const name = bare(await retireAuthority(dir, which))
  const next = 'machines that have not renewed yet do so as soon as they come again; those that have not heard of the one that issues have to join again'
  return { done: `${name} is trusted no longer`, next }
}

function bare(file: string): string {
  return file.replace('.pem', '')
}

async function pemIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw problem('config_invalid', `--certificate: ${file} cannot be read: ${(error as Error).message}`, { field: '--certificate', expected: 'a PEM file' })
  }
}
