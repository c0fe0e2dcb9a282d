import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nameOf } from '../../../cli/help.ts'
import { createProgram } from '../../../cli/program.ts'
import type { Run } from '../../../cli/world.ts'
import { muster } from './muster.ts'

let dir: string
/** Nobody listens there: whatever gets past the arguments ends with 4. */
let url: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  const files = {
    'tab.yaml': 'service: web\n\tpath: /srv/web\n',
    'quote.yaml': 'service: "web\npath: /srv/web\n',
    'twice.yaml': 'service: web\nservice: shop\n',
    'list.yaml': '- web\n- shop\n',
    'empty.yaml': '',
    'two.yaml': 'service: web\n---\nservice: shop\n',
    'alias.yaml': 'service: *nowhere\n',
    'bomb.yaml': ['a: &a [x, x, x, x, x, x, x, x, x, x]', 'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]', 'c: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]'].join('\n'),
    'nameless.yaml': 'path: /srv/web\n',
    'number.yaml': 'path: /srv/web\nservice: 7\n',
    'good.yaml': 'service: web\npath: /srv/web\n',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.close()
})

afterAll(() => rm(dir, { recursive: true, force: true }))

type Refused = [command: string, code: number, ...stderr: string[]]

const target = 'expected: a service and one of its versions, such as web@1.4.2'
const version = 'expected: letters, digits and . _ + -, at most 64, such as 1.4.2'
const selector = 'expected: terms such as env=prod,dc!=sg, web-1 or web-*'
const yamlFile = 'expected: the path of a YAML file'
const oneDocument = 'expected: one YAML document'
const mapping = 'expected: a mapping: lines such as `name: value`'
const serviceName = 'expected: lower-case letters, digits, dots and dashes, at most 63, such as `service: web`'

/** DIR stands for the directory of the files above. */
const TABLE: Refused[] = [
  // What commander finds.
  ['rollot list', 2, "error: unknown command 'rollot'", 'field:    rollot', 'expected: rollout'],
  ['xyzzy', 2, "error: unknown command 'xyzzy'", 'field:    xyzzy', 'expected: see muster --help'],
  ['rollout list --limt 5', 2, "error: unknown option '--limt'", 'field:    --limt', 'expected: --limit'],
  ['rollout start', 2, "error: missing required argument 'service@version'", 'field:    service@version', 'expected: see muster rollout start --help'],
  ['rollout start web@1 --hosts', 2, "error: option '--hosts <selector>' argument missing", 'field:    --hosts', 'expected: see muster rollout start --help'],
  ['rollout watch web-7 web-8', 2, "error: too many arguments for 'watch'. Expected 1 argument but got 2: web-7, web-8.", 'field:    watch', 'expected: see muster rollout watch --help'],
  ['service apply', 2, "error: required option '-f, --file <file>' not specified", 'field:    -f', 'expected: see muster service apply --help'],
  ['rollout retry web-7 web-01 --failed', 2, 'error: it can be only one of these', 'field:    host, --failed, --not-started', 'expected: names of hosts, or one of the flags'],
  ['rollout rollback web-7 --wave 0', 2, 'error: "0" is no wave', 'field:    --wave', 'expected: the number of a wave; the first is 1'],
  ['rollout skip web-7', 2, "error: missing required argument 'host'", 'field:    host', 'expected: see muster rollout skip --help'],
  ['release create web 1.0', 2, "error: required option '--srv <path>' not specified", 'field:    --srv', 'expected: see muster release create --help'],
  // Arguments and flags.
  ['rollout plan web', 2, 'error: "web" is not SERVICE@VERSION', 'field:    service@version', target],
  ['rollout plan web@', 2, 'error: "" is not a version', 'field:    service@version', version],
  ['rollout plan @1.0', 2, 'error: "" in "@1.0" is not a service\'s name', 'field:    service@version', target],
  ['rollout plan a@b@c', 2, 'error: "a@b@c" is not SERVICE@VERSION', 'field:    service@version', target],
  ['rollout plan Web@1.0', 2, 'error: "Web" in "Web@1.0" is not a service\'s name', 'field:    service@version', target],
  ['rollout start web@../1', 2, 'error: "../1" is not a version', 'field:    service@version', version],
  ['rollout start web@1 --hosts env=', 2, 'error: "env=" is not a term; expected key=value, key!=value, a host name, or a glob such as web-*', 'field:    --hosts', selector],
  ['host list --hosts a,,b', 2, 'error: empty term in "a,,b"; expected terms such as env=prod,dc!=sg or web-*', 'field:    --hosts', selector],
  [`rollout pause web-7 --reason ${'x'.repeat(501)}`, 2, 'error: the reason has 501 characters', 'field:    --reason', 'expected: at most 500 characters'],
  ['rollout list --limit 0', 2, 'error: "0" is no number that --limit takes', 'field:    --limit', 'expected: a whole number from 1 to 1000'],
  ['rollout list --limit 5x', 2, 'error: "5x" is no number that --limit takes', 'field:    --limit', 'expected: a whole number from 1 to 1000'],
  ['dev --agents 1000', 2, 'error: "1000" is no number that --agents takes', 'field:    --agents', 'expected: a whole number from 1 to 200'],
  ['dev --http 65536', 2, 'error: "65536" is no number that --http takes', 'field:    --http', 'expected: a whole number from 0 to 65535'],
  ['host list --url localhost:4600', 2, 'error: "localhost:4600" is not the address of a coordinator', 'field:    --url', 'expected: a URL such as https://127.0.0.1:4600'],
  ['host list --url http://a --context b', 2, 'error: it can be only one of --url and --context', 'field:    --url, --context', 'expected: the name of a context, or an address'],
  ['release create web 1/0 --srv x', 2, 'error: "1/0" is not a version', 'field:    version', version],
  // Files.
  ['service apply -f DIR/none.yaml', 2, 'error: DIR/none.yaml does not exist', 'field:    --file', yamlFile],
  ['service apply -f DIR', 2, 'error: DIR is a directory', 'field:    --file', yamlFile],
  ['rollout start web@1 --strategy DIR/none.yaml', 2, 'error: DIR/none.yaml does not exist', 'field:    --strategy', yamlFile],
  ['service apply -f DIR/tab.yaml', 2, 'error: DIR/tab.yaml, line 2, column 1: tabs are not allowed as indentation', 'field:    --file', oneDocument],
  ['service apply -f DIR/quote.yaml', 2, 'error: DIR/quote.yaml, line 3, column 1: missing closing "quote', 'field:    --file', oneDocument],
  ['service apply -f DIR/twice.yaml', 2, 'error: DIR/twice.yaml, line 2, column 1: map keys must be unique', 'field:    --file', oneDocument],
  ['service apply -f DIR/two.yaml', 2, 'error: DIR/two.yaml, line 2, column 1: a second document begins', 'field:    --file', oneDocument],
  ['service apply -f DIR/list.yaml', 2, 'error: DIR/list.yaml: found a list', 'field:    --file', mapping],
  ['service apply -f DIR/empty.yaml', 2, 'error: DIR/empty.yaml: found nothing', 'field:    --file', mapping],
  ['service apply -f DIR/alias.yaml', 2, 'error: DIR/alias.yaml, line 1, column 10: no anchor &nowhere before *nowhere', 'field:    --file', oneDocument],
  ['service apply -f DIR/bomb.yaml', 2, 'error: DIR/bomb.yaml: excessive alias count indicates a resource exhaustion attack', 'field:    --file', 'expected: fewer aliases of aliases'],
  ['rollout plan web@1 --strategy DIR/list.yaml', 2, 'error: DIR/list.yaml: found a list', 'field:    --strategy', mapping],
  ['service apply -f DIR/nameless.yaml', 2, 'error: the file names no service', 'field:    service (DIR/nameless.yaml)', serviceName],
  ['service apply -f DIR/number.yaml', 2, 'error: 7 is not a service\'s name', 'field:    service (DIR/number.yaml, line 2, column 10)', serviceName],
  // No coordinator.
  ['host list', 4, 'error: cannot reach the coordinator at BASE: connect ECONNREFUSED HOSTPORT', 'field:    --url', 'expected: the address of a running coordinator; muster dev starts one on this machine'],
  ['rollout watch web-7', 4, 'error: cannot reach the coordinator at BASE: connect ECONNREFUSED HOSTPORT', 'field:    --url', 'expected: the address of a running coordinator; muster dev starts one on this machine'],
  ['service apply -f DIR/good.yaml', 4, 'error: cannot reach the coordinator at BASE: connect ECONNREFUSED HOSTPORT', 'field:    --url', 'expected: the address of a running coordinator; muster dev starts one on this machine'],
]

describe('what is wrong is said at once, with its name and with what would be right', () => {
  test.each(TABLE)('%s → %i', async (command, code, message, ...details) => {
    const ran = await muster(command.replaceAll('DIR', dir), { url })
    const expected = [message, ...details.map((detail) => `  ${detail}`), ''].join('\n')
      .replaceAll('DIR', dir).replaceAll('BASE', url).replaceAll('HOSTPORT', new URL(url).host)
    expect(ran.stderr).toBe(expected)
    expect(ran).toMatchObject({ code, stdout: '' })
  })

  test('with --json it is said as a problem', async () => {
    const ran = await muster('rollout plan web --json', { url })
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(JSON.parse(ran.stderr)).toEqual({
      error: { code: 'flag_invalid', message: '"web" is not SERVICE@VERSION', field: 'service@version', expected: 'a service and one of its versions, such as web@1.4.2' },
    })
  })

  test('the environment is named where it is at fault', async () => {
    const ran = await muster('host list', { url: 'nonsense' })
    expect(ran.stderr).toContain('field:    MUSTER_URL')
  })
})

/** Telling what there is uses nothing of the world. */
const program = createProgram({ world: {} } as Run)
const verbs = leavesOf(program).map((verb) => ({ name: nameOf(verb).replace('muster ', ''), summary: verb.summary(), description: verb.description() }))

function leavesOf(command: Command): Command[] {
  const inner = command.createHelp().visibleCommands(command).filter((one) => one.name() !== 'help')
  return inner.length === 0 ? [command] : inner.flatMap((one) => leavesOf(one))
}

describe('help', () => {
  test('muster help rollout start is that of the verb', async () => {
    expect((await muster('help rollout start')).stdout).toBe((await muster('rollout start --help')).stdout)
  })

  test.each(verbs)('muster $name --help has examples of it', async ({ name }) => {
    const { code, stdout, stderr } = await muster(`${name} --help`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`\nExamples:\n  $ muster ${name}`)
    expect(stdout).toContain('--json')
  })

  test.each(verbs)('muster $name is a few words in the list of its group, and sentences in its own help', ({ summary, description }) => {
    expect(summary).toMatch(/^[a-z][^.]{5,59}$/)
    expect(description).toMatch(/^[A-Z].*[^:]\.$/s)
  })

  test('muster --help lists the exit codes', async () => {
    const { code, stdout } = await muster('--help')
    expect(code).toBe(0)
    for (const exit of [0, 1, 2, 3, 4, 5, 130]) expect(stdout).toMatch(new RegExp(`^  ${exit} `, 'm'))
  })

  test('a group without a verb shows its help as an error', async () => {
    const { code, stdout, stderr } = await muster('rollout')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: muster rollout')
  })

  test('help that is asked for is no error', async () => {
    expect(await muster('help rollout')).toMatchObject({ code: 0, stderr: '' })
    expect(await muster('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string })
  })
})
