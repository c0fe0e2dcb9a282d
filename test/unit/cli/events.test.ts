import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Client } from '../../../cli/client.ts'
import { rolloutChanges } from '../../../cli/events.ts'
import { Refusal } from '../../../cli/refusal.ts'
import { taskChange } from './fixtures.ts'
import { cannedApi, refuse, SSE_END, sseEvent, startSse } from './canned-api.ts'
import type { Handler } from './canned-api.ts'

const PATH = 'GET /v1/rollouts/web-7/events'
const STREAM = Array.from({ length: 9 }, (_, index) => ({ id: `${index + 1}-0`, change: taskChange(`web-${index + 1}`) }))

/** Everything after the event that the client has seen last, cut off after `allowance` characters of the stream. */
function streaming(cutAfterChars: number[]): Handler {
  let connections = 0
  return ({ headers }, response) => {
    const last = headers['last-event-id']
    const rest = STREAM.slice(last === undefined ? 0 : STREAM.findIndex(({ id }) => id === last) + 1)
    const text = `retry: 1000\n\n${rest.map(({ id, change }) => sseEvent(id, 'change', change)).join(': quiet\n\n')}${SSE_END}`
    const cut = cutAfterChars[connections++]
    startSse(response)
    if (cut === undefined) response.end(text)
    else response.write(text.slice(0, cut), () => response.destroy())
  }
}

async function collect(url: string, signal = new AbortController().signal) {
  const hosts: string[] = []
  const trouble: (string | null)[] = []
  for await (const change of rolloutChanges(new Client({ url, token: null, ca: null }, signal), 'web-7', { signal, onTrouble: (why) => trouble.push(why) })) {
    if (change.kind === 'task') hosts.push(change.host)
  }
  return { hosts, trouble }
}

describe('a stream of changes', () => {
  const all = STREAM.map((_, index) => `web-${index + 1}`)
  const eventChars = sseEvent('1-0', 'change', STREAM[0]!.change).length

  test.each([
    ['is read to its end', []],
    ['loses and repeats nothing when it is cut between two events', [14 + eventChars * 2]],
    ['nor in the middle of an event', [14 + eventChars + 60, 300, 14 + eventChars + 5]],
    ['nor before the first', [0, 5, 20]],
    ['nor just before its end', [14 + (eventChars + 9) * 9 + 3]],
  ])('%s', async (_what, cuts) => {
    await using api = await cannedApi({ [PATH]: streaming(cuts) })
    const { hosts, trouble } = await collect(api.url)
    expect(hosts).toEqual(all)
    expect(api.asked).toHaveLength(cuts.length + 1)
    expect(trouble.at(-1) ?? null).toBeNull()
  })

  test('goes on after a coordinator that was restarted, and one that was not ready', async () => {
    let asked = 0
    const whole = streaming([])
    await using api = await cannedApi({
      [PATH]: (request, response) => {
        if (++asked <= 2) return refuse(response, 503, { code: 'unavailable', message: 'Redis is away' })
        return whole(request, response)
      },
    })
    const { hosts, trouble } = await collect(api.url)
    expect(hosts).toEqual(all)
    expect(trouble).toEqual(['Redis is away', 'Redis is away', null])
  })

  test('is over when it is refused', async () => {
    await using api = await cannedApi({ [PATH]: (_asked, response) => refuse(response, 404, { code: 'rollout_unknown', message: 'there is no rollout web-7' }) })
    await expect(collect(api.url)).rejects.toThrow(Refusal)
    expect(api.asked).toHaveLength(1)
  })

  test('is over when it is interrupted, while it is quiet and while it waits for a connection', async () => {
    const quiet = new AbortController()
    await using silent = await cannedApi({
      [PATH]: (_asked, response) => {
        startSse(response).write(': quiet\n\n', () => quiet.abort(new Error('enough')))
      },
    })
    await expect(collect(silent.url, quiet.signal)).rejects.toThrow('enough')

    const waiting = new AbortController()
    await using broken = await cannedApi({
      [PATH]: (_asked, response) => {
        response.destroy()
        void sleep(10).then(() => waiting.abort(new Error('enough')))
      },
    })
    await expect(collect(broken.url, waiting.signal)).rejects.toThrow('enough')
  })
})
