/** What set-up could not do, in words for the person who has to. */
const SHOWN_LINES = 12

export class SetupError extends Error {}

/**
 * What a failed program printed, indented under a headline: the beginning, where npm says why, and the end, where others do.
 * @param {string} headline
 * @param {{ stdout: string, stderr: string, error?: Error | undefined }} run as spawnSync returns it
 */
export function failureOf(headline, { stdout, stderr, error }) {
  const lines = `${stdout ?? ''}\n${stderr ?? ''}\n${error?.message ?? ''}`.split('\n').filter((line) => line.trim() !== '')
  const shown = lines.length <= 2 * SHOWN_LINES ? lines : [...lines.slice(0, SHOWN_LINES), '…', ...lines.slice(-SHOWN_LINES)]
  return new SetupError([headline, ...shown.map((line) => `  ${line}`)].join('\n'))
}
