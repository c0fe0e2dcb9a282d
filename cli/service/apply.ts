/** `muster service apply`: a service's entry in the catalogue becomes what a file says. */
import type { Command } from 'commander'
import { NAME_PATTERN } from '../../shared/ids.ts'
import { problem } from '../../shared/errors.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import type { Run } from '../world.ts'
import { readYamlFile } from '../yaml-file.ts'
import type { YamlFile } from '../yaml-file.ts'

export function addServiceApply(group: Command, run: Run): void {
  const command = group.command('apply')
    .summary('add a service to the catalogue, or change it')
    .description('Makes a service\'s entry in the catalogue what FILE says. Running hosts change with the next rollout, not before.')
    .requiredOption('-f, --file <file>', 'the YAML file that describes the service')
    .action(doing(run, async (context, { file }: { file: string }) => {
      const yaml = await readYamlFile(file, '--file')
      const applied = await context.client.applyService(nameIn(yaml), yaml.value).catch((error: unknown) => {
        throw renamed(error, (field) => `${field} (${yaml.place(field)})`)
      })
      const { outcome, service } = applied
      await show(context, applied, () => [[`${service.spec.service} ${outcome}, entry ${service.entry}`]])
    }))
  withExamples(command, 'muster service apply -f web.yaml')
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
