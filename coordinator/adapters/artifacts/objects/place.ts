/** Where objects are kept, as `--artifacts` says it: a directory, or `s3://BUCKET/PREFIX`. */
import { problem } from '../../../../shared/errors.ts'
import { openFileObjects } from './file-objects.ts'
import type { ObjectStore } from './object-store.ts'
import { openS3Objects } from './s3-objects.ts'

/** `prefix` is empty or ends in a slash. `endpoint`: null for that of AWS, or what the SDK's environment says. */
export type Bucket = { name: string; prefix: string; endpoint: string | null; region: string; isPathStyle: boolean }

/** The SDK needs one; nobody but AWS looks at it. */
const DEFAULT_REGION = 'us-east-1'
const KNOWN = new Set(['endpoint', 'region', 'path-style'])
const EXPECTED = 's3://BUCKET/PREFIX, and where it is not AWS ?endpoint=https://HOST:PORT&region=NAME&path-style=true'

export function isBucket(place: string): boolean {
  return place.startsWith('s3:')
}

/** @param env the SDK's own variables count where the URL is silent. @throws MusterError config_invalid */
export function parseBucket(place: string, env: Record<string, string | undefined>): Bucket {
  const url = URL.parse(place)
  const refuse = (why: string) => problem('config_invalid', `--artifacts: ${why}`, { field: '--artifacts', expected: EXPECTED })
  if (url === null || url.protocol !== 's3:' || url.hostname === '') throw refuse(`"${place}" names no bucket`)
  const unknown = [...url.searchParams.keys()].find((key) => !KNOWN.has(key))
  if (unknown !== undefined) throw refuse(`there is no "${unknown}"`)
  const endpoint = url.searchParams.get('endpoint')
  if (endpoint !== null && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) throw refuse(`"${endpoint}" is no URL`)
  const pathStyle = url.searchParams.get('path-style') ?? String(endpoint !== null)
  if (pathStyle !== 'true' && pathStyle !== 'false') throw refuse(`path-style is true or false, not "${pathStyle}"`)
  const folder = url.pathname.replace(/^\/+|\/+$/g, '')
  return {
    name: url.hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    endpoint,
    region: url.searchParams.get('region') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? DEFAULT_REGION,
    isPathStyle: pathStyle === 'true',
  }
}

export async function openObjects(place: string): Promise<ObjectStore> {
  return isBucket(place) ? openS3Objects(parseBucket(place, process.env)) : openFileObjects(place)
}
