/** Arguments and flags, read: each refuses a bad value with its own name and with what would be right. */
import { problem } from '../shared/errors.ts'
import { NAME_PATTERN, VERSION_PATTERN } from '../shared/ids.ts'
import { parseSelector } from '../shared/selector.ts'

export type Target = { service: string; release: string }

/** SERVICE@VERSION. @throws MusterError flag_invalid, version_invalid */
export function parseTarget(text: string): Target {
  const [service = '', release, ...rest] = text.split('@')
  const expected = 'a service and one of its versions, such as web@1.4.2'
  if (release === undefined || rest.length > 0) throw problem('flag_invalid', `"${text}" is not SERVICE@VERSION`, { field: 'service@version', expected })
  if (!NAME_PATTERN.test(service)) {
    throw problem('flag_invalid', `"${service}" in "${text}" is not a service's name`, { field: 'service@version', expected })
  }
  return { service, release: parseVersion(release, 'service@version') }
}

/** @throws MusterError version_invalid */
export function parseVersion(text: string, field = 'version'): string {
  if (VERSION_PATTERN.test(text)) return text
  throw problem('version_invalid', `"${text}" is not a version`, { field, expected: 'letters, digits and . _ + -, at most 64, such as 1.4.2' })
}

/** As it is; that it parses is checked before anything is sent. @throws MusterError selector_invalid */
export function parseHosts(text: string): string {
  const parsed = parseSelector(text)
  if (parsed.ok) return text
  throw problem('selector_invalid', parsed.message, { field: '--hosts', expected: 'terms such as env=prod,dc!=sg, web-1 or web-*' })
}

/** A reader of whole numbers for `flag`. @throws MusterError flag_invalid */
export function wholeNumber(flag: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw problem('flag_invalid', `"${text}" is no number that ${flag} takes`, { field: flag, expected: `a whole number from ${min} to ${max}` })
  }
}
