/** What a relay says when its clock and a coordinator's do not agree: nobody else notices why it takes good grants for bad ones. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { Reporting } from '../../../relay/reporting.ts'
import { createPieceServer, Dialer } from '../../../shared/pieces/tls.ts'
import { Site } from '../pieces/site.ts'
import { reportOf } from '../relays/reports.ts'

const MINUTE_MS = 60_000

/** Warnings of a relay that has been answered three times. @param aheadMin of its clock */
async function saidWith(aheadMin: number): Promise<string[]> {
  const site = await Site.open()
  const answered = new AbortController()
  let reports = 0
  const server = createPieceServer(await site.coordinator(), (_request, response) => {
    reports += 1
    if (reports === 3) answered.abort()
    response.writeHead(503, { date: new Date(Date.now() - aheadMin * MINUTE_MS).toUTCString() }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const dialer = new Dialer(await site.credentials('r1', 'relay'))
  onTestFinished(() => {
    dialer.close()
    server.close()
    server.closeAllConnections()
  })
  const said: string[] = []
  const log = pino({}, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) })
  const first = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Reporting({ dialer, log, first, report: () => reportOf('r1'), onAnswer: () => Promise.resolve(), everyMs: 1 }).keep(answered.signal)
  return said.filter((message) => message.includes('clock'))
}

test.each([
  [20, '20 min ahead of'],
  [-20, '20 min behind'],
])('a clock that is %s minutes ahead is named, once', async (aheadMin, how) => {
  expect(await saidWith(aheadMin)).toEqual([`this relay's clock is ${how} the coordinator's: grants and certificates are judged wrongly until it is set`])
})

test('a clock that is a little wrong is nobody’s trouble', async () => {
  expect(await saidWith(4)).toEqual([])
})
