/** `muster webhook deliveries`, and `muster webhook dead` for those that nobody took. */
import type { Command } from 'commander'
import type { DeliveriesView, DeliveryView } from '../../shared/api/webhook.ts'
import { doing, showPart } from '../context.ts'
import type { Context } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { ago } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Span, Tone } from '../text/line.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

const TONES: Record<DeliveryView['state'], Tone> = { waiting: 'busy', delivered: 'good', dead: 'bad' }

export function addWebhookDeliveries(group: Command, run: Run): void {
  const command = withLimit(group.command('deliveries'), 'deliveries')
    .summary('what was sent to a webhook, and how that went')
    .description('Lists what was sent to a webhook, the latest first, and how that went. They are kept for a week.')
    .argument('<webhook>', 'its name')
    .action(doing(run, async (context, name: string, { limit }: { limit: number }) => {
      await showDeliveries(context, await context.client.deliveries(name, { limit }))
    }))
  withExamples(command, 'muster webhook deliveries chat', 'muster webhook deliveries chat --limit 5')
}

export function addWebhookDead(group: Command, run: Run): void {
  const command = withLimit(group.command('dead'), 'deliveries')
    .summary('what could not be delivered')
    .description('Lists what was tried as often as it may be and not taken, over all webhooks; muster webhook redeliver begins anew.')
    .action(doing(run, async (context, { limit }: { limit: number }) => showDeliveries(context, await context.client.deadDeliveries({ limit }))))
  withExamples(command, 'muster webhook dead')
}

async function showDeliveries(context: Context, page: DeliveriesView): Promise<void> {
  const now = context.world.now()
  const titles = ['DELIVERY', 'EVENT', 'ROLLOUT', 'STATE', '>TRIES', 'WHEN', 'ANSWER']
  await showPart(context, page, () => tableLines(titles, page.deliveries.map((one) => deliveryRow(one, now))))
}

function deliveryRow({ webhook, message, type, rollout, state, tries, createdAtMs, last }: DeliveryView, now: number): Span[] {
  const answer = last === null ? '' : (last.error ?? String(last.status))
  return [`${webhook}/${message}`, type, rollout ?? '', styled(state, TONES[state]), String(tries), ago(createdAtMs, now), answer]
}
