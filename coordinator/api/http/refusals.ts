/** What any route may answer instead, for the OpenAPI document. */
import { problemSchema } from '../../../shared/api/problem.ts'

export const refusals = { 401: problemSchema, 403: problemSchema, '4xx': problemSchema, '5xx': problemSchema } as const
