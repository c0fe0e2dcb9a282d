/** `muster login`: from an address and a token to a context that verbs use. What is saved has been tried. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { MusterError, problem } from '../shared/errors.ts'
import { NAME_PATTERN } from '../shared/ids.ts'
import { pinnedAuthority, shownBy } from '../shared/identity/pinned-authority.ts'
import { PIN_PATTERN, pinOfKey } from '../shared/identity/pin.ts'
import type { WhoamiView } from '../shared/api/whoami.ts'
import { ask, canAsk, readAll } from './ask.ts'
import { Client } from './client.ts'
import { doingHere, show } from './context.ts'
import type { Surroundings } from './context.ts'
import { contextDirectory, saveContext, useContext } from './contexts/store.ts'
import { checkedUrl, readAuthority, refuseCleartext } from './endpoint.ts'
import type { EndpointFlags } from './endpoint.ts'
import { withExamples } from './help.ts'
import { dateAndTime } from './text/clock.ts'
import type { Run, World } from './world.ts'

type LoginFlags = { tokenFile?: string; caPin?: string; ca?: string }

/** What `--ca-pin` takes. */
const A_PIN = 'sha256: and 64 hexadecimal digits, as the coordinator\'s administrator gives it to you'
const NAMELESS = 'default'

export function addLogin(program: Command, run: Run): void {
  const command = program.command('login')
    .summary('log in to a coordinator')
    .description('Saves where a coordinator is and your token for it as a context, which verbs use from then on. The token comes from --token-file, from '
      + 'stdin, or from a prompt that does not show it. A coordinator is trusted for its pin, for a certificate of its authority, or for one that everybody '
      + 'trusts; at a terminal you may also compare its pin yourself. --context names the context (default: the coordinator\'s host).')
    .argument('<url>', 'the coordinator\'s HTTP API')
    .option('--token-file <file>', 'your token is in this file')
    .option('--ca-pin <pin>', 'trust the authority with this pin')
    .option('--ca <file>', 'trust the authorities whose certificates are in this file (PEM)')
    .action(doingHere(run, (here, flags, url: string, given: LoginFlags) => login(here, flags, url, given)))
  withExamples(
    command, 'muster login https://muster.example.com:4600 --ca-pin sha256:…', 'muster login https://muster.example.com:4600 --context prod < token',
    'sudo muster ca show --data-dir /var/lib/muster/coordinator --pem > muster-ca.pem',
    'sudo cat /var/lib/muster/coordinator/keys/admin-token | muster login https://127.0.0.1:4600 --ca muster-ca.pem',
  )
}

async function login(here: Surroundings, { context, url: misplaced }: EndpointFlags, address: string, flags: LoginFlags): Promise<void> {
  const { world } = here
  if (misplaced !== undefined) throw problem('flag_invalid', 'the address stands behind login', { field: '--url', expected: 'muster login URL' })
  const url = checkedUrl(address, 'url')
  refuseCleartext(url, 'url')
  const name = context ?? nameFor(url)
  const dir = contextDirectory(world.env)
  const ca = await authorityOf(world, url, flags)
  const token = await tokenFor(world, url, flags)
  const who = await new Client({ url, token, ca }, world.signal).whoami()
  const { name: actor, role, expiresAtMs } = who
  await saveContext(dir, name, { url, token, ca, actor, role, expiresAtMs, madeBy: 'login' })
  await useContext(dir, name)
  await show(here, { context: name, url, ...who }, () => [
    [`logged in to ${url} as ${actor} (${role}), ${untilWhen(who)}`],
    [`verbs use it as the context ${name}; muster context list shows all`],
  ])
}

function nameFor(url: string): string {
  const { hostname } = new URL(url)
  return NAME_PATTERN.test(hostname) ? hostname : NAMELESS
}

function untilWhen({ expiresAtMs }: WhoamiView): string {
  return expiresAtMs === null ? 'with a token that does not expire' : `until ${dateAndTime(expiresAtMs)}`
}

/** PEM; null: one that everybody trusts. */
async function authorityOf(world: World, url: string, { ca, caPin }: LoginFlags): Promise<string | null> {
  if (ca !== undefined && caPin !== undefined) {
    throw problem('flag_invalid', 'it can be only one of --ca and --ca-pin', { field: '--ca, --ca-pin', expected: 'a certificate, or the pin of one' })
  }
  if (ca !== undefined) return readAuthority(ca, '--ca')
  if (caPin !== undefined) {
    if (!PIN_PATTERN.test(caPin)) throw problem('flag_invalid', `"${caPin}" is not a pin`, { field: '--ca-pin', expected: A_PIN })
    return pinnedAuthority(url, caPin, world.now(), world.signal)
  }
  try {
    await new Client({ url, token: null, ca: null }, world.signal).health()
    return null
  } catch (error) {
    if (!(error instanceof MusterError) || error.problem.code !== 'certificate_refused') throw error
    if (!canAsk(world)) throw problem('certificate_refused', error.message, { field: '--ca-pin', expected: A_PIN })
    return comparedByHand(world, url)
  }
}

/** As ssh does at the first time. */
async function comparedByHand(world: World, url: string): Promise<string> {
  const authority = (await shownBy(url, world.signal)).find((certificate) => certificate.ca)
  if (authority === undefined) {
    throw problem('certificate_refused', `${url} shows no authority of Muster's`, { field: 'url', expected: 'the address of a coordinator' })
  }
  const pin = pinOfKey(authority.publicKey)
  const question = `Nobody that is trusted here vouches for ${url}. The pin of its authority is\n  ${pin}\nIs that what its administrator says (yes/no)? `
  if (await ask(world, question, 'shown') === 'yes') return pinnedAuthority(url, pin, world.now(), world.signal)
  throw problem('certificate_refused', 'you did not say yes', { field: '--ca-pin', expected: A_PIN })
}

async function tokenFor(world: World, url: string, { tokenFile }: LoginFlags): Promise<string> {
  const field = tokenFile === undefined ? 'stdin' : '--token-file'
  const token = tokenFile !== undefined ? await fileText(tokenFile) : canAsk(world) ? await ask(world, `token for ${url}: `, 'secret') : await readAll(world)
  if (/^\S+$/.test(token)) return token
  const message = token === '' ? 'no token was given' : 'what was given is no token'
  throw problem('flag_invalid', message, { field, expected: 'mst_…, as muster token create printed it' })
}

async function fileText(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem('flag_invalid', `${path} cannot be read: ${error.code}`, { field: '--token-file', expected: 'a file with a token' })
  })
  return text.trim()
}
