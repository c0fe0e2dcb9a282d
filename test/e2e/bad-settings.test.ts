/** Settings of both daemons that are not right: the process does not start, says why in one line that names the setting as it was given, and leaves nothing. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { muster } from './fleet/command-line.ts'
import { processesOf } from './fleet/remains.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'

const FILES = {
  'unknown.yaml': 'http: 127.0.0.1:0\nhttps: 127.0.0.1:0\n',
  'often.yaml': 'heartbeat-ms: 5\n',
  'list.yaml': '- http\n',
}
const LOG_LEVELS = 'trace, debug, info, warn, error, fatal, silent'
const NAMES = 'expected lower-case letters, digits, dots and dashes, at most 63'

stopFleetsAfterwards()

let fleet: Fleet
/** Stands as @ in the tables. */
let dir: string

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 1 })
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-settings-'))
  for (const [name, content] of Object.entries(FILES)) await writeFile(join(dir, name), content)
})
afterEach(async () => {
  expect(await processesOf(dir)).toEqual([])
  await rm(dir, { recursive: true, force: true })
})

async function ended(command: string, env: NodeJS.ProcessEnv = {}) {
  const { code, stderr } = await muster(command.split(' ').map((word) => decodeURIComponent(word).replaceAll('@', dir)), env)
  return { code, stderr: stderr.replaceAll(dir, '@') }
}

/** Arguments with which everything else is right. */
const COORDINATOR = 'coordinator --data-dir @/data --http 127.0.0.1:0 --grpc 127.0.0.1:0 --pieces 127.0.0.1:0'
const AGENT = 'agent --data-dir @/data --host h1'

const REFUSED: [command: string, line: string, env?: NodeJS.ProcessEnv][] = [
  ['coordinator', 'muster coordinator: --data-dir is missing; expected a directory for artifacts and, without --redis, for the private Redis'],
  [`${COORDINATOR} --http 4600`, 'muster coordinator: --http: "4600" is not an address; expected HOST:PORT such as 127.0.0.1:4600'],
  [`${COORDINATOR} --log-level loud`, `muster coordinator: --log-level: expected one of ${LOG_LEVELS}`],
  [`${COORDINATOR} --redis-replicas 1`, 'muster coordinator: --redis-replicas: the private Redis has no replicas; expected a Redis of your own with --redis, or 0'],
  [`${COORDINATOR} --redis localhost`, 'muster coordinator: --redis: expected redis://…, rediss://…, redis+sentinel://… or the path of a socket'],
  [`${COORDINATOR} --certificate-ttl 5s`, 'muster coordinator: --certificate-ttl: "5s" does not do; expected a duration from 10s to 90d, for instance 24h'],
  [`${COORDINATOR} --ca-cert @/none.pem`, 'muster coordinator: --ca-key is missing; expected --ca-cert and --ca-key together'],
  [`${COORDINATOR} --http-key @/none.pem`, 'muster coordinator: --http-cert is missing; expected --http-cert and --http-key together'],
  [`${COORDINATOR} --advertise-http http://10.0.0.5:4600`, 'muster coordinator: --advertise-http: expected a URL such as https://10.0.0.5:4600'],
  ['coordinator --data-dir @/data', 'muster coordinator: MUSTER_COORDINATOR_HTTP: "4600" is not an address; expected HOST:PORT such as 127.0.0.1:4600', { MUSTER_COORDINATOR_HTTP: '4600' }],
  [`${COORDINATOR} --config @/unknown.yaml`, 'muster coordinator: @/unknown.yaml: there is no setting "https"; expected one of data-dir, key-dir, ca-cert, ca-key, certificate-ttl, http-cert, http-key, artifacts, retain-releases, http, grpc, pieces, advertise-http, advertise-grpc, advertise-pieces, redis, redis-replicas, adopt-unsealed, bound-labels, heartbeat-ms, log-level'],
  [`${COORDINATOR} --config @/often.yaml`, 'muster coordinator: @/often.yaml: heartbeat-ms: Too small: expected number to be >=100'],
  [`${COORDINATOR} --config @/list.yaml`, 'muster coordinator: @/list.yaml: not a mapping of settings; expected a YAML file of settings'],
  [`${COORDINATOR} --config @/none.yaml`, 'muster coordinator: @/none.yaml: ENOENT: no such file or directory, open \'@/none.yaml\'; expected a YAML file of settings'],
  [`${COORDINATOR} --colour red`, 'error: unknown option \'--colour\''],
  [`${AGENT} --coordinator here`, 'muster agent: --coordinator: "here" is not an address; expected HOST:PORT such as muster.example.com:4601'],
  [`${AGENT} --coordinator 192.0.2.7:4601`, 'muster agent: this host has not joined, and there is no --join; expected a join token: muster token create --role agent'],
  [`${AGENT} --host No%20Host`, `muster agent: --host: ${NAMES}`],
  [`${AGENT} --labels DC=fra`, 'muster agent: --labels: "DC=fra" is not a label; expected KEY=VALUE such as dc=fra, the key in lower case'],
  [`${AGENT} --kill-grace soon`, 'muster agent: --kill-grace: "soon" is not a duration; expected for instance 10s'],
  [`${AGENT} --join mstj_x`, 'muster agent: --join: the join token is damaged or incomplete; expected a join token (mstj_…), or the path of a file that holds one: muster token create --role agent'],
  [`${AGENT}`, `muster agent: MUSTER_AGENT_LOG_LEVEL: expected one of ${LOG_LEVELS}`, { MUSTER_AGENT_LOG_LEVEL: 'loud' }],
  [`${AGENT} --colour red`, 'error: unknown option \'--colour\''],
]

test.each(REFUSED)('%s', async (command, line, env) => {
  expect(await ended(command, env)).toEqual({ code: 2, stderr: `${line}\n` })
  expect(existsSync(join(dir, 'data'))).toBe(false)
})

test('an address that somebody listens on already', async () => {
  const http = fleet.coordinator.http
  const { grpc, pieces } = fleet.coordinator
  const taken = (setting: string, address: string) => ({ code: 2, stderr: expect.stringContaining(`muster coordinator: --${setting}: cannot listen on ${address}: `) as string })
  expect(await ended(`${COORDINATOR} --http ${http}`)).toEqual(taken('http', http))
  expect(await ended(`${COORDINATOR} --grpc ${grpc}`)).toEqual(taken('grpc', grpc))
  expect(await ended(`${COORDINATOR} --pieces ${pieces}`)).toEqual(taken('pieces', pieces))
})

test('a data directory that is a file', async () => {
  const { code, stderr } = await ended('coordinator --data-dir @/list.yaml')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^muster coordinator: --data-dir: cannot make @\/list\.yaml: EEXIST.*; expected a directory that this account may write to\n$/)
})

test('a Redis that is not there: not a setting that is wrong, but something that is missing', async () => {
  const stderr = 'muster coordinator: no Redis answers at @/none.sock; expected the address of a running Redis\n'
  expect(await ended(`${COORDINATOR} --redis @/none.sock`)).toEqual({ code: 4, stderr })
})

test('the directory of another agent that runs', async () => {
  const theirs = join(fleet.dir, 'hosts', 'h1', 'agent')
  expect(await ended(`agent --data-dir ${theirs} --host h1`)).toEqual({
    code: 2, stderr: `muster agent: another agent runs on ${theirs}; expected a directory of its own for each agent\n`,
  })
})
