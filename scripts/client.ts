/** Writes the types of the HTTP API's client from its OpenAPI document to shared/client; with --check, says whether they are in step instead. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import { createHttpApp } from '../coordinator/api/http/app.ts'
import type { HttpDeps } from '../coordinator/api/http/deps.ts'

const ROOT = join(import.meta.dirname, '..')
const TYPES = 'shared/client/api.ts'
/** In a folder of its own: it works on the JavaScript API of TypeScript 5. */
const GENERATOR = join(ROOT, 'scripts', 'client', 'node_modules', '.bin', 'openapi-typescript')
/** The document describes every version of the coordinator that has these routes. */
const VERSION = '1'

/** Routes only remember what they work with, so describing them takes none of it. */
async function openApiDocument(): Promise<string> {
  const app = await createHttpApp({ version: VERSION, log: pino({ level: 'silent' }) } as unknown as HttpDeps)
  await app.ready()
  const document = app.swagger()
  await app.close()
  return JSON.stringify(document)
}

async function generate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-client-'))
  try {
    const [input, output] = [join(folder, 'openapi.json'), join(folder, 'api.ts')]
    writeFileSync(input, await openApiDocument())
    execFileSync(GENERATOR, [input, '--output', output, '--alphabetize', '--default-non-nullable', 'false'], { stdio: ['ignore', 'ignore', 'inherit'] })
    return readFileSync(output, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const file = join(ROOT, TYPES)
const types = await generate()
if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== types) {
    console.error(`${TYPES} is not in step with the routes; run: npm run client`)
    process.exitCode = 1
  }
} else {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, types)
}
