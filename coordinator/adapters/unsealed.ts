/**
 * Takes over what a version before seals has written. Only where somebody has asked for it: what has no seal may as well come from anybody who could
 * write to Redis. What has a seal that does not fit is never taken over. How much was is in the log and in the record.
 */
import { systemEntry } from '../engine/ports/audit.ts'
import type { Vault } from '../engine/ports/keys.ts'
import { redisAudit } from './audit/audit.ts'
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

export async function adoptUnsealed(store: SealedStore, vault: Vault, clock: () => number): Promise<void> {
  const adopted = await sealAll(store, vault)
  store.log.warn({ adopted: Object.fromEntries(adopted) }, 'what had no seal is taken over as it was; the next start needs --adopt-unsealed no more')
  if (adopted.length === 0) return
  const reason = `what had no seal was taken over as it was: ${adopted.map(([what, count]) => `${what} ${count}`).join(', ')}`
  await redisAudit(store.redis, clock).record(systemEntry({ atMs: clock(), verb: 'redis.adopt', targets: [], reason }))
}

/** @returns how many of each, where there were any */
async function sealAll(store: SealedStore, vault: Vault): Promise<[what: string, count: number][]> {
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
  return Object.entries(adopted).filter(([, count]) => count > 0)
}
