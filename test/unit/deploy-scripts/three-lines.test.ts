/** What the documentation promises: three lines of YAML are a service. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serviceSchema } from '../../../shared/service.ts'
import { createService, SCRIPTS, type Service } from './service.ts'

const EXAMPLES = [...readFileSync(join(SCRIPTS, 'README.md'), 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml)
const THREE = EXAMPLES[0] ?? ''

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

it('three lines of YAML start, check and stop a program', async () => {
  expect(THREE.trim().split('\n')).toHaveLength(3)
  const { run, check, variables } = serviceSchema.parse(parse(THREE))
  expect({ check, variables }).toEqual({ check: null, variables: {} })
  writeFileSync(join(service.releaseDir, 'server.js'), "require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'))\n")
  const environment = { MUSTER_RUN: run ?? '' }
  expect(await service.step('start', environment)).toMatchObject({ status: 0 })
  expect(await service.step('check', environment)).toMatchObject({ status: 0 })
  await expect.poll(() => service.log()).toContain('listening\n')
  expect(await service.step('stop', environment)).toMatchObject({ status: 0, lastLine: expect.stringMatching(/^web stopped in/) })
})
