/**
 * The variables of a service on one host, and where each comes from. Owns the precedence: service < environment < label < host < instance;
 * within one of them the later line wins. Pure.
 */
import type { Override, Variables } from './override.ts'
import type { Selectable } from './selector.ts'

/** Weakest first. */
export const LAYERS = ['service', 'environment', 'label', 'host', 'instance'] as const
export type Layer = (typeof LAYERS)[number]

/** The label that says in which environment a host is. */
export const ENVIRONMENT_LABEL = 'env'

/** Who sets a variable. `of`: which environment, label (`dc=sg`), host or instance; null for the service itself. */
export type Origin = { layer: Layer; of: string | null }

/** `overrides`: the values that it stands before, the nearest first. */
export type Setting = { name: string; value: string; from: Origin; overrides: { value: string; from: Origin }[] }

/** Of an instance only what is its own. */
export type Settings = { variables: Setting[]; instances: Record<string, Setting[]> }

export type Source = { from: Origin; variables: Variables }

/** The part of a catalogue entry that sets variables. */
export type Spec = { variables: Variables; overrides: readonly Override[]; instances: Record<string, Variables> }

/** Everything that sets variables of the service on this host, the weakest first. */
export function sourcesOf({ variables, overrides }: Omit<Spec, 'instances'>, host: Selectable): Source[] {
  const applying = overrides.filter((override) => appliesTo(override, host)).map((override) => ({ from: originOf(override), variables: override.variables }))
  return [
    { from: { layer: 'service', of: null }, variables },
    ...applying.toSorted((a, b) => LAYERS.indexOf(a.from.layer) - LAYERS.indexOf(b.from.layer)),
  ]
}

/** What the scripts on this host get, leaving aside what instances have of their own. */
export function variablesFrom(sources: readonly Source[]): Variables {
  return Object.assign({}, ...sources.map(({ variables }) => variables)) as Variables
}

export function resolve(spec: Spec, host: Selectable): Settings {
  const sources = sourcesOf(spec, host)
  const instances = Object.entries(spec.instances).map(([name, own]) => {
    const settings = settingsFrom([...sources, { from: { layer: 'instance', of: name }, variables: own }])
    return [name, settings.filter(({ from }) => from.layer === 'instance')] as const
  })
  return { variables: settingsFrom(sources), instances: Object.fromEntries(instances) }
}

function settingsFrom(sources: readonly Source[]): Setting[] {
  const names = [...new Set(sources.flatMap(({ variables }) => Object.keys(variables)))].sort()
  return names.map((name): Setting => {
    const set = sources.filter(({ variables }) => Object.hasOwn(variables, name)).map(({ from, variables }) => ({ from, value: variables[name] ?? '' }))
    const [{ value, from }, ...overrides] = set.toReversed() as [Setting, ...Setting[]]
    return { name, value, from, overrides }
  })
}

function originOf(override: Override): Origin {
  if ('environment' in override) return { layer: 'environment', of: override.environment }
  if ('label' in override) return { layer: 'label', of: override.label }
  return { layer: 'host', of: override.host }
}

function appliesTo(override: Override, { host, labels }: Selectable): boolean {
  if ('host' in override) return override.host === host
  const [key, value] = 'label' in override ? partsOf(override.label) : [ENVIRONMENT_LABEL, override.environment]
  return Object.hasOwn(labels, key) && labels[key] === value
}

function partsOf(label: string): [key: string, value: string] {
  const equals = label.indexOf('=')
  return [label.slice(0, equals), label.slice(equals + 1)]
}
