/**
 * One ledger that the scripts of all hosts write into. The hosts of a fleet are one machine, and a line is appended whole, so the order of the
 * lines is the order in which things happened: no clock is asked, and nobody's word but that of the scripts themselves is taken.
 */
import { appendFileSync, readFileSync } from 'node:fs'

/** `status`: of what has ended. A test's own remarks have their text as `mark`, and nothing else. */
export type Line = { mark: string; host: string; rollout: string; command: string; step: string; version: string; status: number | null }

/** Bash or sh, before anything else: writes that the script has begun, and in the end how it has ended. */
export function noting(file: string): string {
  return `note() { printf '%s %s %s %s %s\\n' "$1" "$MUSTER_COMMAND" "$MUSTER_STEP" "\${MUSTER_VERSION:--}" "$2" >>'${file}'; }
note begun -
trap 'note ended $?' EXIT
`
}

/** In the order in which they were written. Nothing written yet: none. */
export function readLines(file: string): Line[] {
  return read(file).split('\n').filter((line) => line !== '').map((line) => {
    const [mark = '', command = '', step = '', version = '', status = ''] = line.split(' ')
    const [rollout = '', host = ''] = command.split('/')
    return { mark, host, rollout, command, step, version, status: mark === 'ended' ? Number(status) : null }
  })
}

/** What a test does is put between what the hosts do. */
export function remark(file: string, mark: string): void {
  appendFileSync(file, `${mark}\n`)
}

/** How many commands were under way at once, at most: each from the first script that it began to the last one that ended. */
export function mostAtOnce(lines: readonly Line[]): number {
  const last = new Map(lines.map(({ command }, index) => [command, index]))
  const underWay = new Set<string>()
  let most = 0
  for (const [index, { command }] of lines.entries()) {
    underWay.add(command)
    most = Math.max(most, underWay.size)
    if (last.get(command) === index) underWay.delete(command)
  }
  return most
}

/** Steps of commands that were begun more than once. */
export function begunTwice(lines: readonly Line[]): string[] {
  const begun = Map.groupBy(lines.filter(({ mark }) => mark === 'begun'), ({ command, step }) => `${command} ${step}`)
  return [...begun].filter(([, times]) => times.length > 1).map(([step]) => step)
}

/** Each host once, in the order of their first lines. */
export function hostsOf(lines: readonly Line[]): string[] {
  return [...new Set(lines.map(({ host }) => host))]
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
