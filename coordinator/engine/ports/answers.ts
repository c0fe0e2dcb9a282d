/** Answers to requests that carried an idempotency key, kept so that whoever asks the same again is told the same and nothing is done twice. */

export const ANSWERS_KEPT_MS = 24 * 3_600_000
/** The oldest go first. */
export const MAX_ANSWERS = 10_000
/** An answer that is larger is not kept: asking again is refused. */
export const MAX_ANSWER_BYTES = 1024 * 1024

export type Answer = { status: number; body: string }

/** `begun`: whoever asks now does it, and no one else. `running`: begun before, and not answered yet or never to be. */
export type Standing =
  | { is: 'begun' }
  | { is: 'running' }
  | { is: 'other-request' }
  | { is: 'answered'; answer: Answer }

export interface Answers {
  /** @param request a digest of the whole request: the same key stands for one request only */
  begin(key: string, request: string, now: number): Promise<Standing>
  answer(key: string, answer: Answer): Promise<void>
}
