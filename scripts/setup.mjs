/**
 * Makes a fresh machine ready: the dependencies with a current Node among them, and a Redis. Says and does nothing when
 * all is there. Runs on Node 20 and needs no dependency, because it is what brings them.
 */
import { dependencyGap, installDependencies } from './setup/dependencies.mjs'
import { SetupError } from './setup/failure.mjs'
import { withSetupLock } from './setup/lock.mjs'
import { nodeGap, provideNode } from './setup/node.mjs'
import { installRedis, redisGap } from './setup/redis.mjs'

function setUp() {
  if (dependencyGap()) installDependencies()
  if (nodeGap()) provideNode()
  if (redisGap()) installRedis()
}

try {
  // Looked at again under the lock: another set-up may have done it meanwhile.
  if (dependencyGap() || nodeGap() || redisGap()) await withSetupLock(setUp)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
