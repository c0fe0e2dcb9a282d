/**
 * Objects: whole bytes under a key, on whatever keeps them. Nobody ever sees half of one; what `put` has resolved for is durable. Several coordinators may
 * use the same store at once. One suite holds for all kinds of it: test/conformance/objects.ts.
 */

/** Folders and a name, such as `pieces/3f/3fe1…`. */
const KEY_PATTERN = /^([a-z0-9][a-z0-9-]{0,63}\/){1,4}[a-z0-9][a-z0-9.-]{0,254}$/
const FOLDER_PATTERN = /^([a-z0-9][a-z0-9-]{0,63}\/){1,4}$/

/** `changedAtMs`: when it was put or touched, by the clock of whatever keeps it. */
export type ObjectInfo = { key: string; sizeBytes: number; changedAtMs: number }

export interface ObjectStore {
  /** What was there under the key is replaced. @throws MusterError unavailable; whatever the backend throws is its cause */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Null: there is none. */
  get(key: string): Promise<Buffer | null>
  stat(key: string): Promise<ObjectInfo | null>
  /** Makes it young again, so that nobody collects it as garbage meanwhile. False: there is none. */
  touch(key: string): Promise<boolean>
  /** All that lie in `folder` and below it, which ends in a slash; in no order. One that comes or goes meanwhile may be there or not. */
  list(folder: string): AsyncIterable<ObjectInfo>
  /** Does nothing where there is none. */
  remove(key: string): Promise<void>
}

/** @throws RangeError for what could leave the store, or could not be kept everywhere; keys are made by programs */
export function checkedKey(key: string): string {
  if (!KEY_PATTERN.test(key)) throw new RangeError(`not an object's key: ${JSON.stringify(key)}`)
  return key
}

export function checkedFolder(folder: string): string {
  if (!FOLDER_PATTERN.test(folder)) throw new RangeError(`not a folder of objects: ${JSON.stringify(folder)}`)
  return folder
}
