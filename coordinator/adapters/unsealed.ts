/**
 * Takes over what a version before seals has written. Only where somebody has asked for it: what has no seal may as well come from anybody who could
 * write to Redis. What has a seal that does not fit is never taken over.
 */
import type { Vault } from '../engine/ports/keys.ts'
import { currentRecords, historyRecords } from './catalogue/entries.ts'
import { releaseRecords, revisionRecords } from './catalogue/catalogue.ts'
import { intentRecords } from './convergence/intents.ts'
import { assignmentRecords } from './hosts/assignments.ts'
import type { SealedStore } from './redis/sealed-texts.ts'
import { freezeRecords } from './schedules/freezes.ts'
import { scheduleRecords } from './schedules/schedules.ts'
import { encryptedSecret, webhookRecords } from './webhooks/records.ts'
import type { KeptWebhook } from './webhooks/records.ts'

const OF_A_SERVICE = { entries: historyRecords, releases: releaseRecords, intents: intentRecords, assignments: assignmentRecords }

/** Seals everything that has no seal. @returns how many of each, those that there were */
export async function adoptUnsealed(store: SealedStore, vault: Vault): Promise<Record<string, number>> {
  const adopted: Record<string, number> = {
    services: await currentRecords(store).adopt(),
    revisions: await revisionRecords(store).adopt(),
    schedules: await scheduleRecords(store).adopt(),
    freezes: await freezeRecords(store).adopt(),
    webhooks: await webhookRecords(store).adopt((value, name) => {
      const webhook = value as KeptWebhook
      return { ...webhook, secret: encryptedSecret(vault, name, webhook.secret) }
    }),
  }
  for (const { spec: { service } } of await currentRecords(store).all()) {
    for (const [what, records] of Object.entries(OF_A_SERVICE)) adopted[what] = (adopted[what] ?? 0) + await records(store, service).adopt()
  }
  return Object.fromEntries(Object.entries(adopted).filter(([, count]) => count > 0))
}
