/** What may stand at the end of a command line that is being typed, by the tree of verbs. Values that only a coordinator knows are named by their kind. */
import type { Argument, Command, Option } from 'commander'

/** `targets`: SERVICE@VERSION. */
export type Kind = 'rollouts' | 'services' | 'hosts' | 'webhooks' | 'targets' | 'contexts' | 'tokens' | 'relays'
/** `words`: these. `live`: what there is of this kind. */
export type Candidates = { of: 'words'; words: string[] } | { of: 'live'; kind: Kind }

const KIND_OF: Record<string, Kind> = {
  id: 'rollouts', service: 'services', host: 'hosts', webhook: 'webhooks', 'service@version': 'targets',
  context: 'contexts', '--context': 'contexts', token: 'tokens', relay: 'relays',
  '--service': 'services', '--rollout': 'rollouts', '--host': 'hosts', '--hosts': 'hosts', '--webhook': 'webhooks',
}

const NOTHING: Candidates = { of: 'words', words: [] }

/** @param words what has been typed after `muster`; the last one is being typed, and may be empty */
export function candidatesFor(program: Command, words: readonly string[]): Candidates {
  let command = program
  let operands = 0
  let valueOf: Option | null = null
  for (const word of words.slice(0, -1)) {
    if (valueOf !== null) valueOf = null
    else if (word === '--') return NOTHING
    else if (word.startsWith('-')) valueOf = word.includes('=') ? null : takingValue(command, word)
    else {
      const inner = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined
      if (inner === undefined) operands += 1
      else command = inner
    }
  }
  if (valueOf !== null) return ofParameter(valueOf.argChoices, valueOf.long ?? '')
  if (words.at(-1)?.startsWith('-')) return { of: 'words', words: optionsOf(command).flatMap(({ long }) => long ?? []) }
  if (command.commands.length > 0) return operands > 0 ? NOTHING : { of: 'words', words: verbsOf(command) }
  const argument = argumentAt(command, operands)
  return argument === undefined ? NOTHING : ofParameter(argument.argChoices, argument.name())
}

function ofParameter(choices: readonly string[] | undefined, name: string): Candidates {
  if (choices !== undefined) return { of: 'words', words: [...choices] }
  const kind = KIND_OF[name]
  return kind === undefined ? NOTHING : { of: 'live', kind }
}

function takingValue(command: Command, word: string): Option | null {
  return optionsOf(command).find(({ long, short, required, optional }) => (word === long || word === short) && (required || optional)) ?? null
}

function verbsOf(command: Command): string[] {
  return command.createHelp().visibleCommands(command).map((one) => one.name())
}

/** Its own, those of what it belongs to, and --help. */
function optionsOf(command: Command): Option[] {
  const help = command.createHelp()
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined)
}
