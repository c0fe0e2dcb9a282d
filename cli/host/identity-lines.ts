/** Who a host is, in lines: its labels and which of them were bound, how it joined, how its certificate stands, and that it was removed. */
import type { HostView } from '../../shared/api/host.ts'
import { formatDuration } from '../../shared/duration.ts'
import { ago, dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'

/** Of a serial or a pin: enough to tell two apart. */
const SHORT_CHARS = 16

export function labelLines({ labels, ignoredLabels, identity }: HostView): Line[] {
  const bound = identity?.labels ?? {}
  const shown = Object.entries(labels).map(([key, value]) => `${key}=${value}${Object.hasOwn(bound, key) ? ' (bound)' : ''}`)
  const ignored = Object.entries(ignoredLabels).map(([key, claimed]): Line =>
    ['', styled(`claims ${key}=${claimed}; bound: ${Object.hasOwn(labels, key) ? `${key}=${labels[key]}` : 'none came with its token'}`, 'odd')])
  return [['labels', shown.join(', ')], ...ignored]
}

export function identityLines({ identity, revoked }: HostView, now: number): Line[] {
  return [...(revoked === null ? [] : [revokedLine(revoked)]), ...(identity === null ? [] : joinedLines(identity, now))]
}

function revokedLine({ atMs, by, reason }: NonNullable<HostView['revoked']>): Line {
  return ['revoked', `${dateAndTime(atMs)}, by ${by}${reason === null ? '' : ` (${reason})`}: its agent cannot connect`]
}

/** Serial and pin are for comparing with what somebody else shows. */
function joinedLines({ role, token, enrolledAtMs, certificate }: NonNullable<HostView['identity']>, now: number): Line[] {
  const { serial, issuerPin, expiresAtMs, state } = certificate
  const standing = state === 'expired' ? `expired ${ago(expiresAtMs, now)}` : `expires in ${formatDuration(expiresAtMs - now)}`
  const text = `${standing}, serial ${serial.slice(0, SHORT_CHARS)}, issued by ${issuerPin.slice(0, 'sha256:'.length + SHORT_CHARS)}`
  return [
    ['joined', `${dateAndTime(enrolledAtMs)} as ${role}, with token ${token}`],
    ['certificate', state === 'good' ? text : styled(`${text}; it should have been renewed`, 'odd')],
  ]
}
