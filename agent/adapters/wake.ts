/** Waiting for one of some files to appear in a directory, at most for so long. The watch only makes it quicker: whoever waits looks again anyway. */
import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'

export type Wake = {
  /** Resolves on the next change, after `withinMs`, or when `wake` is called, whichever is first. */
  wait(withinMs: number): Promise<void>
  wake(): void
  close(): void
}

export function wakeOn(dir: string, names: readonly string[]): Wake {
  let woken = false
  let resume: () => void = () => undefined
  const wake = (): void => {
    woken = true
    resume()
  }
  const watcher = watchOrNull(dir, (name) => {
    if (names.includes(name ?? '')) wake()
  })
  return {
    wake,
    async wait(withinMs) {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs)
          resume = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      woken = false
    },
    close: () => watcher?.close(),
  }
}

/** Null where watches are used up or not to be had. */
function watchOrNull(dir: string, onChange: (name: string | null) => void): FSWatcher | null {
  try {
    return watch(dir, { persistent: false }, (_event, name) => onChange(name)).on('error', () => undefined)
  } catch {
    return null
  }
}
