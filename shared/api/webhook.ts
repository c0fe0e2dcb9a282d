/** Webhooks and their deliveries as the HTTP API shows and takes them. */
import { z } from 'zod'
import { ANNOUNCED, TEST_TYPE } from '../announcement.ts'
import { NAME_PATTERN } from '../ids.ts'
import { strict } from '../issue.ts'

const SERVICES = /^[a-z0-9*?][a-z0-9.*?-]*(,[a-z0-9*?][a-z0-9.*?-]*)*$/

export const webhookRequestSchema = strict({
  name: z.string().regex(NAME_PATTERN, 'expected lower-case letters, digits, dots and dashes, at most 63'),
  url: z.string().max(2000).refine(isReceiver, 'expected an http or https URL without a user name, such as https://chat.example/hooks/42'),
  events: z.array(z.enum(ANNOUNCED)).min(1).max(ANNOUNCED.length).default([...ANNOUNCED]).describe('what it is told of; default: everything'),
  services: z.string().max(1000).regex(SERVICES, 'expected names and globs of services, such as web,shop-*').default('*'),
}).meta({ id: 'WebhookRequest' })

function isReceiver(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === ''
}

export const webhookViewSchema = z.object({
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(ANNOUNCED)),
  services: z.string(),
  createdAtMs: z.number(),
  createdBy: z.string(),
}).meta({ id: 'Webhook' })

export const webhookAddedSchema = webhookViewSchema.extend({ secret: z.string().describe('signs its messages; not shown again') }).meta({ id: 'WebhookAdded' })
export const webhooksSchema = z.object({ webhooks: z.array(webhookViewSchema) }).meta({ id: 'Webhooks' })

export const tryViewSchema = z.object({
  atMs: z.number(),
  tookMs: z.number(),
  status: z.number().nullable().describe('null: no answer came'),
  error: z.string().nullable().describe('null: it was delivered'),
}).meta({ id: 'Try' })

export const deliveryViewSchema = z.object({
  webhook: z.string(),
  message: z.string().describe('webhook-id, as the receiver gets it'),
  type: z.enum([...ANNOUNCED, TEST_TYPE]),
  rollout: z.string().nullable(),
  state: z.enum(['waiting', 'delivered', 'dead']).describe('dead: tried as often as it may be, and no longer'),
  tries: z.number(),
  createdAtMs: z.number(),
  last: tryViewSchema.nullable(),
}).meta({ id: 'Delivery' })

export const deliveriesSchema = z.object({ deliveries: z.array(deliveryViewSchema), next: z.string().nullable() }).meta({ id: 'Deliveries' })

export type WebhookRequest = z.input<typeof webhookRequestSchema>
export type WebhookView = z.infer<typeof webhookViewSchema>
export type WebhookAddedView = z.infer<typeof webhookAddedSchema>
export type TryView = z.infer<typeof tryViewSchema>
export type DeliveryView = z.infer<typeof deliveryViewSchema>
export type DeliveriesView = z.infer<typeof deliveriesSchema>
