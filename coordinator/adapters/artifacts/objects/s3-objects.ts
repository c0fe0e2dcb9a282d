/**
 * Objects in a bucket of S3, or of something that speaks like it. An object of S3 is there whole or not at all, and replaced as a whole, which is all that is
 * asked of it; no conditional requests, since not everybody has them. Tries and waits are bounded, and what does not work in them is `unavailable`.
 */
import type * as Sdk from '@aws-sdk/client-s3'
import { problem } from '../../../../shared/errors.ts'
import { checkedFolder, checkedKey } from './object-store.ts'
import type { ObjectInfo, ObjectStore } from './object-store.ts'
import type { Bucket } from './place.ts'

/** The SDK's own backoff lies between them. */
const MAX_TRIES = 4
const CONNECT_WITHIN_MS = 5_000
/** One request, with an object of 5 MiB at most. */
const REQUEST_WITHIN_MS = 60_000
/** The most that S3 gives in one answer. */
const LISTED_AT_ONCE = 1000

/** Credentials come the way of the SDK: the environment, its files, or the machine's role. */
export async function openS3Objects(bucket: Bucket, listedAtOnce = LISTED_AT_ONCE): Promise<ObjectStore> {
  // loaded when it is needed: it is large, and most sites have none
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region: bucket.region,
    ...(bucket.endpoint === null ? {} : { endpoint: bucket.endpoint }),
    forcePathStyle: bucket.isPathStyle,
    maxAttempts: MAX_TRIES,
    requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, requestTimeout: REQUEST_WITHIN_MS },
    // pieces are checked against their names, and not every server knows these
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return new S3Objects(sdk, client, bucket, listedAtOnce)
}

class S3Objects implements ObjectStore {
  readonly #sdk: typeof Sdk
  readonly #client: Sdk.S3Client
  readonly #bucket: Bucket
  readonly #listedAtOnce: number

  constructor(sdk: typeof Sdk, client: Sdk.S3Client, bucket: Bucket, listedAtOnce: number) {
    this.#sdk = sdk
    this.#client = client
    this.#bucket = bucket
    this.#listedAtOnce = listedAtOnce
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#told(this.#client.send(new this.#sdk.PutObjectCommand({ ...this.#at(key), Body: bytes })))
  }

  async get(key: string): Promise<Buffer | null> {
    const found = await this.#ifThere(this.#client.send(new this.#sdk.GetObjectCommand(this.#at(key))))
    return found?.Body === undefined ? null : Buffer.from(await this.#told(found.Body.transformToByteArray()))
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    const found = await this.#ifThere(this.#client.send(new this.#sdk.HeadObjectCommand(this.#at(key))))
    return found === null ? null : { key, sizeBytes: found.ContentLength ?? 0, changedAtMs: found.LastModified?.getTime() ?? 0 }
  }

  /** S3 lets an object be copied onto itself where that changes something, if only its metadata. */
  async touch(key: string): Promise<boolean> {
    const at = this.#at(key)
    const copy = { ...at, CopySource: `${at.Bucket}/${at.Key}`, MetadataDirective: 'REPLACE' as const, Metadata: { touched: new Date().toISOString() } }
    return (await this.#ifThere(this.#client.send(new this.#sdk.CopyObjectCommand(copy)))) !== null
  }

  async *list(folder: string): AsyncGenerator<ObjectInfo> {
    const { name, prefix } = this.#bucket
    let from: string | undefined
    do {
      const asked = { Bucket: name, Prefix: `${prefix}${checkedFolder(folder)}`, MaxKeys: this.#listedAtOnce }
      const page = await this.#told(this.#client.send(new this.#sdk.ListObjectsV2Command(from === undefined ? asked : { ...asked, ContinuationToken: from })))
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        yield { key: Key.slice(prefix.length), sizeBytes: Size, changedAtMs: LastModified?.getTime() ?? 0 }
      }
      from = page.NextContinuationToken
    } while (from !== undefined)
  }

  async remove(key: string): Promise<void> {
    await this.#ifThere(this.#client.send(new this.#sdk.DeleteObjectCommand(this.#at(key))))
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket.name, Key: `${this.#bucket.prefix}${checkedKey(key)}` }
  }

  /** A bucket that is not there is no object that is not there. */
  async #ifThere<T>(answer: Promise<T>): Promise<T | null> {
    return this.#told(
      answer.catch((error: unknown) => {
        const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
        if (name !== 'NoSuchBucket' && $metadata?.httpStatusCode === 404) return null
        throw error
      }),
    )
  }

  async #told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      const why = error instanceof Error ? error.message || error.name : String(error)
      const expected = 'a bucket that is there, and credentials that may read, write, list and delete in it'
      throw problem('unavailable', `the bucket ${this.#bucket.name} cannot be used: ${why}`, { field: '--artifacts', expected })
    }
  }
}
