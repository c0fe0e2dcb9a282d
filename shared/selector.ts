/**
 * Selectors: which hosts. Comma-separated terms: `key=value`, `key!=value` (values may be globs, or several as `a|b`) must all hold; names and globs
 * (`web-1`, `web-*`) choose among names, and one of them must match. `*` is every host.
 */
import { LABEL_KEY_PATTERN } from './ids.ts'
import type { HostName } from './ids.ts'

export const MAX_SELECTOR_CHARS = 4096
export const MAX_SELECTOR_TERMS = 256

export type Term =
  | { kind: 'label'; key: string; negated: boolean; values: string[] }
  | { kind: 'name'; glob: string }

export type Selector = { terms: Term[] }
export type Parsed = { ok: true; selector: Selector } | { ok: false; message: string }
export type Selectable = { host: HostName; labels: Readonly<Record<string, string>> }

const GLOB = /^[A-Za-z0-9*?][A-Za-z0-9._:*?-]*$/

/** Never throws: a bad selector gives a message that names the term and what would be right. */
export function parseSelector(text: string): Parsed {
  const bad = (message: string): Parsed => ({ ok: false, message })
  if (text.length > MAX_SELECTOR_CHARS) return bad(`a selector has at most ${MAX_SELECTOR_CHARS} characters`)
  const parts = text.split(',').map((part) => part.trim())
  if (parts.length > MAX_SELECTOR_TERMS) return bad(`a selector has at most ${MAX_SELECTOR_TERMS} terms`)
  const terms: Term[] = []
  for (const part of parts) {
    if (part === '') return bad(`empty term in "${text}"; expected terms such as env=prod,dc!=sg or web-*`)
    const term = parseTerm(part)
    if (term === null) return bad(`"${part}" is not a term; expected key=value, key!=value, a host name, or a glob such as web-*`)
    terms.push(term)
  }
  return { ok: true, selector: { terms } }
}

function parseTerm(part: string): Term | null {
  const label = /^([^=!]*)(!?=)(.*)$/.exec(part)
  if (label === null) return GLOB.test(part) ? { kind: 'name', glob: part } : null
  const [, key = '', operator, rest = ''] = label
  const values = rest.split('|')
  if (!LABEL_KEY_PATTERN.test(key.trim()) || !values.every((value) => GLOB.test(value))) return null
  return { kind: 'label', key: key.trim(), negated: operator === '!=', values }
}

export function selects(selector: Selector, host: Selectable): boolean {
  const names = selector.terms.filter((term) => term.kind === 'name')
  if (names.length > 0 && !names.some((term) => matchesGlob(term.glob, host.host))) return false
  return selector.terms.every((term) => term.kind === 'name' || matchesLabel(term, host.labels))
}

/** `key!=value` also holds for hosts without the label. */
function matchesLabel(term: Extract<Term, { kind: 'label' }>, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined
  const equal = value !== undefined && term.values.some((glob) => matchesGlob(glob, value))
  return equal !== term.negated
}

/** `*` any run of characters, `?` any one. Goes back to the last star only, so a hostile glob costs no more than glob × text. */
export function matchesGlob(glob: string, text: string): boolean {
  let g = 0, t = 0, star = -1, resume = 0
  while (t < text.length) {
    if (g < glob.length && (glob[g] === '?' || glob[g] === text[t]) && glob[g] !== '*') {
      g++
      t++
    } else if (glob[g] === '*') {
      star = g++
      resume = t
    } else if (star >= 0) {
      g = star + 1
      t = ++resume
    } else {
      return false
    }
  }
  while (glob[g] === '*') g++
  return g === glob.length
}

/** Host names that the selector spells out, without wildcards: these a person expects to exist. */
export function namedHosts(selector: Selector): HostName[] {
  return selector.terms.flatMap((term) => (term.kind === 'name' && !/[*?]/.test(term.glob) ? [term.glob] : []))
}
