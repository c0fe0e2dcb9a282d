/** `muster`, but for its daemons: hands the process's world to a run, and its exit code back. */
import { runMuster } from './invocation.ts'

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupt.abort(new Error(`ended by ${signal}`)))

// A reader such as `head` has seen enough, or the terminal is gone: what is under way ends as it would at Ctrl-C.
process.stdout.on('error', (error) => interrupt.abort(error))
process.stderr.on('error', () => {})

const { stdin, stdout, stderr, env } = process
process.exitCode = await runMuster(process.argv.slice(2), { stdin, stdout, stderr, env, signal: interrupt.signal, now: Date.now })
