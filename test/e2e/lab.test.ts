/** The lab of the benchmarks itself: three hosts get a release over shaped links, and what is counted of it makes sense. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Arrivals } from '../lab/arrivals.ts'
import { Lab } from '../lab/lab.ts'
import { MusterInLab } from '../lab/muster.ts'
import { whyNoNamespaces } from '../lab/namespace.ts'

const MEGABIT_S = 50
const BYTES = 2_000_000
const obstacle = whyNoNamespaces()

test.skipIf(obstacle !== null)(`a release goes over real links, which count what they carry${obstacle === null ? '' : `: ${obstacle}`}`, async () => {
  const names = ['h1', 'h2', 'h3']
  const lab = Lab.make({ hosts: ['origin', ...names].map((name) => ({ name, mbits: MEGABIT_S })) })
  onTestFinished(() => lab.remove())
  const dir = mkdtempSync(join(tmpdir(), 'muster-lab-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const hosts = names.map((name) => lab.host(name))
  const site = await MusterInLab.start(lab.host('origin'), dir)
  onTestFinished(() => site.stop())
  await site.release('web', randomBytes(BYTES))
  await site.agents(hosts, () => ({ labels: { dc: 'a' } }))
  const before = { wire: lab.host('origin').sentBytes(), payload: await site.sentBytes() }
  const arrivals = Arrivals.begin(site, 'web', hosts)
  await Promise.all(hosts.map((host) => arrivals.of(host)))
  const payload = await site.sentBytes() - before.payload
  expect(payload).toBeGreaterThanOrEqual(BYTES)
  expect(lab.host('origin').sentBytes() - before.wire).toBeGreaterThan(payload)
})
