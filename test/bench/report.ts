/** What benchmarks print: a table for people, or with --json one object per line for programs. */
export type Measure = { bench: string; case: string; system: string; metric: string; value: number; unit: string }

export function report(measures: readonly Measure[], json: boolean): void {
  if (json) {
    for (const measure of measures) console.log(JSON.stringify(measure))
    return
  }
  const rows = [['case', 'system', 'metric', 'value', 'unit'], ...measures.map((m) => [m.case, m.system, m.metric, rounded(m.value), m.unit])]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) console.log(row.map((cell, column) => (column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  '))
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4)
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
