/** `muster logs --full`: all that the steps of one host have printed, read from the host itself. */
import type { OutputView } from '../../shared/api/rollout.ts'
import type { Step } from '../../shared/command.ts'
import { MusterError, problem } from '../../shared/errors.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { print, showEntry, write } from '../context.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { printedLines } from '../text/printable.ts'

type Output = OutputView['outputs'][number]

export type FullFlags = { host: string; step?: Step; attempt?: number }

/** A line on a terminal that has not ended after so many characters is shown as it is. */
export const MAX_LINE_CHARS = 64 * 1024

/** One output goes to a file or a pipe byte for byte; several have titles. @throws Refusal host_away, output_unknown */
export async function showFull(context: Context, id: string, { host, step, attempt }: FullFlags): Promise<void> {
  const { hosts: [view] } = await context.client.outputs(id, { host })
  const outputs = view?.outputs ?? []
  const which = attempt ?? outputs.at(-1)?.attempt
  const chosen = outputs.filter((output) => output.attempt === which && (step === undefined || output.step === step))
  if (chosen.length === 0) {
    throw problem('output_unknown', `${host} has printed nothing${step === undefined ? '' : ` in ${step}`} in ${id}`, {
      field: step === undefined ? '--host' : '--step', expected: `what muster logs ${id} --host ${host} shows`,
    })
  }
  for (const output of chosen) {
    await showOutput(context, { id, host, output, isAlone: chosen.length === 1 }).catch((error: unknown) => {
      if (error instanceof Refusal || error instanceof MusterError || context.world.signal.aborted) throw error
      throw problem('unavailable', `the output of ${output.step} on ${host} broke off: what has come is not all of it`)
    })
  }
}

async function showOutput(context: Context, { id, host, output, isAlone }: { id: string; host: string; output: Output; isAlone: boolean }): Promise<void> {
  const { attempt, step, totalBytes, atMs } = output
  const { stdout, signal } = context.world
  const bytes = await context.client.fullOutput(id, { host, attempt, step }, signal)
  if (context.json) return showEntry(context, { host, attempt, step, output: await new Response(bytes).text() })
  const title: Line = [styled(`== ${host}  ${step}, attempt ${attempt}, ${dateAndTime(atMs)}, ${formatBytes(totalBytes)}`, 'strong')]
  if (!isAlone) await print(stdout, [title])
  if (stdout.isTTY === true || !isAlone) for await (const lines of wholeLines(bytes)) await print(stdout, lines.map((line): Line => [line]))
  else for await (const chunk of bytes) await write(stdout, chunk)
}

/** What has come so far, in whole lines. */
async function* wholeLines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder()
  let unended = ''
  for await (const chunk of bytes) {
    unended += decoder.decode(chunk, { stream: true })
    const whole = unended.length > MAX_LINE_CHARS ? unended.length : unended.lastIndexOf('\n') + 1
    if (whole === 0) continue
    yield printedLines(unended.slice(0, whole))
    unended = unended.slice(whole)
  }
  if (unended !== '') yield printedLines(unended)
}
