/** What all verbs share in how they present themselves. */
import type { Command } from 'commander'

/** Lines under the help of a verb, each an example with a remark above it or none. */
export function withExamples(command: Command, ...examples: string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`)
}

/** `muster rollout start` */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

/** The verb that `argv` calls, as far as it can be told: the deepest command whose name is there. */
export function commandOf(program: Command, argv: readonly string[]): Command {
  return argv.reduce((command, word) => command.commands.find((inner) => inner.name() === word) ?? command, program)
}
