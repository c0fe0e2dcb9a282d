/** The body of every refusal over HTTP. */
import { z } from 'zod'

export const problemSchema = z.object({
  error: z.object({
    code: z.string().describe('stable; docs/errors.md lists them all'),
    message: z.string(),
    field: z.string().optional().describe('where it is, as the caller wrote it'),
    expected: z.string().optional().describe('what would be right'),
  }),
}).meta({ id: 'Problem' })

export type ProblemBody = z.infer<typeof problemSchema>
