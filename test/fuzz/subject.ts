/** A parser that reads what the network or a user sends, and inputs of the shape that it expects, more or less damaged. */
import fc from 'fast-check'

/** What a parser made of an input: took it, or refused it in its proper way. Anything else that it does is thrown. */
export type Outcome = 'accepted' | 'refused'

export type Subject = { name: string; inputs: fc.Arbitrary<unknown>; feed: (input: never) => Outcome | Promise<Outcome> }

export function subject<T>(name: string, inputs: fc.Arbitrary<T>, feed: (input: T) => Outcome | Promise<Outcome>): Subject {
  return { name, inputs, feed }
}

type Damage = { at: number; bytes: Uint8Array; how: 'overwrite' | 'insert' | 'cut' }

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constantFrom('\0', '\n', '..', '\u{1F4A5}', '%s', '{{', '"', '-1').map((text) => Buffer.from(text))),
  how: fc.constantFrom('overwrite' as const, 'insert' as const, 'cut' as const),
})

/** Half of them as they were, the others damaged in one to three places. */
export function damaged(whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  const damages = fc.oneof(fc.constant<Damage[]>([]), fc.array(damage, { minLength: 1, maxLength: 3 }))
  return fc.tuple(whole, damages).map(([bytes, list]) => list.reduce(apply, Buffer.from(bytes)))
}

export function damagedText(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return damaged(whole.map((text) => Buffer.from(text))).map((bytes) => bytes.toString('utf8'))
}

function apply(whole: Buffer, { at, bytes, how }: Damage): Buffer {
  const place = at % (whole.length + 1)
  const skipped = how === 'insert' ? 0 : bytes.length
  return Buffer.concat([whole.subarray(0, place), how === 'cut' ? Buffer.alloc(0) : bytes, whole.subarray(place + skipped)])
}

/** Mostly one of the first. */
export function mostly<T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 19, arbitrary: good }, { weight: 1, arbitrary: bad })
}

/** An object of these fields, each of them there or not, and now and then one of them something else altogether. */
export function loosely(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const strange = fc.dictionary(fc.constantFrom(...Object.keys(fields), 'stranger', '__proto__', 'constructor'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 1 })
  return fc.tuple(fc.record(fields, { requiredKeys: [] }), fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: strange }))
    .map(([usual, odd]) => ({ ...usual, ...odd }))
}

/** A refusal has something to say; whoever prints it sees to what a terminal would obey. @throws Error when it has not */
export function refusalIn(message: string): 'refused' {
  if (message === '') throw new Error('refused without a word')
  return 'refused'
}
