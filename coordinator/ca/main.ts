/** `muster ca`: the authorities of a key directory, shown and rotated. It works on the directory alone; coordinators notice by themselves. */
import { runCa } from './program.ts'

process.exitCode = await runCa(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, env: process.env, now: Date.now })
