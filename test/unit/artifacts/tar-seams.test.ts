import { Parser, type ReadEntry } from 'tar'
import { expect, test } from 'vitest'
import { TarSeams } from '../../../shared/package/tar-seams.ts'
import { tar } from './tar-fixture.ts'

/** Its extended header is longer than a block, and goes on in multi-byte characters. */
const LONG = `${'x'.repeat(200)}/${'包'.repeat(80)}/${'裹'.repeat(80)}`
const ARCHIVE = tar([{ path: LONG, content: 'x' }, { path: 'link', type: 'SymbolicLink', linkpath: LONG }])
/** Through the first extended header and its entry. */
const CUTS = 2048

/** What node-tar's parser reads of the archive when it is cut in two at `cut`. */
function namesRead(cut: number, feed: (parser: Parser, chunk: Buffer) => void): string[] {
  const names: string[] = []
  const parser = new Parser({ strict: true })
  parser.on('entry', (entry: ReadEntry) => {
    names.push(entry.path, entry.linkpath ?? '')
    entry.resume()
  })
  feed(parser, ARCHIVE.subarray(0, cut))
  feed(parser, ARCHIVE.subarray(cut))
  return names
}

test('fed at its seams, the parser reads every name whole wherever the chunks are cut', () => {
  for (let cut = 1; cut < CUTS; cut += 1) {
    const seams = new TarSeams()
    const names = namesRead(cut, (parser, chunk) => { for (const piece of seams.cut(chunk)) parser.write(piece) })
    seams.finish()
    expect(names).toEqual([LONG, '', 'link', LONG])
  }
})

test('fed as the chunks come it does not; once it does, the seams are not needed any more', () => {
  const wrong = Array.from({ length: CUTS }, (_, at) => namesRead(at + 1, (parser, chunk) => { parser.write(chunk) }))
    .filter(([path]) => path !== LONG)
  expect(wrong).not.toEqual([])
})

test('hands on every byte up to the end mark', () => {
  const seams = new TarSeams()
  const pieces = [...seams.cut(ARCHIVE.subarray(0, 1000)), ...seams.cut(Buffer.concat([ARCHIVE.subarray(1000), Buffer.alloc(9000)]))]
  seams.finish()
  expect(Buffer.concat(pieces).equals(ARCHIVE)).toBe(true)
})
