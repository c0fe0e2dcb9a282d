/** Machines for a benchmark: each makes a key and enrols over the real endpoint, so many at once, and so comes to what it proves itself with. */
import { credentials } from '@grpc/grpc-js'
import type { ChannelCredentials } from '@grpc/grpc-js'
import type { EnrolledView } from '../../shared/api/identity.ts'
import type { TokenCreatedView } from '../../shared/api/token.ts'
import { parseJoinToken } from '../../shared/identity/join-token.ts'
import type { Api } from '../e2e/fleet/api.ts'
import { certificateRequest } from '../keys.ts'

const AT_ONCE = 32

/** By host, in the order of `hosts`. */
export async function enrol(api: Api, hosts: readonly string[]): Promise<Map<string, ChannelCredentials>> {
  const { text } = await api.post<TokenCreatedView>('/v1/tokens', { role: 'agent', uses: hosts.length })
  const { id, secret } = parseJoinToken(text)!
  const enrolled = new Map<string, ChannelCredentials>()
  const waiting = [...hosts]
  const one = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      const { key, request } = await certificateRequest(host)
      const { certificate, authorities } = await api.post<EnrolledView>('/v1/identity/enrol', { id, secret, role: 'agent', host, request })
      enrolled.set(host, credentials.createSsl(Buffer.from(authorities), Buffer.from(key), Buffer.from(certificate)))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return enrolled
}
