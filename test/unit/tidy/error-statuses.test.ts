import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exitOfKind } from '../../../cli/exit.ts'
import { STATUS } from '../../../coordinator/api/http/errors.ts'
import type { ErrorKind } from '../../../shared/errors.ts'

const PAGE = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')

test.each(Object.entries(STATUS) as [ErrorKind, number][])('docs/errors.md has the statuses of %s', (kind, status) => {
  expect(PAGE.split('\n')).toContain(`## ${kind}: HTTP ${status}, exit code ${exitOfKind(kind)}`)
})
