/**
 * Loaded before an agent, it makes a liar of it: whatever its own disk says, each piece that it gives out is as long as it should be and garbage. All else is the agent's own:
 * who it is, what it may, when it answers and how.
 */
import { ServerResponse } from 'node:http'
import { PIECE_HEADER } from '../../shared/distribution/protocol.ts'

type Method = (this: ServerResponse, ...args: unknown[]) => unknown

const pieces = new WeakSet<ServerResponse>()

instead('writeHead', (original) => function (...args) {
  const headers = args.find((argument) => typeof argument === 'object' && argument !== null)
  if (args[0] === 200 && headers !== undefined && PIECE_HEADER in headers) pieces.add(this)
  return Reflect.apply(original, this, args)
})
for (const name of ['write', 'end'] as const) {
  instead(name, (original) => function (body, ...rest) {
    return Reflect.apply(original, this, [pieces.has(this) && body instanceof Uint8Array ? body.map((byte) => ~byte) : body, ...rest])
  })
}

function instead(name: 'writeHead' | 'write' | 'end', make: (original: Method) => Method): void {
  Reflect.set(ServerResponse.prototype, name, make(Reflect.get(ServerResponse.prototype, name) as Method))
}
