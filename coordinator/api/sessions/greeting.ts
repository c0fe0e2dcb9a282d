/** The first frame of a session, judged: everything in it is bounded before anything is kept of it. */
import { z } from 'zod'
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, NAME_PATTERN, VERSION_PATTERN } from '../../../shared/ids.ts'
import { FINDING_MESSAGE_CHARS, MAX_FINDINGS } from '../../../shared/command.ts'
import type { Installed } from '../../../shared/command.ts'
import { MAX_POLICY_ENTRIES, MAX_POLICY_TEXT_CHARS } from '../../../shared/policy.ts'
import type { Hello } from '../../../shared/message.ts'
import { sessionRefused } from './status.ts'

export const MAX_LABELS = 64
export const MAX_INSTALLED = 1000
export const MAX_OPEN_COMMANDS = 1000
export const MAX_WORD_CHARS = 200

const word = z.string().max(MAX_WORD_CHARS, `at most ${MAX_WORD_CHARS} characters`)

const labelsSchema = z.record(
  z.string().regex(LABEL_KEY_PATTERN, 'a key of lower-case letters, digits and _ . -, beginning with a letter, at most 63'),
  z.string().regex(LABEL_VALUE_PATTERN, 'a value of letters, digits and . _ : -, beginning with a letter or digit, at most 63'),
).refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)

const findingSchema = z.object({
  kind: z.enum(['files', 'process', 'link']),
  message: z.string().max(FINDING_MESSAGE_CHARS, `at most ${FINDING_MESSAGE_CHARS} characters`),
})

const installedSchema = z.array(z.object({
  service: z.string().regex(NAME_PATTERN, 'the name of a service'),
  revision: word,
  version: z.string().regex(VERSION_PATTERN, 'a version'),
  findings: z.array(findingSchema).max(MAX_FINDINGS, `at most ${MAX_FINDINGS} findings`),
})).max(MAX_INSTALLED, `at most ${MAX_INSTALLED} services`)

const policyText = z.string().max(MAX_POLICY_TEXT_CHARS, `at most ${MAX_POLICY_TEXT_CHARS} characters`)
const allowed = z.array(policyText).max(MAX_POLICY_ENTRIES, `at most ${MAX_POLICY_ENTRIES}`)
const policySchema = z.object({
  services: allowed, accounts: allowed, paths: allowed, run: z.boolean(), commands: allowed, releaseKeys: allowed,
  broken: policyText.nullable(),
})

const helloSchema = z.object({
  agentVersion: word,
  labels: labelsSchema,
  facts: z.object({ os: word, arch: word, cpus: z.number(), memoryBytes: z.number(), bootId: word }),
  installed: installedSchema,
  open: z.array(z.object({ id: word, claimed: z.boolean() })).max(MAX_OPEN_COMMANDS, `at most ${MAX_OPEN_COMMANDS} commands`),
  policy: policySchema.nullable(),
})

/** @throws MusterError session_refused, naming the field and what would be right */
export function judgeHello(hello: Hello): Hello {
  const judged = helloSchema.safeParse(hello)
  if (judged.success) return judged.data
  const issue = judged.error.issues[0]
  const field = issue?.path.join('.') ?? ''
  throw sessionRefused(`the greeting's ${field} is not right`, { field, expected: expectedBy(issue) })
}

/** Null when a heartbeat says what no agent would say. */
export function judgeInstalled(installed: Installed[]): Installed[] | null {
  return installedSchema.safeParse(installed).data ?? null
}

/** Of a bad key zod tells what is wrong with it one level deeper. */
function expectedBy(issue: z.core.$ZodIssue | undefined): string {
  return issue?.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : (issue?.message ?? '')
}
