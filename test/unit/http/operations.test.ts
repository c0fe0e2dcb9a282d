/** Every route has a name for ever, and a sentence. */
import { expect, test } from 'vitest'
import { pino } from 'pino'
import { createHttpApp } from '../../../coordinator/api/http/app.ts'
import type { HttpDeps } from '../../../coordinator/api/http/deps.ts'

type Operation = { operationId?: string; summary?: string }

async function operations(): Promise<[route: string, operation: Operation][]> {
  const app = await createHttpApp({ version: '1', log: pino({ level: 'silent' }) } as unknown as HttpDeps)
  await app.ready()
  const { paths = {} } = app.swagger()
  await app.close()
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods as Record<string, Operation>).map(([method, one]): [string, Operation] => [`${method} ${path}`, one]))
}

test('every operation is named once, and says what it does', async () => {
  const all = await operations()
  expect(all.length).toBeGreaterThan(20)
  expect(all.filter(([, { summary }]) => summary === undefined).map(([route]) => route)).toEqual([])
  const names = all.map(([, { operationId }]) => operationId)
  expect(names).toEqual([...new Set(names)])
  expect(names).toEqual(names.map(() => expect.stringMatching(/^[a-z]+[A-Z][A-Za-z]+$/) as string))
})
