/** `muster completion`: what a shell is told so that it can ask, and the hidden verb that it asks. */
import { readFileSync } from 'node:fs'
import { Argument } from 'commander'
import type { Command } from 'commander'
import { Client } from './client.ts'
import { candidatesFor } from './completion/candidates.ts'
import type { Kind } from './completion/candidates.ts'
import { liveNames } from './completion/live.ts'
import { contextDirectory, contextNames } from './contexts/store.ts'
import { doingHere, write } from './context.ts'
import { endpointOf } from './endpoint.ts'
import { withExamples } from './help.ts'
import { printable } from './text/printable.ts'
import type { Run } from './world.ts'

/** A tab that takes longer is no help. */
export const ANSWER_WITHIN_MS = 2000

const SCRIPTS = {
  bash: new URL('./completion/bash.sh', import.meta.url),
  zsh: new URL('./completion/zsh.zsh', import.meta.url),
  fish: new URL('./completion/fish.fish', import.meta.url),
} as const

export function addCompletion(program: Command, run: Run): void {
  const command = program.command('completion')
    .summary('completion for your shell')
    .description('Prints what a shell needs to complete muster\'s verbs, options, and the names of rollouts, services and hosts that there are.')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SCRIPTS)))
    .action(doingHere(run, async ({ world }, _flags, shell: keyof typeof SCRIPTS) => write(world.stdout, readFileSync(SCRIPTS[shell], 'utf8'))))
  withExamples(
    command, 'muster completion bash > /etc/bash_completion.d/muster', 'source <(muster completion zsh)',
    'muster completion fish > ~/.config/fish/completions/muster.fish',
  )
  program.command('__complete', { hidden: true })
    .argument('[words...]')
    .action(doingHere(run, async ({ world }, _flags, words: string[]) => {
      const candidates = candidatesFor(program, words)
      const typed = words.at(-1) ?? ''
      const names = candidates.of === 'words' ? candidates.words : await live(run, words, candidates.kind, typed)
      await write(world.stdout, names.filter((name) => name.startsWith(typed)).map((name) => `${printable(name)}\n`).join(''))
    }))
}

/** None when the coordinator does not say. */
async function live({ world }: Run, words: readonly string[], kind: Kind, typed: string): Promise<string[]> {
  try {
    if (kind === 'contexts') return await contextNames(contextDirectory(world.env))
    const endpoint = await endpointOf(world.env, { url: valueOf('--url', words), context: valueOf('--context', words) })
    const client = new Client(endpoint, AbortSignal.any([world.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]))
    return await liveNames(client, kind, typed)
  } catch {
    return []
  }
}

function valueOf(flag: string, words: readonly string[]): string | undefined {
  const at = words.indexOf(flag)
  return at === -1 ? undefined : words[at + 1]
}
