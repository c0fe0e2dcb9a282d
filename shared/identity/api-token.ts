/** What a person or a pipeline shows to the API: `mst_<id>_<secret>`. The id names the token everywhere; the secret is shown once. */

/** Easy to find where it must not be: secret scanners look for such a prefix. */
const PREFIX = 'mst_'
const TOKEN = /^mst_([0-9A-Za-z-]{1,64})_([0-9A-Za-z_-]{1,256})$/

export type ApiTokenText = { id: string; secret: string }

/** @param token of which the id has no underscore */
export function formatApiToken({ id, secret }: ApiTokenText): string {
  return `${PREFIX}${id}_${secret}`
}

/** Null for what is no such token. */
export function parseApiToken(text: string): ApiTokenText | null {
  const [, id, secret] = TOKEN.exec(text) ?? []
  return id === undefined || secret === undefined ? null : { id, secret }
}
