/** Where the coordinator's Redis comes from: one of your own, or one that it starts, or one line that says what to install. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { muster } from './fleet/command-line.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { endRemains } from './fleet/remains.ts'
import { until } from './fleet/until.ts'
import { WebService } from './web-service.ts'

stopFleetsAfterwards()

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-e2e-'))
})
afterEach(async () => {
  await endRemains(dir)
  await rm(dir, { recursive: true, force: true })
})

/** A Redis that somebody else runs. */
async function ownRedis(socket: string): Promise<ChildProcess> {
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', '--appendonly', 'yes'], { stdio: 'ignore' })
  await until('Redis listens', () => existsSync(socket))
  return server
}

test('one of your own is used, and is left alone when the coordinator ends', async () => {
  const socket = join(dir, 'own.sock')
  const server = await ownRedis(socket)
  const fleet = await Fleet.start({ hosts: 1, flags: ['--redis', socket] })
  const web = new WebService(fleet, 'web')
  await web.apply()
  await web.release('1')
  expect((await web.rollOut('1')).phase).toBe('succeeded')
  expect(await web.versions()).toEqual({ h1: '1' })
  expect(existsSync(join(fleet.coordinator.dataDir, 'redis'))).toBe(false)

  expect(await fleet.coordinator.daemon.stop()).toBe(0)
  expect(server.exitCode).toBe(null)
  const redis = new Redis({ path: socket })
  expect(await redis.dbsize()).toBeGreaterThan(0)
  redis.disconnect()
  await fleet.coordinator.start()
  expect((await fleet.rollout('web-1')).phase).toBe('succeeded')
  await fleet.stop()
  server.kill()
  await once(server, 'exit')
})

test('without a server on the PATH one line says what to install', async () => {
  const programs = join(dir, 'programs')
  await mkdir(programs)
  for (const program of ['sh', 'dirname', 'readlink']) await symlink(`/usr/bin/${program}`, join(programs, program))
  const { code, stdout, stderr } = await muster(['coordinator', '--data-dir', join(dir, 'data'), '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--pieces', '127.0.0.1:0'], { PATH: programs })
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  expect(stderr).toMatch(/^muster coordinator: .*redis-server.*apt-get install redis-server.*\n$/)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})
