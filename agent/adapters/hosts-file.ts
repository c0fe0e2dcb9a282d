/** The hosts that a script is about, one per line, where the service's account can read them: the agent's own directory is closed to it. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '../../shared/command.ts'

/** Null: the command is about no hosts. Never through a link that somebody else has laid there. */
export async function writeHostsFile(command: Command, root: string): Promise<string | null> {
  const { action } = command
  if (action.kind !== 'script') return null
  const file = fileOf(command, root)
  await rm(file, { force: true })
  await writeFile(file, action.hosts.map((host) => `${host}\n`).join(''), { flag: 'wx', mode: 0o644 })
  return file
}

export async function removeHostsFile(command: Command, root: string): Promise<void> {
  if (command.action.kind === 'script') await rm(fileOf(command, root), { force: true })
}

function fileOf({ id, path }: Command, root: string): string {
  return join(root + path, `.hosts-of-${encodeURIComponent(id)}`)
}
