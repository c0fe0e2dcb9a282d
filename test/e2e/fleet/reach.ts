/** Requests to a coordinator the way a program makes them: by the name in its certificate, trusting its authority alone, with a token. */
import { Agent, fetch } from 'undici'
import type { RequestInit } from 'undici'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'

/** Where a coordinator is, and what lets somebody in there. `ca`: PEM. `token` null: nobody. */
export type Door = { url: string; token: string | null; ca: string | null }

/** By certificate: an agent keeps its connections. */
const connections = new Map<string | null, Agent>()

export async function reach({ url, token, ca }: Door, path: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}): Promise<Response> {
  const dispatcher = connections.get(ca) ?? new Agent(ca === null ? {} : { connect: { ca, servername: COORDINATOR_NAME } })
  connections.set(ca, dispatcher)
  const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...init.headers }
  return await fetch(url + path, { ...init, headers, dispatcher })
}
