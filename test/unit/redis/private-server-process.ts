/** Owns a private server until it is killed: `node private-server-process.ts DATA_DIR`. Says the server's pid once that answers. */
import { PrivateServer } from '../../../coordinator/adapters/redis/private-server.ts'
import { silent } from '../../conformance/real-redis.ts'

const server = await PrivateServer.start(process.argv[2]!, silent)
process.stdout.write(`${server.pid}\n`)
