/** The API over a real socket: TLS alone, and what a stranger may cost. */
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { coordinatorCertificate } from '../../../coordinator/adapters/keys/authority.ts'
import { HEADERS_WITHIN_MS, IDLE_MS, MAX_CONNECTIONS, REQUEST_WITHIN_MS } from '../../../coordinator/api/http/https.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import { testKeys } from '../../keys.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served
let options: ConnectionOptions & { port: number }

beforeAll(async () => {
  const { keyring } = await testKeys()
  const { key, certificate } = await coordinatorCertificate(keyring.issuer, {}, Date.now())
  http = await serve((deps) => ({ ...deps, https: { key, cert: certificate } }))
  await http.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = http.app.server.address() as AddressInfo
  options = { port, host: '127.0.0.1', servername: COORDINATOR_NAME, ca: keyring.issuer.certificate.toString() }
})
afterAll(() => http.stop())

/** All that is answered until the other side hangs up. */
async function exchange(socket: TLSSocket, ...lines: string[]): Promise<string> {
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await once(socket, 'close')
  return answer
}

const request = (more: ConnectionOptions, ...lines: string[]) => exchange(connect({ ...options, ...more }), ...lines)

describe('HTTPS', () => {
  it('answers by the coordinator’s own name', async () => {
    expect(await request({}, 'GET /v1/health HTTP/1.1', 'Host: x', 'Connection: close')).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('is spoken in HTTP/1.1 and no TLS before 1.2', async () => {
    const socket = connect({ ...options, ALPNProtocols: ['h2', 'http/1.1'] })
    await once(socket, 'secureConnect')
    expect(socket.alpnProtocol).toBe('http/1.1')
    socket.destroy()
    const old = connect({ ...options, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    await expect(once(old, 'secureConnect')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
  })

  it('is all there is: plain HTTP is hung up on', async () => {
    const socket = connectPlain(options)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.on('error', () => undefined)
    socket.write('GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'close')
    expect(answer).not.toContain('HTTP')
  })
})

describe('a stranger', () => {
  const upload = ['POST /v1/artifacts?package=srv HTTP/1.1', 'Host: x', 'Content-Type: application/octet-stream', `Content-Length: ${10 * 1024 ** 3}`]

  it('is refused an upload by its headers, and hung up on without a byte of it', async () => {
    const answer = await request({}, ...upload)
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    expect(answer).toContain('token_invalid')
  })

  it('and so is a viewer', async () => {
    const answer = await request({}, ...upload, `Authorization: ${http.as('vera').authorization}`)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  })

  it('is refused a chunked body as well, and no more of it is read', async () => {
    const answer = await request({}, 'PUT /v1/services/web HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Transfer-Encoding: chunked')
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('has so long, and there are so many of them', () => {
    const { headersTimeout, requestTimeout, timeout, maxConnections } = http.app.server
    expect({ headersTimeout, requestTimeout, timeout, maxConnections }).toEqual({
      headersTimeout: HEADERS_WITHIN_MS, requestTimeout: REQUEST_WITHIN_MS, timeout: IDLE_MS, maxConnections: MAX_CONNECTIONS,
    })
  })
})
