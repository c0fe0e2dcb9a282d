// Original file: proto/muster/v1/session.proto

export const SourceKind = {
  SOURCE_KIND_UNSPECIFIED: 'SOURCE_KIND_UNSPECIFIED',
  SOURCE_KIND_RELAY: 'SOURCE_KIND_RELAY',
  SOURCE_KIND_COORDINATOR: 'SOURCE_KIND_COORDINATOR',
} as const;

export type SourceKind =
  | 'SOURCE_KIND_UNSPECIFIED'
  | 0
  | 'SOURCE_KIND_RELAY'
  | 1
  | 'SOURCE_KIND_COORDINATOR'
  | 2

export type SourceKind__Output = typeof SourceKind[keyof typeof SourceKind]
