/** YAML files that flags name. What is wrong with one is said with its line and column. */
import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'
import { problem } from '../shared/errors.ts'

export const MAX_YAML_BYTES = 1024 * 1024

export type YamlFile = {
  value: Record<string, unknown>
  /**
   * Where `field` (`strategy.waves.0`, `strategy.waves[0]`), or the nearest thing around it, stands: `web.yaml, line 3, column 5`; the file
   * alone when nothing of it is there.
   */
  place: (field: string) => string
}

/** @throws MusterError flag_invalid (no such file), yaml_invalid */
export async function readYamlFile(path: string, flag: string): Promise<YamlFile> {
  const text = await readText(path, flag)
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset)
    return `${path}, line ${line}, column ${col}`
  }
  const [error] = document.errors
  if (error !== undefined) {
    const message = error.code === 'MULTIPLE_DOCS' ? 'a second document begins' : firstLower(error.message)
    throw problem('yaml_invalid', `${at(error.pos[0])}: ${message}`, { field: flag, expected: 'one YAML document' })
  }
  const astray = unresolvedAlias(document)
  if (astray !== null) {
    throw problem('yaml_invalid', `${at(astray.offset)}: no anchor &${astray.name} before *${astray.name}`, { field: flag, expected: 'one YAML document' })
  }
  const value = toValue(document, path, flag)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem('yaml_invalid', `${path}: found ${kindOf(value)}`, { field: flag, expected: 'a mapping: lines such as `name: value`' })
  }
  return { value: value as Record<string, unknown>, place: (field) => placeOf(document, field, at) ?? path }
}

async function readText(path: string, flag: string): Promise<string> {
  const expected = 'the path of a YAML file'
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw problem('flag_invalid', `${path} ${REASONS[code ?? ''] ?? `cannot be read: ${code}`}`, { field: flag, expected })
  }
  if (bytes.length > MAX_YAML_BYTES) throw problem('flag_invalid', `${path} has more than ${MAX_YAML_BYTES} bytes`, { field: flag, expected })
  return bytes.toString('utf8')
}

const REASONS: Record<string, string> = {
  ENOENT: 'does not exist', ENOTDIR: 'does not exist', EISDIR: 'is a directory', EACCES: 'may not be read', EPERM: 'may not be read',
}

function unresolvedAlias(document: Document): { name: string; offset: number } | null {
  let found: { name: string; offset: number } | null = null
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined
      found = { name: alias.source, offset: alias.range?.[0] ?? 0 }
      return visit.BREAK
    },
  })
  return found
}

/** The library refuses a document whose aliases expand to more than any person writes. */
function toValue(document: Document, path: string, flag: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw problem('yaml_invalid', `${path}: ${firstLower(error.message)}`, { field: flag, expected: 'fewer aliases of aliases' })
  }
}

function placeOf(document: Document, field: string, at: (offset: number) => string): string | null {
  const keys = field.split(/[.[\]]+/).filter((key) => key !== '')
  for (let length = keys.length; length > 0; length--) {
    const node: unknown = document.getIn(keys.slice(0, length).map((key) => (/^\d+$/.test(key) ? Number(key) : key)), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) return at(Number(node.range[0]))
  }
  return null
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
