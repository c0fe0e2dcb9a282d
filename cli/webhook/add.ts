/** `muster webhook add` */
import type { Command } from 'commander'
import { ANNOUNCED } from '../../shared/announcement.ts'
import type { AnnouncedType } from '../../shared/announcement.ts'
import { problem } from '../../shared/errors.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import type { Run } from '../world.ts'

type Flags = { events?: AnnouncedType[]; service?: string }

export function addWebhookAdd(group: Command, run: Run): void {
  const command = group.command('add')
    .summary('have somebody told of what happens to rollouts')
    .description('Sends a signed HTTP request (Standard Webhooks) for what happens to rollouts. The secret that signs is shown once, now.')
    .argument('<name>', 'what it is called')
    .argument('<url>', 'where it is sent: http or https')
    .option('--events <events>', `comma-separated, of ${ANNOUNCED.join(', ')} (default: all)`, parseEvents)
    .option('--service <services>', 'of these services alone: names and globs, comma-separated')
    .action(doing(run, async (context, name: string, url: string, { events, service }: Flags) => {
      const request = { name, url, ...(events === undefined ? {} : { events }), ...(service === undefined ? {} : { services: service }) }
      const added = await context.client.addWebhook(request).catch((error: unknown) => {
        throw renamed(error, (field) => (field === 'services' ? '--service' : null))
      })
      const words = [`${name} added; its secret, which is not shown again:`, added.secret, `try it: muster webhook test ${name}`]
      await show(context, added, () => words.map((line) => [line]))
    }))
  withExamples(command, 'muster webhook add chat https://chat.example/hooks/42',
    'muster webhook add pager https://pager.example/in --events rollout.held,rollout.ended --service \'web,shop-*\'')
}

/** @throws MusterError flag_invalid */
function parseEvents(text: string): AnnouncedType[] {
  const events = text.split(',')
  const wrong = events.find((event) => !(ANNOUNCED as readonly string[]).includes(event))
  if (wrong === undefined) return events as AnnouncedType[]
  throw problem('flag_invalid', `"${wrong}" is no event`, { field: '--events', expected: `some of ${ANNOUNCED.join(', ')}` })
}
