/** What is different between two entries, a line for each field; values as they would be written in YAML. */
import { stringify } from 'yaml'
import type { FieldChangeView } from '../../shared/api/catalogue.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'

export function changeLines(changes: readonly FieldChangeView[]): Line[] {
  return changes.map((change): Line => {
    switch (change.kind) {
      case 'added':
        return [styled(`  + ${change.field}: ${inline(change.after)}`, 'good')]
      case 'removed':
        return [styled(`  - ${change.field}: ${inline(change.before)}`, 'bad')]
      case 'changed':
        return [styled(`  ~ ${change.field}: ${inline(change.before)} → ${inline(change.after)}`, 'busy')]
    }
  })
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, blockQuote: false }).trimEnd()
}
