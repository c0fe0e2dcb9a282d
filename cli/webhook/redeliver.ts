/** `muster webhook redeliver` */
import type { Command } from 'commander'
import { problem } from '../../shared/errors.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'

export function addWebhookRedeliver(group: Command, run: Run): void {
  const command = group.command('redeliver')
    .summary('deliver a message once more')
    .description('Delivers a message once more, with all its tries and the same id. A receiver that has taken it already knows it by that.')
    .argument('<delivery>', 'WEBHOOK/MESSAGE, as muster webhook dead and deliveries show it', parseDelivery)
    .action(doing(run, async (context, { webhook, message }: Delivery) => {
      const delivery = await context.client.redeliver(webhook, message)
      await show(context, delivery, () => [[`${webhook}/${message} is on its way again: muster webhook deliveries ${webhook}`]])
    }))
  withExamples(command, 'muster webhook redeliver chat/msg_4f1c09b2a77de8135f60c2e49a81b3d7')
}

type Delivery = { webhook: string; message: string }

/** @throws MusterError flag_invalid */
function parseDelivery(text: string): Delivery {
  const [webhook, message, ...rest] = text.split('/')
  if (webhook && message && rest.length === 0) return { webhook, message }
  throw problem('flag_invalid', `"${text}" is not WEBHOOK/MESSAGE`, { field: 'delivery', expected: 'a delivery that `muster webhook dead` shows' })
}
