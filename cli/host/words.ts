/** Hosts in words, the same in lists and on their own. */
import type { HostView } from '../../shared/api/host.ts'
import { styled } from '../text/line.ts'
import type { Span, Tone } from '../text/line.ts'

const TONES: Record<HostView['status'], Tone> = { connected: 'good', silent: 'busy', away: 'bad', revoked: 'faint' }

export function statusSpan(status: HostView['status']): Span {
  return styled(status, TONES[status])
}

/** `web 1.4.2`; where it should run another version, that one too. In the middle of a deployment a host vouches for nothing. */
export function runsText({ service, version, assigned, standing }: HostView['services'][number]): string {
  const runs = `${service} ${version ?? (standing === 'deploying' ? 'being deployed' : 'not installed')}`
  return assigned === version ? runs : `${runs} (should be ${assigned ?? 'none'})`
}

export function labelsText(labels: HostView['labels']): string {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(',')
}
