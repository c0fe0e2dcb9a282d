/** Where this checkout lies, and the search path without what it has installed itself. */
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const BIN = join(ROOT, 'node_modules', '.bin')

/** For programs that must not run from node_modules, because they replace it. */
export const SYSTEM_PATH = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== BIN).join(delimiter)
