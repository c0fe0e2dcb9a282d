/** Feeds a subject, and counts what it made of it. */
import fc from 'fast-check'
import type { Subject } from './subject.ts'

export type Report = { name: string; cases: number; accepted: number; seconds: number }

/** @throws Error with the smallest input that broke the parser, and how to repeat it */
export async function feed({ name, inputs, feed: give }: Subject, cases: number, seed?: number): Promise<Report> {
  const began = performance.now()
  let [fed, accepted] = [0, 0]
  const property = fc.asyncProperty(inputs, async (input) => {
    const outcome = await give(input as never)
    fed += 1
    accepted += outcome === 'accepted' ? 1 : 0
  })
  await fc.assert(property, { numRuns: cases, ...(seed === undefined ? {} : { seed }) })
  return { name, cases: fed, accepted, seconds: (performance.now() - began) / 1000 }
}
