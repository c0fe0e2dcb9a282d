/** How large a package may be, in every direction in which one can hurt the coordinator that keeps it or the host that unpacks it. */
export type PackageLimits = {
  /** Of the bytes as they are sent. */
  maxPackedBytes: number
  /** Of the tar inside. */
  maxUnpackedBytes: number
  /** Files, directories and links, with the directories that are only implied by a path. */
  maxEntries: number
  /** Of a path, and of a link's target. */
  maxPathBytes: number
  /** Of one component of a path. */
  maxNameBytes: number
  /** Unpacked bytes for each packed byte: real packages stay below 20, a bomb reaches 1000. */
  maxExpansion: number
  /** So much may come out of any package before its expansion is judged: a small bomb harms nobody. */
  freeExpansionBytes: number
}

export const PACKAGE_LIMITS: PackageLimits = {
  maxPackedBytes: 4 * 1024 ** 3,
  maxUnpackedBytes: 16 * 1024 ** 3,
  maxEntries: 250_000,
  maxPathBytes: 1024,
  maxNameBytes: 255,
  maxExpansion: 200,
  freeExpansionBytes: 64 * 1024 ** 2,
}
