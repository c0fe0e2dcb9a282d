/** What a host says of itself, for tests. */
import type { Greeting } from '../../../coordinator/engine/ports/sessions.ts'

export const greeting: Greeting = {
  agentVersion: '0.1.0',
  labels: { dc: 'fra', rack: 'a1' },
  ignoredLabels: {},
  facts: { os: 'linux', arch: 'x64', cpus: 4, memoryBytes: 8_000_000_000, bootId: 'b-1' },
  policy: null,
  installed: [{ service: 'web', revision: 'r1', version: '1.0.0', findings: [], sinceMs: 1 }],
}
