/** `muster key create`: a pair of keys for signing releases. Owns that no file is overwritten, and that the private key is readable by nobody else. */
import { generateKeyPairSync } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { problem } from '../../shared/errors.ts'
import { pinOfKey } from '../../shared/identity/pin.ts'
import { publicKeyLine } from '../../shared/identity/public-key.ts'
import { doingHere, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'

export function addKeyCreate(group: Command, run: Run): void {
  const command = group.command('create')
    .summary('make a pair of keys that sign releases')
    .description('Makes an Ed25519 pair: FILE, the private key, for muster release create --sign; and FILE.pub, the public one, for releaseKeys of services'
      + ' and of hosts\' policies.')
    .argument('<file>', 'where the private key goes; nothing may be there yet')
    .action(doingHere(run, async (here, _flags, file: string) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const [pin, line] = [pinOfKey(publicKey), publicKeyLine(publicKey)]
      await writeNew(file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600)
      await writeNew(`${file}.pub`, `${line}\n`, 0o644).catch(async (error: unknown) => {
        await rm(file)
        throw error
      })
      await show(here, { file, publicKey: line, pin }, () => [
        [`${file} is the private key, ${file}.pub the public one: ${pin}`],
        [`releaseKeys: [${line}]`],
      ])
    }))
  withExamples(command, 'muster key create ~/.config/web-release.key')
}

async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'is there already, and is not overwritten' : `cannot be written: ${code}`
    throw problem('flag_invalid', `${file} ${why}`, { field: 'file', expected: 'a new file in a directory that you may write to' })
  }
}
