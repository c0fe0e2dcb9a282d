import type { Finding, Tree } from '../../tidy/tree.ts'

/** A tree of a few files, each given by its lines. */
export function treeOf(files: Record<string, string | string[]>): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, Array.isArray(text) ? text.join('\n') : text]))
}

/** `path:line` of each finding, without its words. */
export function places(findings: Finding[]): string[] {
  return findings.map((finding) => /^[^ ]+?:\d+(?=:)/.exec(finding)?.[0] ?? finding)
}
