/**
 * Lua scripts: each in a file of its own, `lua/<name>.lua`, whose header says what its keys, arguments and returns are and which invariant
 * it keeps. All keys of a call share one hash tag, so that Redis Cluster can run it.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Redis } from 'ioredis'

export type ScriptArgument = string | number | Buffer

/** Runs the script, atomically. `Reply`: what its header promises. */
export type Script<Reply> = (redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]) => Promise<Reply>

/** @param file `new URL('./lua/save-rollout.lua', import.meta.url)`; read once, now */
export function loadScript<Reply>(file: URL): Script<Reply> {
  const name = basename(file.pathname)
  const lua = readFileSync(file, 'utf8')
  return (redis, keys, args) => {
    // ioredis turns it into a method that sends the digest, and the text only where the server does not know it.
    if (!(name in redis)) redis.defineCommand(name, { lua })
    const run = (redis as unknown as Record<string, (...all: ScriptArgument[]) => Promise<Reply>>)[name]!
    return run.call(redis, keys.length, ...keys, ...args)
  }
}
