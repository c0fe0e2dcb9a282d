/** What scripts find of the instances of a service, and what those find that belong to no step of a deployment. */
import { describe, expect, it } from 'vitest'
import { unresolved } from '../../../agent/deploy/acceptable.ts'
import { scriptEnvironment } from '../../../agent/deploy/environment.ts'
import { installationOf } from '../../../agent/deploy/installation.ts'
import type { Action, Check } from '../../../shared/command.ts'
import { command, goal, HOST } from './commands.ts'

const context = { host: HOST, labels: { dc: 'fra', 'rack.row-2': 'r7' }, root: '/root', deployUtils: '/opt/deploy-utils.sh' }
const inherited = { PATH: '/usr/bin:/bin', HOME: '/var/lib/web' }
const single: Action & { kind: 'script' } = { kind: 'script', goal: goal('1.0'), script: 'migrate', wave: null, hosts: [], undo: false }

describe('instances', () => {
  const check: Check = { probe: { kind: 'tcp', address: '127.0.0.1:${PORT}' }, withinMs: 1, forMs: 0 }
  const several = goal('1.0', {
    variables: { PORT: '80', MODE: 'live' }, run: 'serve ${PORT} ${MODE}', check, instances: { a: { PORT: '8081' }, b2: { PORT: '8082', MODE: 'dry' } },
  })

  it('have what differs under their own names', () => {
    const run = { command: command({ goal: several }), before: { installed: null, running: null, settled: true }, step: 'start', ticket: 't', hostsFile: null } as const
    const env = scriptEnvironment({ ...run, release: installationOf(command({ goal: several })) }, context, inherited)
    expect(Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('MUSTER_INSTANCE')))).toEqual({
      MUSTER_INSTANCES: 'a b2',
      MUSTER_INSTANCE_a_VAR_PORT: '8081', MUSTER_INSTANCE_a_RUN: 'serve 8081 live', MUSTER_INSTANCE_a_CHECK_TARGET: '127.0.0.1:8081',
      MUSTER_INSTANCE_b2_VAR_PORT: '8082', MUSTER_INSTANCE_b2_VAR_MODE: 'dry', MUSTER_INSTANCE_b2_RUN: 'serve 8082 dry', MUSTER_INSTANCE_b2_CHECK_TARGET: '127.0.0.1:8082',
    })
  })

  it('may name what only they have, and each has to have it', () => {
    const own = { ...several, variables: { MODE: 'live' } }
    expect(unresolved(own, {})).toEqual([])
    expect(unresolved({ ...own, instances: { ...own.instances, c: {} } }, {})).toEqual([
      expect.stringContaining('the run names ${PORT}') as string, expect.stringContaining('the check target names ${PORT}') as string,
    ])
  })
})

describe('the environment of what belongs to no step', () => {
  const before = { installed: null, running: null, settled: true }

  it('is, of a command line, that of a script without a release', () => {
    const run = { command: command({ action: { kind: 'exec', command: 'true' } }), before, step: 'run', release: null, ticket: 't', hostsFile: null } as const
    expect(scriptEnvironment(run, context, inherited)).toEqual({
      PATH: '/usr/bin:/bin', HOME: '/var/lib/web', MUSTER_STEP: 'run', MUSTER_HOST: HOST, MUSTER_ROLLOUT: 'web-1', MUSTER_COMMAND: 'web-1/h1/1',
      MUSTER_TICKET: 't', MUSTER_DEPLOY_UTILS: '/opt/deploy-utils.sh', MUSTER_LABEL_DC: 'fra', MUSTER_LABEL_RACK_ROW_2: 'r7',
    })
  })

  it('is, of a script, that of its release and what it is about; hosts that are too many are in the file alone', () => {
    const many = Array.from({ length: 2000 }, (_, index) => `host-${index}.somewhere.in.a.large.fleet.example`)
    const about = (hosts: string[]) => {
      const asked = command({ action: { ...single, wave: 3, hosts, undo: true } })
      return scriptEnvironment({ command: asked, before, step: 'run', release: installationOf(asked), ticket: 't', hostsFile: '/f' }, context, inherited)
    }
    expect(about(['h1', 'h2'])).toMatchObject({
      MUSTER_STEP: 'run', MUSTER_VERSION: '1.0', MUSTER_SCRIPT: 'migrate', MUSTER_UNDO: '1', MUSTER_WAVE: '3', MUSTER_WAVE_HOSTS: 'h1 h2', MUSTER_WAVE_HOSTS_FILE: '/f',
    })
    expect(about(many)).toMatchObject({ MUSTER_WAVE_HOSTS: '', MUSTER_WAVE_HOSTS_FILE: '/f' })
  })
})
