/** A refusal by the coordinator: its problem as it came, also when its code is newer than this command line. */
import type { ProblemBody } from '../shared/api/problem.ts'
import { ERRORS } from '../shared/errors.ts'
import type { ErrorKind } from '../shared/errors.ts'

type Body = ProblemBody['error']

export class Refusal extends Error {
  readonly status: number
  readonly problem: Body

  constructor(status: number, body: Body) {
    super(body.message)
    this.name = 'Refusal'
    this.status = status
    this.problem = body
  }

  get kind(): ErrorKind {
    const { code } = this.problem
    return Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS] : kindOfStatus(this.status)
  }
}

/** From an answer that is not 2xx; what does not have the API's form comes from something in between. */
export async function toRefusal(response: Response): Promise<Refusal> {
  const { status, url } = response
  const body = await response.json().catch(() => null) as Partial<ProblemBody> | null
  const given = body?.error
  if (typeof given?.code === 'string' && typeof given.message === 'string') return new Refusal(status, given)
  return new Refusal(status, {
    code: kindOfStatus(status) === 'not-found' ? 'route_unknown' : 'unavailable',
    message: `${url} answered ${status} and does not seem to be a coordinator`,
    field: '--url',
    expected: 'the address of a coordinator, such as https://127.0.0.1:4600',
  })
}

/** The same refusal in the words of the command line: API fields are flags, arguments and places in files there. */
export function renamed(error: unknown, name: (field: string) => string | null): unknown {
  if (!(error instanceof Refusal) || error.problem.field === undefined) return error
  const field = name(error.problem.field)
  return field === null ? error : new Refusal(error.status, { ...error.problem, field })
}

function kindOfStatus(status: number): ErrorKind {
  if (status === 404) return 'not-found'
  if (status === 409) return 'conflict'
  if (status === 413) return 'too-large'
  if (status === 429) return 'too-many'
  if (status === 400) return 'invalid'
  if (status >= 502 && status <= 504) return 'unavailable'
  return status >= 500 ? 'internal' : 'refused'
}
