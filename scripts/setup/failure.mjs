/** What set-up could not do, in words for the person who has to. */
const OUTPUT_TAIL_LINES = 15

export class SetupError extends Error {}

/**
 * The end of what a failed program printed, indented under a headline.
 * @param {string} headline
 * @param {{ stdout: string, stderr: string, error?: Error | undefined }} run as spawnSync returns it
 */
export function failureOf(headline, { stdout, stderr, error }) {
  const lines = `${stdout ?? ''}\n${stderr ?? ''}\n${error?.message ?? ''}`.split('\n').filter((line) => line.trim() !== '')
  return new SetupError([headline, ...lines.slice(-OUTPUT_TAIL_LINES).map((line) => `  ${line}`)].join('\n'))
}
