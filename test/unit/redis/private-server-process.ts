/** A process that owns a private server: `node private-server-process.ts DATA_DIR`. Says the server's pid once it answers, and lives until it is killed. */
import { PrivateServer } from '../../../coordinator/adapters/redis/private-server.ts'
import { silent } from '../../conformance/real-redis.ts'

const server = await PrivateServer.start(process.argv[2]!, silent)
process.stdout.write(`${server.pid}\n`)
