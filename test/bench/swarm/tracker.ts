/**
 * A program: the tracker of one torrent (BEP 3, compact answers of BEP 23). Whoever announces himself gets everybody else, and is asked to come again soon, so that no BitTorrent
 * client loses time by its tracker.
 *
 *   node tracker.ts PORT
 */
import { createServer } from 'node:http'
import { bencode } from './torrent.ts'

const COME_AGAIN_S = 5

/** Address and port, in six bytes; by both. */
const peers = new Map<string, Buffer>()

createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://tracker').searchParams
  const address = request.socket.remoteAddress!.replace(/^::ffff:/, '')
  const port = Number(query.get('port'))
  const self = `${address}:${port}`
  const others = [...peers].filter(([peer]) => peer !== self).map(([, compact]) => compact)
  if (query.get('event') === 'stopped') peers.delete(self)
  else peers.set(self, Buffer.from([...address.split('.').map(Number), port >> 8, port & 255]))
  response.end(bencode({ interval: COME_AGAIN_S, 'min interval': 1, peers: Buffer.concat(others) }))
}).listen(Number(process.argv[2]), () => console.log('listening'))
