/** Writes the TypeScript types of every proto to proto/gen; with --check, says whether they are in step instead. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const PROTO = join(ROOT, 'proto')
const GENERATED = join(PROTO, 'gen')
const GENERATOR = join(ROOT, 'node_modules', '.bin', 'proto-loader-gen-types')

/** What the values look like; whoever loads the protos at run time asks proto-loader for the same. Paths are relative: they end up in the files. */
const SHAPE = ['--longs=Number', '--enums=String', '--defaults', '--arrays', '--objects', '--oneofs']

function generate(folder: string): void {
  const protos = filesBelow(PROTO).filter((file) => file.endsWith('.proto'))
  const output = ['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', '--includeComments', `--outDir=${folder}`]
  execFileSync(GENERATOR, [...SHAPE, ...output, '-I', 'proto', '--', ...protos], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort()
}

/** Files that are missing, left over or different, each with the reason. */
function differences(fresh: string, kept: string): string[] {
  const names = new Set([...filesBelow(fresh), ...filesBelow(kept)])
  return [...names].sort().flatMap((name) => {
    const [wanted, present] = [contentOf(join(fresh, name)), contentOf(join(kept, name))]
    if (wanted === present) return []
    return [`proto/gen/${name}: ${present === null ? 'missing' : wanted === null ? 'left over' : 'out of date'}`]
  })
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function check(): void {
  const fresh = mkdtempSync(join(tmpdir(), 'muster-proto-'))
  try {
    generate(fresh)
    const found = differences(fresh, GENERATED)
    if (found.length === 0) return
    console.error([...found, 'The generated types are not in step with the protos; run: npm run proto'].join('\n'))
    process.exitCode = 1
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

if (process.argv.includes('--check')) check()
else {
  rmSync(GENERATED, { recursive: true, force: true })
  generate(GENERATED)
}
