/** What a verb works with: the coordinator that the flags name, and ways to print that respect `--json`, the terminal and NO_COLOR. */
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { Client } from './client.ts'
import { endpointOf } from './endpoint.ts'
import type { EndpointFlags } from './endpoint.ts'
import type { ExitCode } from './exit.ts'
import { renderLine } from './text/line.ts'
import type { Line, Surface } from './text/line.ts'
import { printableJson } from './text/printable.ts'
import type { Out, Run, World } from './world.ts'

/** Of a verb that asks no coordinator. */
export type Surroundings = { world: World; json: boolean }
export type Context = Surroundings & { client: Client }

type CommonFlags = EndpointFlags & { json?: boolean }

/** Makes an action of commander out of what a verb does; its result is the exit code, 0 when it gives none. */
export function doing<A extends unknown[]>(run: Run, verb: (context: Context, ...args: A) => Promise<ExitCode | void>) {
  return doingHere<A>(run, async ({ world, json }, flags, ...args) => {
    const client = new Client(await endpointOf(world.env, flags), world.signal)
    return verb({ world, client, json }, ...args)
  })
}

/** The same for one that asks no coordinator, or not the one that the flags name. */
export function doingHere<A extends unknown[]>(run: Run, verb: (here: Surroundings, flags: EndpointFlags, ...args: A) => Promise<ExitCode | void>) {
  return async (...args: unknown[]): Promise<void> => {
    const { json = false, ...flags } = (args.at(-1) as Command).optsWithGlobals<CommonFlags>()
    run.exitCode = await verb({ world: run.world, json }, flags, ...(args.slice(0, -1) as A)) ?? run.exitCode
  }
}

/** A verb's whole answer: one JSON document, or lines for a person. */
export async function show({ world, json }: Surroundings, document: unknown, lines: () => Line[]): Promise<void> {
  if (json) await write(world.stdout, `${printableJson(document, 2)}\n`)
  else await print(world.stdout, lines())
}

/** A list that may have more rows than were asked for: a person is told so. */
export async function showPart(context: Context, document: { next: string | null }, lines: () => Line[]): Promise<void> {
  await show(context, document, lines)
  if (document.next !== null && !context.json) await print(context.world.stderr, [['there are more; --limit shows them']])
}

/** One JSON object on one line, for verbs that go on. */
export async function showEntry({ world }: Surroundings, entry: unknown): Promise<void> {
  await write(world.stdout, `${printableJson(entry)}\n`)
}

export async function print(out: Out, lines: readonly Line[]): Promise<void> {
  const surface = { ...surfaceOf(out), columns: null }
  await write(out, lines.map((line) => `${renderLine(line, surface)}\n`).join(''))
}

/** Waits for a reader that is slower than we are; one that is gone takes everything. */
export async function write(out: Out, text: string | Uint8Array): Promise<void> {
  if (text.length > 0) await new Promise<void>((resolve) => out.write(text, () => resolve()))
}

/** A terminal that does not know its own size says 0. */
export function surfaceOf(out: Out): Surface {
  return { columns: out.isTTY === true ? (out.columns || null) : null, colour: out.isTTY === true && hasColours(out) }
}

/** The terminal itself knows NO_COLOR, FORCE_COLOR and TERM. */
function hasColours(out: Out): boolean {
  return 'hasColors' in out && typeof out.hasColors === 'function' && out.hasColors() === true
}

/** Whose command this is. */
export function userOf(env: NodeJS.ProcessEnv): string {
  return env['USER'] ?? accountName()
}

/** Empty for a user id without an account, as containers have them. */
function accountName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
