/** Scripts of a cmd package that a rollout runs once: which hosts it is about, and which way it goes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, type Service } from './service.ts'

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

describe('muster_wave_hosts', () => {
  const hosts = (extra = {}) => service.script('muster_wave_hosts', { MUSTER_STEP: 'run', MUSTER_SCRIPT: 'smoke', MUSTER_WAVE: '2', ...extra })

  it.each(['web-1,web-2,web-3', 'web-1 web-2 web-3'])('prints one per line, from the variable %s', async (names) => {
    expect((await hosts({ MUSTER_WAVE_HOSTS: names })).output).toBe('web-1\nweb-2\nweb-3\n')
  })

  it.each([['commas', 'web-1,web-2'], ['lines', 'web-1\nweb-2\n']])('prefers the file, which has all of them, with %s', async (_how, text) => {
    const file = join(service.path, 'hosts')
    writeFileSync(file, text)
    expect((await hosts({ MUSTER_WAVE_HOSTS: 'web-1', MUSTER_WAVE_HOSTS_FILE: file })).output).toBe('web-1\nweb-2\n')
  })

  it('prints nothing when the script is about the rollout as a whole', async () => {
    expect(await hosts({ MUSTER_WAVE: '', MUSTER_WAVE_HOSTS: '' })).toMatchObject({ status: 0, output: '' })
  })

  it('fails when the file is not there, rather than to be about no host', async () => {
    const ended = await service.script('for host in $(muster_wave_hosts); do echo "$host"; done; hosts=$(muster_wave_hosts); echo "on with $hosts"', { MUSTER_WAVE_HOSTS_FILE: '/nowhere' })
    expect(ended).toMatchObject({ status: 1, lastLine: 'cannot read /nowhere' })
  })
})
