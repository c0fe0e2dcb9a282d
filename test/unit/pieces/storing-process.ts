/** Stores pieces of the given sizes, and says how that went: for a test that limits what a process may write. */
import { randomBytes } from 'node:crypto'
import { sha256 } from '../../../shared/digest.ts'
import { PieceFiles } from '../../../shared/pieces/files.ts'

const [dir = '', ...sizes] = process.argv.slice(2)
const files = await PieceFiles.open(dir, 1024 ** 2)
const outcomes: string[] = []
for (const sizeBytes of sizes.map(Number)) {
  const bytes = randomBytes(sizeBytes)
  outcomes.push(await files.store({ digest: sha256(bytes), sizeBytes }, bytes))
}
process.stdout.write(JSON.stringify({ outcomes, usedBytes: files.usedBytes }))
