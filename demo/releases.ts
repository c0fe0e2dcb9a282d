/** The demo's releases: two consecutive versions of mountebank as the npm registry has them, and one that somebody broke. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const OLD = '2.8.2'
export const NEW = '2.9.1'
export const BROKEN = '2.9.1-hotfix'

const INSTALL_TIMEOUT_MS = 180_000

/** Directories of the three releases below `cache`, made where they are not there yet. */
export async function prepareReleases(cache: string): Promise<Record<typeof OLD | typeof NEW | typeof BROKEN, string>> {
  const [old, next] = await Promise.all([OLD, NEW].map((version) => once(join(cache, version), (dir) => install(version, dir))))
  const broken = await once(join(cache, BROKEN), (dir) => breakIt(next!, dir))
  return { [OLD]: old!, [NEW]: next!, [BROKEN]: broken }
}

/** Runs `make` in a directory beside, so that a half-made one is never taken for whole. */
async function once(dir: string, make: (dir: string) => Promise<void>): Promise<string> {
  if (
    await stat(dir).then(
      () => true,
      () => false,
    )
  )
    return dir
  const half = `${dir}.${process.pid}`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { recursive: true })
  await make(half)
  await rename(half, dir)
  return dir
}

async function install(version: string, dir: string): Promise<void> {
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'mountebank-release', private: true }))
  const args = ['install', `mountebank@${version}`, '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', args, { cwd: dir, timeout: INSTALL_TIMEOUT_MS })
}

/** A bug as people make them: on every second port the answer is a 500. Half of the hosts will be fine, which is what makes it nasty. */
async function breakIt(from: string, dir: string): Promise<void> {
  await cp(from, dir, { recursive: true, verbatimSymlinks: true })
  const file = join(dir, 'node_modules/mountebank/src/controllers/configController.js')
  const source = await readFile(file, 'utf8')
  const bug = source.replace(
    'function get (request, response) {',
    'function get (request, response) {\n        if (options.port % 2 === 1) { throw new Error("config is not defined"); }',
  )
  if (bug === source) throw new Error(`${file} is not what the demo expects`)
  await writeFile(file, bug)
}
