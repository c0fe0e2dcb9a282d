/** A time that only ever rises, on the disk before `raise` resolves. */
import { readFile } from 'node:fs/promises'
import { problem } from '../../shared/errors.ts'
import { writeDurably } from '../../shared/durable.ts'

export class Watermark {
  readonly #file: string
  #atMs: number

  private constructor(file: string, atMs: number) {
    this.#file = file
    this.#atMs = atMs
  }

  /** @throws MusterError when the file says no time: how high it was can no longer be known */
  static async open(file: string): Promise<Watermark> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '0'
      throw error
    })
    if (!/^\d{1,16}$/.test(text)) throw problem('internal', `${file} is damaged`, { field: 'data-dir', expected: 'milliseconds since the epoch' })
    return new Watermark(file, Number(text))
  }

  /** Milliseconds since the epoch; 0: never raised. */
  get atMs(): number {
    return this.#atMs
  }

  async raise(atMs: number): Promise<void> {
    if (atMs <= this.#atMs) return
    await writeDurably(this.#file, String(atMs))
    this.#atMs = atMs
  }
}
