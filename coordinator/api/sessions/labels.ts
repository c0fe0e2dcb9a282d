/** Which labels a host has, out of those that were bound when it joined and those that it claims. Pure. Owns that a claim never changes a bound label. */

type Labels = Record<string, string>

/** What binds labels: `bound` came with the token that let the host in, and only a token can give those of the keys `boundKeys`. */
export type Binding = { bound: Readonly<Labels>; boundKeys: readonly string[] }

/** @returns `ignoredLabels`: what the host claims, and does not have */
export function effectiveLabels(claimed: Readonly<Labels>, { bound, boundKeys }: Binding): { labels: Labels; ignoredLabels: Labels } {
  const mayClaim = (key: string) => !Object.hasOwn(bound, key) && !boundKeys.includes(key)
  const claims = Object.entries(claimed)
  return {
    labels: { ...Object.fromEntries(claims.filter(([key]) => mayClaim(key))), ...bound },
    ignoredLabels: Object.fromEntries(claims.filter(([key, value]) => !mayClaim(key) && !(Object.hasOwn(bound, key) && bound[key] === value))),
  }
}
