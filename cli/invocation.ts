/** One run of `muster`: reads its arguments, does the verb, and turns whatever happens into an exit code. It never throws. */
import { CommanderError } from 'commander'
import { print } from './context.ts'
import { EXIT } from './exit.ts'
import type { ExitCode } from './exit.ts'
import { failureLines, failureOf } from './failure.ts'
import { commandOf, nameOf } from './help.ts'
import { createProgram } from './program.ts'
import { printableJson } from './text/printable.ts'
import type { Run, World } from './world.ts'

export async function runMuster(argv: readonly string[], world: World): Promise<ExitCode> {
  const run: Run = { world, exitCode: EXIT.ok }
  const program = createProgram(run)
  try {
    await program.parseAsync(asked(argv), { from: 'user' })
    return run.exitCode
  } catch (error) {
    if (world.signal.aborted) return EXIT.interrupted
    // Help or the version, asked for; or the help of a group that was called without a verb, on stderr.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.invalid
    const failure = failureOf(error, nameOf(commandOf(program, argv)))
    if (argv.includes('--json')) world.stderr.write(`${printableJson({ error: failure.problem })}\n`)
    else await print(world.stderr, failureLines(failure))
    return failure.exitCode
  }
}

/** `muster help rollout start`: commander's own help goes one word deep. */
function asked(argv: readonly string[]): readonly string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
}
