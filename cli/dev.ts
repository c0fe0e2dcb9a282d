/** placeholder */
import type { Command } from 'commander'
import type { Run } from './world.ts'
export function addDev(program: Command, run: Run): void {
  program.command('dev').action(() => void run)
}
