/** `muster context`: which coordinators there are to talk to. No token is ever shown. */
import type { Command } from 'commander'
import { problem } from '../../shared/errors.ts'
import { doingHere, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line, Span } from '../text/line.ts'
import { alignedLines, tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { contextDirectory, contextNames, currentContext, readContext, removeContext, useContext } from './store.ts'
import type { Context } from './store.ts'

/** A token that expires sooner is worth a word. */
export const WARN_BEFORE_MS = 7 * 86_400_000

/** A context without its secret. */
type Shown = Omit<Context, 'token' | 'madeBy'> & { context: string; current: boolean }
type Broken = { context: string; current: boolean; fault: string }

export function addContextList(group: Command, run: Run): void {
  const command = group.command('list')
    .summary('coordinators that you have logged in to')
    .description('Lists the contexts. * is the current one, which verbs use.')
    .action(doingHere(run, async (here) => {
      const dir = contextDirectory(here.world.env)
      const current = await currentContext(dir)
      const contexts = await Promise.all((await contextNames(dir)).map((name) => shownOrBroken(dir, name, current)))
      await show(here, { contexts }, () => [
        ...tableLines(['', 'CONTEXT', 'URL', 'WHO', 'UNTIL'], contexts.map((context) => rowOf(context, here.world.now()))),
        ...contexts.length === 0 ? [['there is none; muster login URL makes one'] satisfies Line] : [],
      ])
    }))
  withExamples(command, 'muster context list')
}

export function addContextUse(group: Command, run: Run): void {
  const command = group.command('use')
    .summary('have verbs use it')
    .description('Makes a context the current one.')
    .argument('<context>', 'its name')
    .action(doingHere(run, async (here, _flags, name: string) => {
      await useContext(contextDirectory(here.world.env), name)
      await show(here, { context: name }, () => [[`verbs use ${name}`]])
    }))
  withExamples(command, 'muster context use prod')
}

export function addContextShow(group: Command, run: Run): void {
  const command = group.command('show')
    .summary('where it is, and who you are there')
    .description('Shows a context, or the current one, as it is saved.')
    .argument('[context]', 'its name')
    .action(doingHere(run, async (here, _flags, given: string | undefined) => {
      const dir = contextDirectory(here.world.env)
      const current = await currentContext(dir)
      const name = given ?? current
      if (name === null) throw problem('flag_invalid', 'there is no current context', { field: 'context', expected: 'the name of one: muster context list' })
      const context = withoutSecret(name, await readContext(dir, name), current)
      await show(here, context, () => linesOf(context, here.world.now()))
    }))
  withExamples(command, 'muster context show', 'muster context show prod')
}

export function addContextRemove(group: Command, run: Run): void {
  const command = group.command('remove')
    .summary('forget it, and its token')
    .description('Forgets a context. Its token stays good elsewhere: muster token revoke ends it.')
    .argument('<context>', 'its name')
    .action(doingHere(run, async (here, _flags, name: string) => {
      const dir = contextDirectory(here.world.env)
      if (!await removeContext(dir, name)) await readContext(dir, name)
      await show(here, { context: name }, () => [[`${name} removed`]])
    }))
  withExamples(command, 'muster context remove staging')
}

async function shownOrBroken(dir: string, name: string, current: string | null): Promise<Shown | Broken> {
  try {
    return withoutSecret(name, await readContext(dir, name), current)
  } catch (error) {
    return { context: name, current: name === current, fault: (error as Error).message }
  }
}

function withoutSecret(name: string, { url, ca, actor, role, expiresAtMs }: Context, current: string | null): Shown {
  return { context: name, current: name === current, url, ca, actor, role, expiresAtMs }
}

function rowOf(row: Shown | Broken, nowMs: number): Span[] {
  const mark = row.current ? '*' : ''
  return 'fault' in row ? [mark, row.context, styled(row.fault, 'bad')] : [mark, row.context, row.url, `${row.actor} (${row.role})`, until(row, nowMs)]
}

function linesOf(context: Shown, nowMs: number): Line[] {
  const { context: name, current, url, ca, actor, role } = context
  return alignedLines([
    ['context', current ? `${name}, the current one` : name], ['url', url], ['who', `${actor} (${role})`], ['until', until(context, nowMs)],
    ['trusts', ca === null ? 'the authorities that everybody trusts' : 'Muster\'s authority alone'],
  ])
}

function until({ expiresAtMs, context }: Shown, nowMs: number): Span {
  if (expiresAtMs === null) return 'it does not expire'
  const at = dateAndTime(expiresAtMs)
  if (expiresAtMs <= nowMs) return styled(`expired ${at}: muster login --context ${context}`, 'bad')
  return expiresAtMs - nowMs < WARN_BEFORE_MS ? styled(`${at}, soon`, 'busy') : at
}
