/** Work in a thread of its own: a program that gets one job, gives one answer, and ends. */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Logger } from 'pino'
import { MusterError } from '../../../shared/errors.ts'
import type { Problem } from '../../../shared/errors.ts'
import type { Kept } from './commit.ts'

/** What a smaller artifact takes is over sooner than a thread has begun. */
export const HERE_UP_TO_BYTES = 1024 * 1024

/** What work is done with: `place` of the objects, as a thread opens them; null: they are only in this process. `signal` ends threads. */
export type Work = { kept: Kept; place: string | null; signal: AbortSignal; log: Logger }

type Answer<R> = { result: R } | { problem: Problem } | { error: unknown }

/** So much may lie in its heap; what it works on lies outside of it. */
const HEAP_MEGABYTES = 1024

/** To be called by the thread's program, once. */
export async function answer<J, R>(work: (job: J) => Promise<R>): Promise<void> {
  let said: Answer<R>
  try {
    said = { result: await work(workerData as J) }
  } catch (error) {
    said = error instanceof MusterError ? { problem: error.problem } : { error }
  }
  parentPort?.postMessage(said)
}

/** @throws what the program throws; what `signal` aborts with, and then the thread has been ended */
export async function inThread<J, R>(program: URL, job: J, signal: AbortSignal): Promise<R> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<R>()
  const worker = new Worker(program, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES } })
  const abort = () => void worker.terminate()
  signal.addEventListener('abort', abort, { once: true })
  worker.once('message', (said: Answer<R>) => {
    if ('result' in said) resolve(said.result)
    else reject('problem' in said ? new MusterError(said.problem) : said.error)
  })
  worker.once('error', reject)
  worker.once('exit', (code) => reject(signal.aborted ? signal.reason : new Error(`a thread of the artifact store ended with ${code} and no answer`)))
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    await worker.terminate()
  }
}
