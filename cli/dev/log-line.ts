/** What of a daemon's log a person at a terminal should see: warnings, errors, and whatever is not a log line at all, such as a stack trace. */
import { styled } from '../text/line.ts'
import type { Line, Tone } from '../text/line.ts'

const WARN = 40
const ERROR = 50

type Entry = { level: number; msg?: string; err?: { message?: string } }

/** Null: nothing that needs to be seen. */
export function noteworthyLine(name: string, line: string): Line | null {
  const entry = parse(line)
  if (entry === null) return line.trim() === '' ? null : labelled(name, line, 'faint')
  if (entry.level < WARN) return null
  const text = [entry.msg, entry.err?.message].filter((part) => part !== undefined && part !== '').join(': ')
  return labelled(name, text, entry.level >= ERROR ? 'bad' : 'busy')
}

function labelled(name: string, text: string, tone: Tone): Line {
  return [styled(`${name} `, tone), text]
}

function parse(line: string): Entry | null {
  if (!line.startsWith('{')) return null
  try {
    const entry = JSON.parse(line) as Partial<Entry> | null
    return typeof entry?.level === 'number' ? entry as Entry : null
  } catch {
    return null
  }
}
