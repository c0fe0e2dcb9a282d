/** What people and programs get wrong: each is refused at once with one clear error that names the field and what would be right, and nothing is half done. */
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { HostView } from '../../shared/api/host.ts'
import { STEPS } from '../../shared/command.ts'
import { serviceSchema } from '../../shared/service.ts'
import { strategySchema } from '../../shared/strategy.ts'
import { tar } from '../unit/artifacts/tar-fixture.ts'
import { writeInputs } from './bad-input/inputs.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { programFiles, untilFile, WebService } from './web-service.ts'

stopFleetsAfterwards()

let fleet: Fleet
/** Where the inputs lie; stands as @ in the tables. */
let dir: string
let web: WebService
let before: unknown

/** A service with two releases, and one with a rollout that is under way. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-inputs-'))
  fleet = await Fleet.start({ hosts: 1 })
  web = new WebService(fleet, 'web')
  await web.apply()
  await writeInputs(dir, web)
  for (const [version, srv] of [['1', 'srv'], ['2', 'other-srv']] as const) {
    const made = await fleet.muster('release', 'create', 'web', version, '--srv', join(dir, srv), '--cmd', join(dir, 'cmd'))
    expect(made.code).toBe(0)
  }
  const busy = new WebService(fleet, 'busy')
  await busy.apply()
  await busy.release('1', { start: untilFile('go') })
  await fleet.rolloutWhen(await busy.start('1'), 'running', ({ slots }) => slots === 1)
  before = await everything()
})
afterAll(() => rm(dir, { recursive: true, force: true }))
afterEach(async () => expect(await everything()).toEqual(before))

/** What there is: if it stays the same, nothing is half done. */
async function everything() {
  const { api, coordinator } = fleet
  const { hosts } = await api.get<{ hosts: HostView[] }>('/v1/hosts')
  return {
    services: await api.get('/v1/services'),
    releases: await Promise.all(['web', 'busy'].map((service) => api.get(`/v1/services/${service}/releases`))),
    rollouts: await api.get<{ rollouts: { id: string; phase: string }[] }>('/v1/rollouts').then(({ rollouts }) => rollouts.map(({ id, phase }) => `${id} ${phase}`)),
    hosts: hosts.map(({ host, status, services }) => ({ host, status, services })),
    store: readdirSync(join(coordinator.dataDir, 'artifacts'), { recursive: true, encoding: 'utf8' }).sort(),
  }
}

type Refused = { message: string; field?: string; expected?: string }

const PACKAGES = 'a directory, or a tar archive: .tar, .tar.gz or .tar.zst'
const SELECTORS = 'terms such as env=prod,dc!=sg, web-1 or web-*'
const BAD_TERM = '"a b" is not a term; expected key=value, key!=value, a host name, or a glob such as web-*'
const STRATEGY_FIELDS = Object.keys(strategySchema.in.shape).join(', ')
const SERVICE_FIELDS = Object.keys(serviceSchema.in.shape).join(', ')
const UNKNOWN_ROLLOUT = { message: 'there is no rollout web-9', field: 'id', expected: 'an id that `muster rollout list` shows' }
const UNKNOWN_SERVICE = { message: 'there is no service wbe', field: 'service', expected: 'a service that `muster service list` shows' }
const UNKNOWN_HOST = { message: 'there is no host h9', field: 'host', expected: 'a name that `muster host list` shows' }
const UNKNOWN_ENTRY = { message: 'web has no entry 7', field: 'entry', expected: 'one that muster service history web shows' }
const BUSY = {
  message: 'busy is being deployed by busy-1, which has this host',
  expected: 'queue, to begin when busy-1 has ended, or supersede, to abort it; muster rollout show busy-1 says how it stands',
}
const WAVE_SIZE = 'expected a number of hosts (1 or more) or a percentage such as 10%'

/** The whole of stderr: the sentence, the field as the user wrote it, what would be right. @: the directory of the inputs. %20: a space in an argument. */
const COMMANDS: [command: string, code: number, refused: Refused][] = [
  ['service apply -f @/unfinished.yaml', 2, { message: '@/unfinished.yaml, line 3, column 1: flow sequence in block collection must be sufficiently indented and end with a ]', field: '--file', expected: 'one YAML document' }],
  ['service apply -f @/tab.yaml', 2, { message: '@/tab.yaml, line 2, column 1: tabs are not allowed as indentation', field: '--file', expected: 'one YAML document' }],
  ['service apply -f @/list.yaml', 2, { message: '@/list.yaml: found a list', field: '--file', expected: 'a mapping: lines such as `name: value`' }],
  ['service apply -f @/none.yaml', 2, { message: '@/none.yaml does not exist', field: '--file', expected: 'the path of a YAML file' }],
  ['service apply -f @/relative-path.yaml', 2, { message: 'path: expected an absolute path such as /srv/web', field: 'path (@/relative-path.yaml, line 2, column 7)' }],
  ['service apply -f @/unknown-field.yaml', 2, { message: `port: there is no such field; expected one of ${SERVICE_FIELDS}`, field: 'port (@/unknown-field.yaml, line 7, column 7)' }],
  ['service apply -f @/two-probes.yaml', 2, { message: 'check: expected exactly one of http, tcp and exec; found 2', field: 'check (@/two-probes.yaml, line 5, column 3)' }],
  ['service apply -f @/bad-wave.yaml', 2, { message: `strategy.waves[0]: ${WAVE_SIZE}`, field: 'strategy.waves[0] (@/bad-wave.yaml, line 9, column 7)' }],
  ['service apply -f @/bad-hosts.yaml', 2, { message: 'hosts: "env==prod" is not a term; expected key=value, key!=value, a host name, or a glob such as web-*', field: 'hosts (@/bad-hosts.yaml, line 7, column 8)' }],
  ['service apply -f @/bad-name.yaml', 2, { message: '"Web" is not a service\'s name', field: 'service (@/bad-name.yaml, line 1, column 10)', expected: 'lower-case letters, digits, dots and dashes, at most 63, such as `service: web`' }],
  ['service apply -f @/bad-variable.yaml', 2, { message: 'variables.log-level: expected a name such as LOG_LEVEL', field: 'variables.log-level (@/bad-variable.yaml, line 8, column 14)' }],
  ['service apply -f @/unknown-step.yaml', 2, { message: `steps.restart: expected one of ${STEPS.join(', ')}`, field: 'steps.restart (@/unknown-step.yaml, line 9, column 5)' }],
  ['service apply', 2, { message: 'required option \'-f, --file <file>\' not specified', field: '-f', expected: 'see muster service apply --help' }],
  ['service aply -f @/list.yaml', 2, { message: 'unknown command \'aply\'', field: 'aply', expected: 'apply' }],
  ['service show wbe', 3, UNKNOWN_SERVICE],
  ['service history wbe', 3, UNKNOWN_SERVICE],
  ['service diff web 7', 3, UNKNOWN_ENTRY],
  ['service restore web 7', 3, UNKNOWN_ENTRY],
  ['service restore web last', 2, { message: '"last" is no number that entry takes', field: 'entry', expected: 'a whole number from 1 to 1000000000' }],
  ['service vars web', 2, { message: 'required option \'--host <host>\' not specified', field: '--host', expected: 'see muster service vars --help' }],
  ['service vars web --host h9', 3, { ...UNKNOWN_HOST, field: '--host' }],

  ['release create wbe 1 --srv @/srv', 3, UNKNOWN_SERVICE],
  ['release create web 1/2 --srv @/srv', 2, { message: '"1/2" is not a version', field: 'version', expected: 'letters, digits and . _ + -, at most 64, such as 1.4.2' }],
  ['release create web 3', 2, { message: 'required option \'--srv <path>\' not specified', field: '--srv', expected: 'see muster release create --help' }],
  ['release create web 3 --srv @/none', 2, { message: '@/none does not exist', field: '--srv', expected: PACKAGES }],
  ['release create web 3 --srv @/empty', 2, { message: '@/empty: the package has no files', field: '--srv', expected: 'at least one file' }],
  ['release create web 1 --srv @/other-srv --cmd @/cmd', 3, { message: 'web 1 exists with another srv package; releases never change', field: 'version', expected: 'a version that is not taken, or the same packages' }],
  ['release create web 1 --srv @/srv', 3, { message: 'web 1 exists with another cmd package; releases never change', field: 'version', expected: 'a version that is not taken, or the same packages' }],
  ['release create web 3 --srv @/text.tar', 2, { message: '@/text.tar: is not a tar archive', field: '--srv', expected: PACKAGES }],
  ['release create web 3 --srv @/cut.tar', 2, { message: 'the archive is cut short after entry "web.mjs"', field: '--srv', expected: 'a whole archive, with its end mark' }],
  ['release create web 3 --srv @/climbs.tar', 2, { message: 'entry "../etc/passwd" climbs with ".."', field: '--srv', expected: 'paths without ".."' }],
  ['release create web 3 --srv @/absolute.tar', 2, { message: 'entry "/etc/passwd" has an absolute path', field: '--srv', expected: 'paths relative to the package’s root' }],
  ['release create web 3 --srv @/link-out.tar', 2, { message: 'entry "etc" is a link to "../../etc", which is outside of the package', field: '--srv', expected: 'a target inside the package' }],
  ['release create web 3 --srv @/hard-link-out.tar', 2, { message: 'entry "shadow" is a link to "/etc/shadow", which is absolute', field: '--srv', expected: 'a relative target inside the package' }],
  ['release create web 3 --srv @/through-link.tar', 2, { message: 'entry "a/x" lies below "a", which is a symlink', field: '--srv', expected: 'entries below directories only' }],
  ['release create web 3 --srv @/device.tar', 2, { message: 'entry "null" is of the type CharacterDevice', field: '--srv', expected: 'only files, directories and links' }],
  ['release create web 3 --srv @/setuid.tar', 2, { message: 'entry "su" is setuid or setgid', field: '--srv', expected: 'a mode without these bits: chmod ug-s' }],
  ['release create web 3 --srv @/twice.tar', 2, { message: 'entry "a" comes twice', field: '--srv', expected: 'every path once' }],
  ['release create web 3 --srv @/empty.tar', 2, { message: 'the package has no files', field: '--srv', expected: 'at least one file' }],
  ['release create web 3 --srv @/bomb.tar.gz', 2, { message: 'the package unpacks to more than 200 times its size', field: '--srv', expected: 'at most 200 bytes for each byte sent; what is honestly so repetitive may be sent uncompressed' }],
  ['release show web 9', 3, { message: 'web has no release 9', field: 'version', expected: 'one that muster release list web shows' }],

  ['rollout plan web', 2, { message: '"web" is not SERVICE@VERSION', field: 'service@version', expected: 'a service and one of its versions, such as web@1.4.2' }],
  ['rollout plan web@1%202', 2, { message: '"1 2" is not a version', field: 'service@version', expected: 'letters, digits and . _ + -, at most 64, such as 1.4.2' }],
  ['rollout plan web@1 --hots h1', 2, { message: 'unknown option \'--hots\'', field: '--hots', expected: '--hosts' }],
  ['rollout plan web@1 --hosts env=prod,,', 2, { message: 'empty term in "env=prod,,"; expected terms such as env=prod,dc!=sg or web-*', field: '--hosts', expected: SELECTORS }],
  ['rollout start web@1 --hosts a%20b', 2, { message: BAD_TERM, field: '--hosts', expected: SELECTORS }],
  ['rollout start web@1 --hosts h9', 3, { message: 'there is no host h9', field: '--hosts', expected: 'names that `muster host list` shows' }],
  ['rollout start web@1 --hosts rack=none', 3, { message: 'no host matches * and rack=none', field: '--hosts', expected: 'a selector that matches some of the 1 known hosts' }],
  ['rollout start wbe@1', 3, { message: 'there is no service wbe', field: 'service@version', expected: 'one of busy, web' }],
  ['rollout start web@9', 3, { message: 'web has no release 9', field: 'service@version', expected: 'one of 2, 1' }],
  ['rollout start web@1 --strategy @/misspelt.yaml', 2, { message: `strategy.concurency: there is no such field; expected one of ${STRATEGY_FIELDS}`, field: '--strategy concurency (@/misspelt.yaml, line 2, column 13)' }],
  ['rollout start web@1 --strategy @/no-wave.yaml', 2, { message: `strategy.waves[1]: ${WAVE_SIZE}`, field: '--strategy waves[1] (@/no-wave.yaml, line 1, column 12)' }],
  ['rollout start web@1 --strategy @/soon.yaml', 2, { message: 'strategy.bake: expected a duration such as 30s, 10m or 1h30m, from 0 ms to 168 h', field: '--strategy bake (@/soon.yaml, line 1, column 7)' }],
  ['rollout start web@1 --strategy @/no-bake.yaml', 2, { message: 'strategy.bake: expected a duration above 0: the gate is a bake', field: '--strategy bake (@/no-bake.yaml)' }],
  ['rollout start web@1 --strategy @/unclosed.yaml', 2, { message: '@/unclosed.yaml, line 2, column 1: flow sequence in block collection must be sufficiently indented and end with a ]', field: '--strategy', expected: 'one YAML document' }],
  ['rollout start busy@1', 3, { ...BUSY, field: '--on-busy' }],
  ['rollout show web-9', 3, UNKNOWN_ROLLOUT],
  ['rollout pause web-9', 3, UNKNOWN_ROLLOUT],
  ['rollout resume busy-1', 3, { message: 'busy-1 is running, not paused' }],
  ['rollout promote busy-1', 3, { message: 'busy-1 stands before no gate' }],
  ['rollout retry busy-1', 3, { message: 'busy-1 has no failed, timed-out or unreachable host to retry' }],
  ['rollout skip busy-1', 2, { message: 'missing required argument \'host\'', field: 'host', expected: 'see muster rollout skip --help' }],
  ['rollout skip busy-1 h9', 3, { message: 'h9 is not in busy-1', field: 'host', expected: 'a host of this rollout' }],
  ['rollout list --limit many', 2, { message: '"many" is no number that --limit takes', field: '--limit', expected: 'a whole number from 1 to 1000' }],
  ['logs web-9', 3, UNKNOWN_ROLLOUT],
  ['logs busy-1 --host h9', 3, { message: 'h9 is not in busy-1', field: 'host', expected: 'a host of this rollout' }],
  ['host show h9', 3, UNKNOWN_HOST],
  ['host list --hosts a%20b', 2, { message: BAD_TERM, field: '--hosts', expected: SELECTORS }],
  ['host list --url nonsense', 2, { message: '"nonsense" is not the address of a coordinator', field: '--url', expected: 'a URL such as https://127.0.0.1:4600' }],
  ['nonsense', 2, { message: 'unknown command \'nonsense\'', field: 'nonsense', expected: 'see muster --help' }],
]

describe('the command line refuses', () => {
  const at = (text: string) => text.replaceAll('@/', `${dir}/`)

  test.each(COMMANDS)('%s', async (command, code, { message, field, expected }) => {
    const ran = await fleet.muster(...command.split(' ').map((word) => at(decodeURIComponent(word))))
    const lines = [`error: ${message}`, ...(field === undefined ? [] : [`  field:    ${field}`]), ...(expected === undefined ? [] : [`  expected: ${expected}`])]
    expect(ran).toEqual({ code, stdout: '', stderr: at(`${lines.join('\n')}\n`) })
  })
})

const NO_ARTIFACT = '0'.repeat(64)
const SERVICE = { service: 'web', path: '/srv/web' }

const REQUESTS: [request: string, body: unknown, status: number, error: Refused & { code: string }][] = [
  ['PUT /v1/services/web', { ...SERVICE, path: 'x' }, 400, { code: 'service_invalid', message: 'path: expected an absolute path such as /srv/web', field: 'path' }],
  ['PUT /v1/services/web', { ...SERVICE, service: 'other' }, 400, { code: 'service_invalid', message: 'service: the document describes other, the address says web', field: 'service' }],
  ['PUT /v1/services/web', { ...SERVICE, strategy: { onFailure: 'panic' } }, 400, { code: 'service_invalid', message: 'strategy.onFailure: expected one of "pause"|"rollback"|"continue"', field: 'strategy.onFailure' }],
  ['GET /v1/services/wbe', undefined, 404, { code: 'service_unknown', ...UNKNOWN_SERVICE }],
  ['POST /v1/services/wbe/releases', { version: '2', srv: NO_ARTIFACT }, 404, { code: 'service_unknown', ...UNKNOWN_SERVICE }],
  ['POST /v1/services/web/releases', { version: 'a b', srv: NO_ARTIFACT }, 400, { code: 'version_invalid', message: 'version: expected letters, digits and . _ + -, at most 64, such as 1.4.2', field: 'version' }],
  ['GET /v1/services/web/entries/7', undefined, 404, { code: 'entry_unknown', ...UNKNOWN_ENTRY }],
  ['POST /v1/services/web/releases', { version: '3', srv: NO_ARTIFACT }, 404, { code: 'artifact_unknown', message: `srv: there is no artifact ${NO_ARTIFACT}`, field: 'srv', expected: 'the digest of an uploaded artifact' }],
  ['POST /v1/rollouts', { service: 'web' }, 400, { code: 'body_invalid', message: 'release: missing; expected string', field: 'release' }],
  ['POST /v1/rollouts', { service: 'web', release: '1', when: 'now' }, 400, { code: 'body_invalid', message: 'when: there is no such field; expected one of service, release, hosts, strategy, reason, overrideFreeze', field: 'when' }],
  ['POST /v1/rollouts', { service: 'web', release: '1', hosts: 'a b' }, 400, { code: 'selector_invalid', message: BAD_TERM, field: 'hosts' }],
  ['POST /v1/rollouts', { service: 'web', release: '1', strategy: { waves: ['x'] } }, 400, { code: 'strategy_invalid', message: `strategy.waves[0]: ${WAVE_SIZE}`, field: 'strategy.waves[0]' }],
  ['POST /v1/rollouts', { service: 'web', release: '1', hosts: 'rack=none' }, 422, { code: 'no_hosts', message: 'no host matches * and rack=none', field: 'hosts', expected: 'a selector that matches some of the 1 known hosts' }],
  ['POST /v1/rollouts', { service: 'busy', release: '1' }, 409, { code: 'service_busy', ...BUSY, field: 'strategy.onBusy' }],
  ['GET /v1/rollouts/web-9', undefined, 404, { code: 'rollout_unknown', ...UNKNOWN_ROLLOUT }],
  ['GET /v1/rollouts/web-9/events', undefined, 404, { code: 'rollout_unknown', ...UNKNOWN_ROLLOUT }],
  ['POST /v1/rollouts/busy-1/resume', {}, 422, { code: 'control_refused', message: 'busy-1 is running, not paused' }],
  ['GET /v1/hosts/h9', undefined, 404, { code: 'host_unknown', ...UNKNOWN_HOST }],
  ['GET /v1/hosts?selector=a%20b', undefined, 400, { code: 'selector_invalid', message: BAD_TERM, field: 'selector' }],
  ['GET /v1/nothing', undefined, 404, { code: 'route_unknown', message: 'there is no GET /v1/nothing', expected: 'a route of /v1/openapi.json' }],
  [`GET /v1/artifacts/${NO_ARTIFACT}`, undefined, 404, { code: 'artifact_unknown', message: `there is no artifact ${NO_ARTIFACT}`, field: 'digest', expected: 'one in the store' }],
]

describe('the API refuses', () => {
  test.each(REQUESTS)('%s %j', async (request, body, status, error) => {
    const [method = '', path = ''] = request.split(' ')
    expect(await fleet.api.ask(method, path, body)).toEqual({ status, body: { error } })
  })

  test('an upload whose bytes are not those that were announced', async () => {
    const answer = await fleet.api.upload('srv', tar(programFiles('3')), Buffer.alloc(32).toString('base64'))
    expect(answer).toEqual({ status: 400, body: { error: expect.objectContaining({ code: 'digest_mismatch', field: 'srv' }) as unknown } })
  })
})
