/** `muster service apply`: a service's entry in the catalogue becomes what a file says. */
import type { Command } from 'commander'
import type { AppliedView } from '../../shared/api/catalogue.ts'
import { NAME_PATTERN } from '../../shared/ids.ts'
import { problem } from '../../shared/errors.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import { parseReason } from '../rollout/request.ts'
import type { Line } from '../text/line.ts'
import type { Run } from '../world.ts'
import { readYamlFile } from '../yaml-file.ts'
import type { YamlFile } from '../yaml-file.ts'
import { changeLines } from './change-lines.ts'

type Flags = { file: string; dryRun?: boolean; reason?: string }

export function addServiceApply(group: Command, run: Run): void {
  const command = group.command('apply')
    .summary('add a service to the catalogue, or change it')
    .description('Makes a service\'s entry in the catalogue what FILE says. Running hosts change with the next rollout, not before.')
    .requiredOption('-f, --file <file>', 'the YAML file that describes the service')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, { file, dryRun = false, ...reason }: Flags) => {
      const yaml = await readYamlFile(file, '--file')
      const { client } = context
      const name = nameIn(yaml)
      const asked = dryRun ? client.previewService(name, yaml.value) : client.applyService(name, yaml.value, reason)
      const applied = await asked.catch((error: unknown) => {
        throw renamed(error, (field) => `${field} (${yaml.place(field)})`)
      })
      await show(context, applied, () => [[titleOf(applied, dryRun)], ...changeLines(applied.changes), ...nextLines(applied, dryRun)])
    }))
  withExamples(command, 'muster service apply -f web.yaml', 'muster service apply -f web.yaml --dry-run')
}

function titleOf({ outcome, service: { spec, entry } }: AppliedView, dryRun: boolean): string {
  const isDone = !dryRun || outcome === 'unchanged'
  return isDone ? `${spec.service} ${outcome}, entry ${entry}` : `${spec.service} would be ${outcome}, as entry ${entry}; nothing has been changed`
}

function nextLines({ outcome, service: { spec } }: AppliedView, dryRun: boolean): Line[] {
  return outcome === 'created' && !dryRun ? [[`next: muster release create ${spec.service} VERSION --srv PATH`]] : []
}

/** The only field that is needed to ask; all others are the coordinator's to judge. */
function nameIn({ value, place }: YamlFile): string {
  const name = value['service']
  if (typeof name === 'string' && NAME_PATTERN.test(name)) return name
  const found = name === undefined ? 'the file names no service' : `${JSON.stringify(name)} is not a service's name`
  throw problem('service_invalid', found, {
    field: `service (${place('service')})`, expected: 'lower-case letters, digits, dots and dashes, at most 63, such as `service: web`',
  })
}
