/** `muster token list` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { timeToCome } from '../schedule/time-flags.ts'
import { ago, dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { purposeOf } from './purpose.ts'

export function addTokenList(group: Command, run: Run): void {
  const command = group.command('list')
    .summary('who may use the API, and what machines may join with')
    .description('Lists the tokens, the oldest first, without their secrets. One that has expired is shown for a week.')
    .action(doing(run, async (context) => {
      const answer = await context.client.tokens()
      const now = context.world.now()
      const rows = answer.tokens.map((token) => [
        token.id, token.role, purposeOf(token),
        token.expiresAtMs <= now ? styled(`expired ${dateAndTime(token.expiresAtMs)}`, 'faint') : timeToCome(token.expiresAtMs, now),
        token.lastUsedAtMs === null ? 'never' : ago(token.lastUsedAtMs, now), `${ago(token.createdAtMs, now)} by ${token.createdBy}`,
      ])
      await show(context, answer, () => tableLines(['TOKEN', 'ROLE', 'WHO', 'GOOD UNTIL', 'USED', 'CREATED'], rows))
    }))
  withExamples(command, 'muster token list')
}
