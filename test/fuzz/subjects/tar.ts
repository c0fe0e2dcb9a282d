/** Packages: headers forged in any field, with their checksums mended, so that what is tried is what lies behind the checksum. */
import fc from 'fast-check'
import { ArchiveCheck } from '../../../shared/package/archive-check.ts'
import { MusterError } from '../../../shared/errors.ts'
import { PACKAGE_LIMITS } from '../../../shared/package/limits.ts'
import { END, entry, withPaxRecord } from '../../unit/artifacts/tar-fixture.ts'
import { damaged, subject } from '../subject.ts'

const BLOCK_BYTES = 512

const path = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,3}$/), fc.stringMatching(/^[a-z]{101,120}$/), fc.constantFrom('../x', '/etc/passwd', 'a/../../b', './a', 'a//b', 'bin/'),
)
const whole = fc.oneof(
  fc.array(fc.record({
    path, content: fc.string(), type: fc.constantFrom('File', 'File', 'File', 'Directory', 'SymbolicLink', 'Link', 'CharacterDevice'), linkpath: path,
    mode: fc.constantFrom(0o644, 0o755, 0o4755),
  }), { minLength: 1, maxLength: 6 }).map((entries) => Buffer.concat([
    ...entries.map(({ content, linkpath, ...rest }) => entry({
      ...rest, ...(rest.type === 'File' ? { content } : {}), ...(/Link/.test(rest.type) ? { linkpath } : {}),
    })), END,
  ])),
  fc.tuple(fc.constantFrom('path', 'size', 'linkpath', 'mtime', 'GNU.sparse.name'), fc.string()).map((record) => withPaxRecord(...record)),
)

function mended(archive: Buffer): Buffer {
  for (let at = 0; at + BLOCK_BYTES <= archive.length; at += BLOCK_BYTES) {
    const block = archive.subarray(at, at + BLOCK_BYTES)
    if (block.toString('latin1', 257, 262) !== 'ustar') continue
    block.fill(' ', 148, 156)
    block.write(`${block.reduce((total, byte) => total + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  }
  return archive
}

export const tar = subject('tar', fc.tuple(damaged(whole).map(mended), fc.integer({ min: 1, max: 2000 })), ([archive, pieceBytes]) => {
  try {
    const check = new ArchiveCheck(PACKAGE_LIMITS)
    for (let at = 0; at < archive.length; at += pieceBytes) check.write(archive.subarray(at, at + pieceBytes))
    return check.finish() > 0 ? 'accepted' : 'refused'
  } catch (error) {
    if (error instanceof MusterError) return 'refused'
    throw error
  }
})
