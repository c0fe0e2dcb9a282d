/** Host selectors, as people and programs write them. */
import fc from 'fast-check'
import { parseSelector, selects } from '../../../shared/selector.ts'
import { damagedText, refusalIn, subject } from '../subject.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/)
const glob = fc.oneof(word, word.map((one) => `${one}*`), fc.constantFrom('*', '?', 'web-??'))
const values = fc.array(glob, { minLength: 1, maxLength: 3 }).map((list) => list.join('|'))
const term = fc.oneof(glob, fc.tuple(word, fc.constantFrom('=', '!='), values).map((parts) => parts.join('')))
const text = fc.array(term, { minLength: 1, maxLength: 6 }).map((terms) => terms.join(','))

export const selector = subject('selector', damagedText(text), (input) => {
  const parsed = parseSelector(input)
  if (!parsed.ok) return refusalIn(parsed.message)
  selects(parsed.selector, { host: 'web-1', labels: { env: 'prod' } })
  return 'accepted'
})
