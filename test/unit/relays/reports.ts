/** Relays for tests: what they say of themselves. */
import type { RelayReport } from '../../../shared/distribution/relay-report.ts'

export function reportOf(name: string, more: Partial<RelayReport> = {}): RelayReport {
  const figures = { cachedBytes: 1000, cacheMaxBytes: 4000, sentBytes: 300, fetchedBytes: 100, swarms: 1, hosts: 2 }
  return { url: `https://${name}.example:4610`, dc: 'fra', version: '1.0.0', upstream: null, figures, ...more }
}
