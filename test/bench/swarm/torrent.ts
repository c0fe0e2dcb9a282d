/** A torrent file, as BEP 3 has it: one file, SHA-1 of each of its pieces, and where its tracker is. */
import { createHash } from 'node:crypto'

type Bencoded = number | string | Buffer | Bencoded[] | { [key: string]: Bencoded }

export function torrentOf(name: string, bytes: Buffer, pieceBytes: number, announce: string): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(createHash('sha1').update(bytes.subarray(at, at + pieceBytes)).digest())
  return bencode({ announce, info: { length: bytes.length, name, 'piece length': pieceBytes, pieces: Buffer.concat(pieces) } })
}

/** Keys of a dictionary are sorted. */
export function bencode(value: Bencoded): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string') return bencode(Buffer.from(value))
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')])
  return Buffer.concat([Buffer.from('d'), ...Object.keys(value).sort().flatMap((key) => [bencode(key), bencode(value[key]!)]), Buffer.from('e')])
}
