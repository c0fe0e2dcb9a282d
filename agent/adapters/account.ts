/** Whose rights a script runs with: the named account's, if the agent may take them on. */
import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { promisify } from 'node:util'

/** `become`: what to put before a command line. */
export type Account = { uid: number; gid: number; home: string; become: string[] }
export type AccountAnswer = { ok: true; account: Account } | { ok: false; message: string }

const LOOK_UP_TIMEOUT_MS = 10_000
const NOT_FOUND = 2

/** `name` null: the agent's own account. */
export async function findAccount(name: string | null): Promise<AccountAnswer> {
  const [ownUid, ownGid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  if (name === null) return { ok: true, account: { uid: ownUid, gid: ownGid, home: homedir(), become: [] } }
  const entry = await lookUp(name)
  if (typeof entry === 'string') return { ok: false, message: entry }
  const { uid, gid, home } = entry
  if (uid === ownUid) return { ok: true, account: { uid, gid, home, become: [] } }
  if (ownUid !== 0) return { ok: false, message: `account ${name}: the agent runs as uid ${ownUid}, only root may run scripts as another account` }
  // the environment is fresh already; with --reset-env setpriv would drop the contract's variables as well
  return { ok: true, account: { uid, gid, home, become: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'] } }
}

/** Asks the system's name service, which may know more than /etc/passwd. A string says why there is no answer. */
async function lookUp(name: string): Promise<{ uid: number; gid: number; home: string } | string> {
  try {
    const { stdout } = await promisify(execFile)('getent', ['passwd', name], { timeout: LOOK_UP_TIMEOUT_MS, killSignal: 'SIGKILL' })
    const [, , uid, gid, , home] = stdout.trim().split(':')
    return { uid: Number(uid), gid: Number(gid), home: home || '/' }
  } catch (error) {
    const { code, message } = error as { code?: number | string; message: string }
    return code === NOT_FOUND ? `account ${name} does not exist on this host` : `account ${name} cannot be looked up: ${message}`
  }
}
