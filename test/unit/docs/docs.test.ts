/** The parts of the documents that can be checked are true. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { QUEUE_KINDS } from '../../../coordinator/rollout/state.ts'
import { ANNOUNCED } from '../../../shared/announcement.ts'
import { STEPS } from '../../../shared/command.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { PHASES, TASK_STATES } from '../../../shared/states.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import { LAYERS } from '../../../shared/variables.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** The words that begin the rows of the table below a heading. */
function rowsBelow(text: string, heading: string): string[] {
  const section = text.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, word = '']) => word)
}

describe('README', () => {
  const examples = [...read('README.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)

  test('describes a service that can be applied', () => {
    expect(examples).toHaveLength(1)
    const parsed = serviceSchema.safeParse(parse(examples[0]!))
    expect(parsed.error?.issues ?? []).toEqual([])
  })
})

describe('the page on the catalogue', () => {
  const page = read('docs/catalogue.md')

  test('describes a service that can be applied', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
    expect(serviceSchema.safeParse(parse(yaml)).error?.issues ?? []).toEqual([])
  })

  test('names every field', () => {
    for (const field of Object.keys(serviceSchema.in.shape)) expect(page).toContain(`\`${field}\``)
  })

  test('says how strong each layer is', () => {
    expect([...page.matchAll(/^\d\. \*\*(\w+)\*\*/gm)].map(([, layer]) => layer)).toEqual(LAYERS.toReversed())
  })
})

describe('the page on the strategy', () => {
  const page = read('docs/strategy.md')

  test('describes one that can be used', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
    expect(strategySchema.safeParse(parse(yaml)).error?.issues ?? []).toEqual([])
  })

  test('has every field, in order, and no other', () => {
    const first = [...page.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, field]) => field))
    expect(first).toEqual(Object.keys(strategySchema.in.shape))
  })

  test('has every choice of a field that has some', () => {
    for (const field of ['onFailure', 'offline', 'order', 'onBusy', 'stop'] as const) {
      for (const choice of strategySchema.in.shape[field].def.innerType.options) expect(page).toContain(`\`${choice}\``)
    }
  })
})

describe('the page on the architecture', () => {
  test('has every queue of the machine, and no other', () => {
    const section = read('docs/architecture.md').split('## The rollout machine')[1]?.split('\n## ')[0] ?? ''
    expect([...section.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, kind = '']) => kind).sort()).toEqual([...QUEUE_KINDS].sort())
  })
})

describe('the operations manual', () => {
  test('names every event that a webhook may be told', () => {
    for (const type of ANNOUNCED) expect(read('docs/operations.md')).toContain(`\`${type}\``)
  })
})

describe('the glossary', () => {
  const glossary = read('docs/glossary.md')

  test('defines no word twice', () => {
    const words = [...glossary.matchAll(/^\| (\*\*.+?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/\*\*(.+?)\*\*/g)].map(([, word]) => word))
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([])
  })

  test('defines every phase, and no other', () => expect(rowsBelow(glossary, 'Where a rollout is')).toEqual([...PHASES]))

  test('defines every state of a task, and no other', () => {
    const ordered = (words: readonly string[]) => [...words].sort((a, b) => (a < b ? -1 : 1))
    expect(ordered(rowsBelow(glossary, 'Where a task is'))).toEqual(ordered(TASK_STATES))
  })

  test('names every step', () => {
    for (const step of STEPS) expect(glossary).toContain(step)
  })
})

describe('the demo', () => {
  test('describes a service that can be applied', () => {
    expect(serviceSchema.safeParse(parse(read('demo/mountebank.yaml'))).error?.issues ?? []).toEqual([])
  })

  test.each(['waves', 'canary', 'cautious'])('has a strategy that can be used: %s', (name) => {
    expect(strategySchema.safeParse(parse(read(`demo/${name}.yaml`))).error?.issues ?? []).toEqual([])
  })
})
