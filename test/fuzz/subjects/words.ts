/** Short texts that people write and programs send: what follows of one that is taken has to hold. */
import fc from 'fast-check'
import { instantsBetween, parseCron } from '../../../coordinator/engine/calendar/cron.ts'
import { formatAddress, parseAddress } from '../../../shared/address.ts'
import { parseDuration } from '../../../shared/duration.ts'
import { formatApiToken, parseApiToken } from '../../../shared/identity/api-token.ts'
import { damagedText, refusalIn, subject } from '../subject.ts'

const word = fc.stringMatching(/^[0-9A-Za-z-]{1,20}$/)

export const apiTokens = subject('API tokens', damagedText(fc.record({ id: word, secret: word }).map(formatApiToken)), (text) => {
  const token = parseApiToken(text)
  if (token === null) return 'refused'
  if (formatApiToken(token) !== text) throw new Error('another token than was shown')
  return 'accepted'
})

const amount = fc.oneof(fc.nat(999).map(String), fc.stringMatching(/^\d{1,3}\.\d{1,2}$/), fc.constant('9'.repeat(400)))
const duration = fc.array(fc.tuple(amount, fc.constantFrom('ms', 's', 'm', 'h', 'd')).map((parts) => parts.join('')), { minLength: 1, maxLength: 3 })

export const durations = subject('durations', damagedText(duration.map((parts) => parts.join(''))), (text) => {
  const ms = parseDuration(text)
  if (ms === null) return 'refused'
  if (!Number.isSafeInteger(ms) || ms < 0) throw new Error(`not a time: ${ms}`)
  return 'accepted'
})

const address = fc.tuple(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6().map((ip) => `[${ip}]`)), fc.nat(70_000)).map((parts) => parts.join(':'))

export const addresses = subject('addresses', damagedText(address), (text) => {
  const parsed = parseAddress(text)
  if (parsed === null) return 'refused'
  const again = parseAddress(formatAddress(parsed))
  if (again?.host !== parsed.host || again.port !== parsed.port) throw new Error('another address than was written')
  return 'accepted'
})

const field = (from: number, to: number) => {
  const number = fc.integer({ min: from, max: to }).map(String)
  return fc.oneof(fc.constant('*'), number, fc.tuple(number, number).map((ends) => ends.join('-')), fc.nat(99).map((step) => `*/${step}`), fc.array(number).map(String))
}
const cron = fc.oneof(
  fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), fc.constant('*')),
  fc.tuple(field(0, 59), field(0, 23), fc.constant('*'), field(1, 12), field(0, 7)),
).map((fields) => fields.join(' '))
const DAY_MS = 86_400_000

export const crons = subject('recurring times', damagedText(cron), (text) => {
  const parsed = parseCron(text)
  if (!parsed.ok) return refusalIn(parsed.message)
  const instants = instantsBetween(parsed.cron, 'UTC', 0, 2 * DAY_MS)
  if (instants.some((at, index) => at <= (instants[index - 1] ?? 0))) throw new Error('times that do not go on')
  return 'accepted'
})
