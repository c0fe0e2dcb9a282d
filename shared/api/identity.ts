/** How machines enrol and have their certificates renewed over HTTP. */
import { z } from 'zod'
import { COORDINATOR_NAME, MACHINE_ROLES } from '../identity/names.ts'
import { NAME_PATTERN } from '../ids.ts'
import { strict } from '../issue.ts'

/** Of a certificate or a request for one, in PEM; Muster's own have a tenth of it. */
const MAX_PEM_CHARS = 8192

const request = z.string().max(MAX_PEM_CHARS).describe('PKCS#10 in PEM, signed by the machine’s own P-256 key')

export const enrolSchema = strict({
  id: z.string().min(1).max(64).describe('of the join token'),
  secret: z.string().min(1).max(256),
  role: z.enum(MACHINE_ROLES),
  host: z.string().regex(NAME_PATTERN, 'expected lower-case letters, digits, dots and dashes, at most 63')
    .refine((name) => name !== COORDINATOR_NAME, 'expected another name: this one is the coordinators\' own').describe('what the machine is to be called'),
  request,
}).meta({ id: 'EnrolRequest' })

export const renewSchema = strict({
  certificate: z.string().max(MAX_PEM_CHARS).describe('the one that the machine has; it may have expired, up to 30 days ago'),
  request: request.describe('… the same key as the certificate’s'),
}).meta({ id: 'RenewRequest' })

export const enrolledSchema = z.object({
  certificate: z.string().describe('PEM'),
  authorities: z.string().describe('PEM, one after the other: whom the machine is to trust'),
  grpc: z.string().describe('HOST:PORT, where coordinators take sessions'),
  pieces: z.string().optional().describe('the URL where a coordinator gives out packages, and hears relays'),
}).meta({ id: 'Enrolled' })

export type EnrolRequest = z.input<typeof enrolSchema>
export type RenewRequest = z.input<typeof renewSchema>
export type EnrolledView = z.infer<typeof enrolledSchema>
