/** `muster freeze add` */
import type { Command } from 'commander'
import type { FreezeRequest } from '../../shared/api/freeze.ts'
import { parseHosts } from '../argument.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import { parseReason } from '../rollout/request.ts'
import { withZone, zoneOf } from '../schedule/time-flags.ts'
import type { ZoneFlag } from '../schedule/time-flags.ts'
import type { Run } from '../world.ts'
import { windowOf } from './window.ts'

type Flags = ZoneFlag & { from?: string; to?: string; cron?: string; for?: string; service?: string; hosts?: string; reason: string }

export function addFreezeAdd(group: Command, run: Run): void {
  const command = withZone(group.command('add').argument('<name>', 'what it is to be called'))
    .summary('have nothing begin in a window of time')
    .description('Has no rollout begin in a window of time, once or again and again. What runs is held when it opens, and goes on when it closes; '
      + 'a rollback is never frozen.')
    .option('--from <time>', 'once, from: 2026-12-24 00:00')
    .option('--to <time>', '… to')
    .option('--cron <expression>', 'again and again, beginning at: minute, hour, day of the month, month, day of the week')
    .option('--for <duration>', '… and lasting for so long: 62h')
    .option('--service <globs>', 'of these services alone: web, \'shop-*,web\'')
    .option('--hosts <selector>', 'rollouts that have such hosts: labels, names, globs', parseHosts)
    .requiredOption('--reason <text>', 'why; whoever meets it reads this', parseReason)
    .action(doing(run, async (context, name: string, { service, ...flags }: Flags) => {
      const request: FreezeRequest = { ...flags, name, tz: zoneOf(flags), ...(service === undefined ? {} : { services: service }) }
      const freeze = await context.client.addFreeze(request).catch((error: unknown) => {
        throw renamed(error, (field) => (field === 'name' ? 'name' : field === 'services' ? '--service' : `--${field}`))
      })
      await show(context, freeze, () => [[`${name}: ${windowOf(freeze, context.world.now())}`]])
    }))
  withExamples(command,
    'muster freeze add christmas --from \'2026-12-23 18:00\' --to \'2026-12-27 06:00\' --tz Europe/Berlin --reason \'nobody is there\'',
    'muster freeze add weekend --cron \'0 18 * * 5\' --for 62h --service \'shop-*\' --reason weekend')
}
