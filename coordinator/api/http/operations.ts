/**
 * Every operation of the API by name: one list to read it by, and the source of the names in the OpenAPI document, in the generated client and in the
 * record of changes. A name never changes once it is out.
 */
import type { App } from './deps.ts'

/** operationId, and what it does. `verbNoun`: the record has it as `noun.verb`. */
type Operation = readonly [id: string, summary: string]

const OPERATIONS: Record<string, Operation> = {
  'GET /v1/health': ['getHealth', 'Answers while this coordinator is up.'],
  'GET /v1/whoami': ['getWhoami', 'Whose token this is, what it may do, and until when.'],
  'GET /v1/services': ['listServices', 'The services of the catalogue, by name.'],
  'PUT /v1/services/:service': ['applyService', 'Puts a service into the catalogue, or changes its entry.'],
  'GET /v1/services/:service': ['getService', 'The entry of a service.'],
  'POST /v1/services/:service/preview': ['previewService', 'What applying this document would change; changes nothing.'],
  'GET /v1/services/:service/variables': ['listVariables', 'The variables that a service gets on a host, and where each comes from.'],
  'GET /v1/services/:service/entries': ['listEntries', 'The entries that a service has had, the latest first.'],
  'GET /v1/services/:service/entries/:entry': ['getEntry', 'A service as it was in one of its entries.'],
  'GET /v1/services/:service/diff': ['diffEntries', 'What is different between two entries of a service, field by field.'],
  'POST /v1/services/:service/entries/:entry/restore': ['restoreService', 'Makes a new entry with the content of an earlier one.'],
  'POST /v1/services/:service/releases': ['createRelease', 'Gives uploaded packages a version, for ever.'],
  'GET /v1/services/:service/releases': ['listReleases', 'The releases of a service, the latest first.'],
  'GET /v1/services/:service/releases/:version': ['getRelease', 'What a release is made of.'],
  'POST /v1/artifacts': ['uploadArtifact', 'Takes a package; its digest names it from then on.'],
  'GET /v1/artifacts/:digest': ['getArtifact', 'The bytes of a package.'],
  'POST /v1/uploads': ['createUpload', 'Begins to take a package in stretches, which a broken connection does not undo.'],
  'GET /v1/uploads/:id': ['getUpload', 'How much of an upload is there; ends whatever still adds to it.'],
  'PATCH /v1/uploads/:id': ['appendUpload', 'Adds bytes to an upload where it ends; the last ones make it an artifact.'],
  'DELETE /v1/uploads/:id': ['cancelUpload', 'Gives an upload up.'],
  'POST /v1/rollouts/plan': ['planRollout', 'What a rollout would do; changes nothing.'],
  'POST /v1/rollouts': ['startRollout', 'Begins a rollout.'],
  'GET /v1/rollouts': ['listRollouts', 'Rollouts, the latest first.'],
  'GET /v1/rollouts/:id': ['getRollout', 'Where a rollout is, and why.'],
  'GET /v1/rollouts/:id/tasks': ['listTasks', 'What each host of a rollout does, in its order.'],
  'GET /v1/rollouts/:id/events': ['watchRollout', 'The changes of a rollout, as Server-Sent Events.'],
  'GET /v1/rollouts/:id/outputs': ['listOutputs', 'What the scripts of a rollout printed, host by host.'],
  'GET /v1/rollouts/:id/outputs/:host/:attempt/:step': ['readOutput', 'All that a step has printed on a host, read from there.'],
  'GET /v1/rollouts/:id/failures': ['listFailures', 'The hosts of a rollout that failed, by what they say.'],
  'POST /v1/rollouts/:id/pause': ['pauseRollout', 'Begins no more hosts.'],
  'POST /v1/rollouts/:id/resume': ['resumeRollout', 'Lets a paused rollout go on.'],
  'POST /v1/rollouts/:id/promote': ['promoteRollout', 'Opens the gate before the next wave.'],
  'POST /v1/rollouts/:id/abort': ['abortRollout', 'Ends a rollout where it stands.'],
  'POST /v1/rollouts/:id/rollback': ['rollbackRollout', 'Puts every host that was touched back.'],
  'POST /v1/rollouts/:id/retry': ['retryRollout', 'Tries hosts again.'],
  'POST /v1/rollouts/:id/skip': ['skipRollout', 'Leaves hosts out, or stops waiting for them.'],
  'POST /v1/rollouts/:id/kill': ['killRollout', 'Ends what runs on hosts, now; they put themselves back.'],
  'POST /v1/rollouts/:id/retry-script': ['retryScript', 'Runs a script that runs once, and has failed, again.'],
  'POST /v1/rollouts/:id/skip-script': ['skipScript', 'Goes on without a script that has failed.'],
  'POST /v1/runs': ['startRun', 'Runs a command line on hosts, as a rollout.'],
  'GET /v1/hosts': ['listHosts', 'Hosts that have ever connected, by name, page by page.'],
  'GET /v1/hosts/:host': ['getHost', 'A host: whether it is there, what it runs and what it should run, and what is under way.'],
  'DELETE /v1/hosts/:host': ['removeHost', 'Forgets a host that is gone for good.'],
  'GET /v1/hosts/:host/history': ['listHostHistory', 'What happened to a host, the latest first.'],
  'GET /v1/relays': ['listRelays', 'Relays that have joined, by name: whether they are heard, and what they do; and where coordinators give out pieces.'],
  'DELETE /v1/relays/:relay': ['removeRelay', 'Takes a relay out for good: nobody is told of it any more, and no coordinator gives it anything.'],
  'POST /v1/webhooks': ['addWebhook', 'Has somebody outside told of what happens to rollouts.'],
  'GET /v1/webhooks': ['listWebhooks', 'The webhooks, by name.'],
  'DELETE /v1/webhooks/:name': ['removeWebhook', 'Tells a receiver nothing more.'],
  'POST /v1/webhooks/:name/test': ['testWebhook', 'Sends one message now, and says how that went.'],
  'GET /v1/webhooks/:name/deliveries': ['listDeliveries', 'What was sent to a webhook, the latest first.'],
  'GET /v1/webhooks/dead': ['listDeadDeliveries', 'What could not be delivered, the latest first.'],
  'POST /v1/webhooks/:name/deliveries/:message/redeliver': ['redeliverWebhook', 'Tries to deliver a message once more, with all its tries.'],
  'GET /v1/drift': ['getDrift', 'The hosts that are not as they should be, service by service.'],
  'POST /v1/services/:service/inspect': ['inspectService', 'Has connected hosts look at once whether a service is as it was put there.'],
  'POST /v1/schedules': ['addSchedule', 'Has a rollout begin at a time, once or again and again.'],
  'GET /v1/schedules': ['listSchedules', 'Schedules, by name.'],
  'GET /v1/schedules/:name': ['getSchedule', 'When a schedule falls due, and what became of its last instants.'],
  'POST /v1/schedules/:name/pause': ['pauseSchedule', 'Lets its instants pass until it is resumed.'],
  'POST /v1/schedules/:name/resume': ['resumeSchedule', 'Lets a paused schedule fall due again.'],
  'DELETE /v1/schedules/:name': ['removeSchedule', 'Forgets a schedule; what it has begun goes on.'],
  'POST /v1/freezes': ['addFreeze', 'Has nothing begin in a window of time, once or again and again.'],
  'GET /v1/freezes': ['listFreezes', 'Freeze windows, by name, and which are open.'],
  'DELETE /v1/freezes/:name': ['removeFreeze', 'Takes a freeze window away; what it held goes on.'],
  'POST /v1/tokens': ['createToken', 'Makes a token for the API, or one that machines join with; its text is shown once.'],
  'GET /v1/tokens': ['listTokens', 'The tokens, the oldest first, without their secrets.'],
  'DELETE /v1/tokens/:id': ['revokeToken', 'Makes a token worthless; machines that have joined with it stay.'],
  'POST /v1/identity/enrol': ['enrolMachine', 'Gives a machine that brings a join token its first certificate.'],
  'POST /v1/identity/renew': ['renewMachine', 'Gives a machine a new certificate for the same key.'],
  'GET /v1/audit': ['listAudit', 'Who changed what, the latest first; a page may be short and have a next one.'],
}

/** To be called before any route is added: gives each its name, and takes none without. */
export function nameOperations(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.hide === true || route.method === 'HEAD') return
    const name = `${String(route.method)} ${route.url}`
    const [operationId, summary] = OPERATIONS[name] ?? []
    if (operationId === undefined || summary === undefined) throw new Error(`${name} has no name among the operations`)
    route.schema = { ...route.schema, operationId, summary }
  })
}
