/** Tars made by hand, so that tests can have the ones that no tar program writes. */
import { createHash } from 'node:crypto'
import { Header, Pax } from 'tar'

export type FixtureEntry = { path: string; type?: string; mode?: number; linkpath?: string; content?: string | Buffer }

export const END = Buffer.alloc(1024)

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Bytes without a pattern, the same for the same name. */
export function noise(name: string, sizeBytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(sizeBytes / 32) }, (_, n) => createHash('sha256').update(`${name} ${n}`).digest())
  return Buffer.concat(blocks).subarray(0, sizeBytes)
}

/** Fills up to whole blocks. */
export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** A header as it stands in an archive, with an extended one before it where its name needs one. */
export function header({ path, type = 'File', mode = 0o644, linkpath }: FixtureEntry, size: number): Buffer {
  const named = { path, size, ...(linkpath === undefined ? {} : { linkpath }) }
  const head = new Header({ ...named, type: type as Header['type'], mode, uid: 0, gid: 0, mtime: new Date(0) })
  return head.encode() ? Buffer.concat([new Pax(named).encode(), head.block!]) : head.block!
}

export function entry(of: FixtureEntry): Buffer {
  const content = Buffer.from(of.content ?? '')
  return Buffer.concat([header(of, content.length), padded(content)])
}

export function tar(entries: FixtureEntry[]): Buffer {
  return Buffer.concat([...entries.map(entry), END])
}

/** A PAX header with records of any bytes before a file `plain`. */
export function withPaxRecord(key: string, value: string | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = body.length + 1
  while (String(length).length + body.length !== length) length = String(length).length + body.length
  const record = Buffer.concat([Buffer.from(String(length)), body])
  const pax = Buffer.concat([header({ path: 'pax', type: 'ExtendedHeader' }, record.length), padded(record)])
  return Buffer.concat([pax, entry({ path: 'plain', content: 'x' }), END])
}

/** Overwrites bytes of an archive's first header and mends its checksum. */
export function patchFirstHeader(archive: Buffer, offset: number, bytes: Buffer): Buffer {
  const patched = Buffer.from(archive)
  bytes.copy(patched, offset)
  patched.fill(' ', 148, 156)
  const sum = patched.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  patched.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return patched
}
