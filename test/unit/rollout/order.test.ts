import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderHosts } from '../../../coordinator/rollout/order.ts'
import type { OrderedHost } from '../../../coordinator/rollout/order.ts'

function fleet(racks: Record<string, number>, dc = 'one'): OrderedHost[] {
  return Object.entries(racks).flatMap(([rack, size]) => Array.from({ length: size }, (_, index) => ({ host: `${rack}${index + 1}`, labels: { dc, rack } })))
}

const racksOf = (hosts: readonly string[]) => hosts.map((host) => host[0]).join('')

const anyHosts: fc.Arbitrary<OrderedHost[]> = fc
  .array(fc.record({ dc: fc.constantFrom('x', 'y'), rack: fc.constantFrom('a', 'b', 'c', 'd', 'e') }, { requiredKeys: [] }), { maxLength: 60 })
  .map((all) => all.map((labels, index) => ({ host: `web-${index}`, labels: labels as Record<string, string> })))

/** How often neighbours share the value of a label. */
function neighbours(order: readonly string[], hosts: readonly OrderedHost[], key: string): number {
  const value = new Map(hosts.map(({ host, labels }) => [host, labels[key] ?? '']))
  return order.slice(1).filter((host, index) => value.get(host) === value.get(order[index]!)).length
}

/** The least that any order can have: what the largest group has more than can be kept apart. */
function unavoidable(hosts: readonly OrderedHost[], key: string): number {
  const sizes = Object.values(Object.groupBy(hosts, ({ labels }) => labels[key] ?? '')).map((group) => group?.length ?? 0)
  const largest = Math.max(0, ...sizes)
  return Math.max(0, 2 * largest - hosts.length - 1)
}

describe('spread', () => {
  test.each([
    [{ a: 2, b: 2 }, 'abab'],
    [{ a: 3, b: 1, c: 1 }, 'abaca'],
    [{ a: 5, b: 2, c: 2 }, 'abacabaca'],
    // One rack has most of the hosts: the others are spread evenly over the whole.
    [{ a: 6, b: 2 }, 'aabaaaba'],
  ])('%j', (racks, expected) => {
    expect(racksOf(orderHosts(fleet(racks), 'spread'))).toBe(expected)
  })

  test('datacenters first, racks within', () => {
    const hosts = [...fleet({ a: 2, b: 1 }, 'one'), ...fleet({ c: 2, d: 1 }, 'two')]
    expect(racksOf(orderHosts(hosts, 'spread'))).toBe('acbdac')
  })

  test('numbers in names count as numbers', () => {
    const hosts = ['web-10', 'web-2', 'web-1'].map((host) => ({ host, labels: {} }))
    expect(orderHosts(hosts, 'spread')).toEqual(['web-1', 'web-2', 'web-10'])
  })

  test('loses and doubles no host', () => {
    fc.assert(fc.property(anyHosts, (hosts) => { expect(orderHosts(hosts, 'spread').toSorted()).toEqual(hosts.map(({ host }) => host).toSorted()) }))
  })

  test('does not depend on the order in which hosts are given', () => {
    const anyTwo = anyHosts.chain((hosts) => fc.tuple(fc.constant(hosts), fc.shuffledSubarray(hosts, { minLength: hosts.length, maxLength: hosts.length })))
    fc.assert(fc.property(anyTwo, ([hosts, shuffled]) => { expect(orderHosts(shuffled, 'spread')).toEqual(orderHosts(hosts, 'spread')) }))
  })

  test('neighbours are in different datacenters wherever that is possible', () => {
    fc.assert(fc.property(anyHosts, (hosts) => { expect(neighbours(orderHosts(hosts, 'spread'), hosts, 'dc')).toBe(unavoidable(hosts, 'dc')) }))
  })

  test('neighbours are in different racks wherever that is possible', () => {
    const inOneDc = anyHosts.map((hosts) => hosts.map(({ host, labels: { dc: _, ...labels } }) => ({ host, labels })))
    fc.assert(fc.property(inOneDc, (hosts) => { expect(neighbours(orderHosts(hosts, 'spread'), hosts, 'rack')).toBe(unavoidable(hosts, 'rack')) }))
  })

  test('every stretch of the order has about its share of each rack', () => {
    const hosts = fleet({ a: 60, b: 30, c: 10 })
    const order = orderHosts(hosts, 'spread')
    for (let from = 0; from < 100; from += 20) {
      const racks = racksOf(order.slice(from, from + 20))
      expect(['a', 'b', 'c'].map((rack) => racks.split(rack).length - 1)).toEqual([12, 6, 2])
    }
  })
})

test('as-listed is as listed', () => {
  const hosts = fleet({ b: 2, a: 1 })
  expect(orderHosts(hosts, 'as-listed')).toEqual(['b1', 'b2', 'a1'])
})

test('names that differ only in leading zeros still have one order', () => {
  const names = ['web-01', 'web-1', 'web-001']
  const orders = [names, names.toReversed()].map((all) => orderHosts(all.map((host) => ({ host, labels: {} })), 'spread'))
  expect(orders[0]).toEqual(orders[1])
})
