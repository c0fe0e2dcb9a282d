/** The long run: `npm run fuzz [-- --cases N] [--seed N] [--only NAME] [--json]`. A table of what each parser accepted, or the input that broke it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { feed } from './run.ts'
import { subjectsIn } from './subjects.ts'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean', default: false } },
})

const dir = await mkdtemp(join(tmpdir(), 'muster-fuzz-'))
try {
  for (const subject of await subjectsIn(dir)) {
    if (values.only !== undefined && subject.name !== values.only) continue
    const report = await feed(subject, Number(values.cases), values.seed === undefined ? undefined : Number(values.seed))
    const { name, cases, accepted, seconds } = report
    const share = `${(100 * accepted / cases).toFixed(1)} %`
    console.log(values.json
      ? JSON.stringify({ bench: 'fuzz', case: name, system: 'muster', metric: 'accepted', value: accepted / cases, unit: 'share', cases })
      : `${name.padEnd(22)} ${String(cases).padStart(8)} cases ${share.padStart(7)} accepted ${seconds.toFixed(1).padStart(7)} s`)
  }
} finally {
  await rm(dir, { recursive: true })
}
