/** `muster service vars`: which variables a host gets, and where each comes from. */
import type { Command } from 'commander'
import type { VariablesView } from '../../shared/api/catalogue.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

type Setting = VariablesView['variables'][number]

export function addServiceVars(group: Command, run: Run): void {
  const command = group.command('vars')
    .summary('which variables a host gets, and from where')
    .description('Shows which variables a service gets on a host, and where each comes from: service < environment < label < host < instance.')
    .argument('<service>', 'its name')
    .requiredOption('--host <host>', 'the host')
    .action(doing(run, async (context, service: string, { host }: { host: string }) => {
      const answer = await context.client.variables(service, host).catch((error: unknown) => {
        throw renamed(error, (field) => (field === 'host' ? '--host' : null))
      })
      const ofInstances = Object.entries(answer.instances).flatMap(([instance, settings]) => settings.map((setting) => rowOf(setting, `${instance}: `)))
      const rows = [...answer.variables.map((setting) => rowOf(setting, '')), ...ofInstances]
      await show(context, answer, () => tableLines(['NAME', 'VALUE', 'FROM', 'OVERRIDES'], rows))
    }))
  withExamples(command, 'muster service vars web --host web-17')
}

function rowOf({ name, value, from, overrides }: Setting, prefix: string): string[] {
  return [prefix + name, value, originOf(from), overrides.map((other) => `${other.value} (${originOf(other.from)})`).join(', ')]
}

function originOf({ layer, of }: Setting['from']): string {
  return of === null ? layer : `${layer} ${of}`
}
