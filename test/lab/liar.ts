/**
 * Loaded before an agent, it makes a liar of it: whatever its own disk says, each piece that it gives out is as long as it should be and garbage. All else is the agent's own:
 * who it is, what it may, when it answers and how.
 */
import { ServerResponse } from 'node:http'
import { PIECE_HEADER } from '../../shared/distribution/protocol.ts'

const { writeHead, write, end } = ServerResponse.prototype
const pieces = new WeakSet<ServerResponse>()

ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]) {
  const headers = args.find((argument) => typeof argument === 'object' && argument !== null)
  if (args[0] === 200 && (this.hasHeader(PIECE_HEADER) || (headers !== undefined && PIECE_HEADER in headers))) pieces.add(this)
  return Reflect.apply(writeHead, this, args) as ServerResponse
} as typeof writeHead
ServerResponse.prototype.write = lying(write) as typeof write
ServerResponse.prototype.end = lying(end) as typeof end

function lying<T>(original: (...args: never[]) => T) {
  return function (this: ServerResponse, body: unknown, ...rest: unknown[]): T {
    return Reflect.apply(original, this, [pieces.has(this) && body instanceof Uint8Array ? body.map((byte) => ~byte) : body, ...rest]) as T
  }
}
