/** A key directory in words: aligned, and without colours, so that it can go into a ticket as it is. */
import type { AuthorityDescription, KeyDirectory } from './describe.ts'

const STANDING: Record<AuthorityDescription['standing'], string> = {
  issues: 'issues', ready: 'trusted, could issue', 'only-trusted': 'only trusted, no key here',
}

export function directoryText({ dir, authorities, signingKeys, hasAdminToken }: KeyDirectory): string {
  const rows = authorities.map(({ name, pin, sinceMs, untilMs, standing }) => [name, pin, day(sinceMs), day(untilMs), STANDING[standing]])
  const nobodyIssues = authorities.every(({ standing }) => standing !== 'issues')
  return [
    ...table([['AUTHORITY', 'PIN', 'SINCE', 'UNTIL', ''], ...rows]),
    ...nobodyIssues ? ['none of them issues: the one that does is given to the coordinators by --ca-cert'] : [],
    '',
    ...table([['SIGNING KEY', 'ID'], ...signingKeys.map(({ purpose, pin }) => [purpose, pin])]),
    '',
    `${dir}${hasAdminToken ? ' still has its admin-token; remove the file once there is another administrator' : ''}`,
    '',
  ].join('\n')
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
