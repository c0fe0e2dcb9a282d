/** Runs the scenarios beside this file. UPDATE_SCENARIOS=1 writes what came out into them, to be read before it is committed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, withActual } from './blocks.ts'
import type { Block } from './blocks.ts'
import { Performer } from './performer.ts'

const FOLDER = import.meta.dirname
const UPDATES = process.env['UPDATE_SCENARIOS'] === '1'

test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  const file = join(FOLDER, name)
  const text = readFileSync(file, 'utf8')
  const paragraphs = parse(text)
  const performer = new Performer()
  const actual = new Map<Block, string>()
  for (const { block } of paragraphs) {
    if (block === null) continue
    try {
      actual.set(block, performer.perform(block.command, block.input))
    } catch (error) {
      throw new Error(`${name}:${block.line}: ${block.command}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  const written = withActual(paragraphs, actual)
  if (UPDATES) writeFileSync(file, written)
  expect(written).toBe(readFileSync(file, 'utf8'))
})
