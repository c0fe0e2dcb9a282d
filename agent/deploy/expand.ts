/**
 * `${NAME}` and `${label.KEY}` in a command line or a check's target: a variable of the revision, or a label of the host. `${MUSTER_…}` is
 * left to the shell, which finds it in the script's environment. Nothing else is a name, so a misspelt one is found before anything is touched.
 */
export type Names = { variables: Record<string, string>; labels: Record<string, string> }

const REFERENCE = /\$\{([^}]*)\}/g
export const LABEL_PREFIX = 'label.'
const SHELL_PREFIX = 'MUSTER_'

/** The text with every known name replaced; unknown ones stay as they are. */
export function expand(text: string, names: Names): string {
  return text.replace(REFERENCE, (reference, name: string) => lookUp(name, names) ?? reference)
}

/** The names in `text` that stand for nothing on this host. */
export function unknownNames(text: string, names: Names): string[] {
  return [...text.matchAll(REFERENCE)].map(([, name]) => name ?? '').filter((name) => !name.startsWith(SHELL_PREFIX) && lookUp(name, names) === null)
}

function lookUp(name: string, { variables, labels }: Names): string | null {
  if (name.startsWith(LABEL_PREFIX)) return own(labels, name.slice(LABEL_PREFIX.length))
  return own(variables, name)
}

function own(values: Record<string, string>, key: string): string | null {
  return Object.hasOwn(values, key) ? (values[key] ?? null) : null
}
