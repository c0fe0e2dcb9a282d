/** Performs the commands of a scenario on a stage. README.md beside this file says what each means. */
import { parse as parseYaml } from 'yaml'
import { parseDuration } from '../../shared/duration.ts'
import type { Step } from '../../shared/command.ts'
import type { StrategyInput } from '../../shared/strategy.ts'
import type { Event } from '../../coordinator/rollout/event.ts'
import { BY, Stage } from '../sim/stage.ts'
import type { About, Failing, Outcome } from '../sim/stage.ts'
import { accountOf, statusOf } from './account.ts'

export class Performer {
  #stage: Stage | null = null

  /** @returns what came of it, line by line */
  perform(command: string, input: string): string {
    const [verb = '', ...words] = command.split(' ')
    if (verb === 'rollout') return this.#create(words, input)
    const stage = this.#stage
    if (stage === null) throw new Error('a scenario begins with "rollout over … hosts"')
    if (verb === 'status') return statusOf(stage).join('\n')
    const act = ACTS[verb]
    if (act === undefined) throw new Error(`there is no command "${verb}"; there are: rollout, status, ${Object.keys(ACTS).join(', ')}`)
    const before = stage.nowMs
    const outcome = act(stage, words)
    const lines = accountOf(outcome, [...stage.engine.rows.keys()])
    return [...(stage.nowMs === before ? [] : [`now ${stage.nowMs / 1000}s`]), ...lines].join('\n')
  }

  #create(words: readonly string[], input: string): string {
    const [over = '', ...clauses] = words.join(' ').split(', ')
    const [, ...named] = over.split(' ')
    const count = /^over (\d+) hosts?$/.exec(over)?.[1]
    const digits = count?.length ?? 0
    const hosts = count === undefined ? named : Array.from({ length: Number(count) }, (_, index) => `h${String(index + 1).padStart(digits, '0')}`)
    const stage = new Stage((parseYaml(input) ?? {}) as StrategyInput, hosts, Object.assign({}, ...clauses.map(aboutIn)) as About)
    this.#stage = stage
    const { waves, limits } = stage.rollout
    return `waves: ${waves.map(({ size }) => size).join(' ')}; tolerated: ${limits.failed} failed, ${limits.unreachable} unreachable`
  }
}

/** What is said of a rollout after its hosts: `at most 2 down`, `behind web-5 web-6`, `running uptime -p`, `catching up`. */
function aboutIn(clause: string): About {
  const [, kind = '', rest = ''] = /^(at most|behind|running|catching up) ?(.*)$/.exec(clause) ?? fail(`"${clause}" says nothing of a rollout`)
  switch (kind) {
    case 'at most':
      return { limit: Number.parseInt(rest) }
    case 'behind':
      return { waitsFor: rest.split(' ') }
    case 'running':
      return { kind: 'run', run: { command: rest, account: null } }
    default:
      return { kind: 'catch-up' }
  }
}

type Act = (stage: Stage, words: readonly string[]) => Outcome

const ACTS: Record<string, Act> = {
  start: (stage) => stage.start(),
  wait: (stage, [duration = '']) => stage.wait(parseDuration(duration) ?? fail(`"${duration}" is no duration`)),

  claims: (stage, words) => each(stage, words, (host, { attempt, running }) => stage.claim(host, running === 'nothing' ? null : (running ?? 'old'), attempt)),
  steps: (stage, words) => each(stage, words, (host, { attempt, at }) =>
    stage.take({ type: 'StepStarted', host, attempt: attempt ?? stage.task(host).attempt, step: at ?? fail('steps HOST at STEP') })),
  succeeds: (stage, words) => each(stage, words, (host, { attempt }) => stage.succeed(host, true, attempt)),
  unchanged: (stage, words) => each(stage, words, (host, { attempt }) => stage.succeed(host, false, attempt)),
  fails: (stage, words) => each(stage, words, (host, how) => stage.fail(host, failing('failed', how))),
  'times-out': (stage, words) => each(stage, words, (host, how) => stage.fail(host, failing('timed-out', how))),
  forgets: (stage, words) => each(stage, words, (host, how) => stage.fail(host, failing('unknown', { revert: 'not-needed', ...how }))),
  deploys: (stage, words) => deploy(stage, hostsIn(stage, words).hosts),
  'is-warm': (stage, words) => each(stage, words, (host, { attempt }) => stage.prefetch(host, 'succeeded', attempt)),
  'stays-cold': (stage, words) => each(stage, words, (host, { attempt }) => stage.prefetch(host, 'failed', attempt)),
  leaves: (stage, words) => each(stage, words, (host) => stage.lose(host)),
  returns: (stage, words) => each(stage, words, (host) => stage.connect(host)),

  ended: (stage, words) => stage.take({ type: 'WaitEnded', rollouts: [...words] }),
  freeze: (stage, [, until = '']) => stage.freeze(parseDuration(until) ?? fail('freeze until DURATION')),
  thaw: (stage) => stage.freeze(null),
  'others-down': (stage, [count]) => stage.othersAreDown(Number(count)),

  'script-begins': (stage, words) => stage.beginScript(numberIn(words)),
  'script-succeeds': (stage, words) => stage.endScript('succeeded', numberIn(words)),
  'script-fails': (stage, words) => stage.endScript('failed', numberIn(words)),
  'script-times-out': (stage, words) => stage.endScript('timed-out', numberIn(words)),
  'script-is-forgotten': (stage, words) => stage.endScript('unknown', numberIn(words)),
  'retry-script': (stage) => stage.take({ type: 'ScriptRetryRequested', ...BY }),
  'skip-script': (stage) => stage.take({ type: 'ScriptSkipRequested', ...BY }),

  pause: (stage) => stage.take({ type: 'PauseRequested', ...BY }),
  resume: (stage, [flag]) => stage.take({ type: 'ResumeRequested', overrideFreeze: flag === '--override-freeze', ...BY }),
  promote: (stage) => stage.take({ type: 'PromoteRequested', ...BY }),
  abort: (stage) => stage.take({ type: 'AbortRequested', ...BY }),
  rollback: (stage, [flag, wave]) => stage.take({ type: 'RollbackRequested', wave: flag === '--wave' ? Number(wave) - 1 : null, ...BY }),
  retry: (stage, words) => {
    const retryHost = (host: string): Event => ({ type: 'HostRetryRequested', host, ...BY })
    const isOfAll = words.length === 0 || words[0] === '--not-started'
    const which = words.length === 0 ? 'failed' : 'not-started'
    return isOfAll ? stage.take({ type: 'RetryRequested', which, ...BY }) : each(stage, words, (host) => stage.take(retryHost(host)))
  },
  kill: (stage, words) => each(stage, words, (host) => stage.take({ type: 'KillRequested', host, ...BY })),
  skip: (stage, words) => each(stage, words, (host) => stage.skip(host)),
}

/** `script-succeeds number 2`: a report of that command; without it, of the last. */
function numberIn([, number]: readonly string[]): number | undefined {
  return number === undefined ? undefined : Number(number)
}

type How = { attempt?: number; at?: Step; revert?: NonNullable<Failing['revert']>; running?: string }

/** `h1..h3 h7 at start attempt 2`: hosts, then how. */
function hostsIn(stage: Stage, words: readonly string[]): { hosts: string[]; how: How } {
  const first = words.findIndex((word) => ['at', 'attempt', 'reverted', 'running'].includes(word))
  const all = [...stage.engine.rows.keys()]
  const hosts = (first === -1 ? words : words.slice(0, first)).flatMap((word) => {
    const [from = '', to = from] = word.split('..')
    if (!all.includes(from) || !all.includes(to)) fail(`there are no hosts ${word}`)
    return all.slice(all.indexOf(from), all.indexOf(to) + 1)
  })
  const pairs = (first === -1 ? '' : words.slice(first).join(' ')).matchAll(/(at|attempt|reverted|running) (\S+)/g)
  const how = Object.fromEntries([...pairs].map(([, key, value]) => [key === 'reverted' ? 'revert' : key, key === 'attempt' ? Number(value) : value]))
  return { hosts, how: how as How }
}

/** One event per host, in order; told as one. */
function each(stage: Stage, words: readonly string[], act: (host: string, how: How) => Outcome): Outcome {
  const { hosts, how } = hostsIn(stage, words)
  return together(hosts.map((host) => act(host, how)))
}

/** Each claims once it has its command, and succeeds once it is granted, for as long as any of them can. */
function deploy(stage: Stage, hosts: readonly string[]): Outcome {
  const outcomes: Outcome[] = []
  const isPreparing = (host: string) => stage.task(host).state === 'sent' && stage.task(host).inLineSinceMs === null
  for (;;) {
    const claims = hosts.filter(isPreparing).map((host) => stage.claim(host))
    const results = hosts.filter((host) => stage.task(host).state === 'claimed').map((host) => stage.succeed(host))
    if (claims.length + results.length === 0) return together(outcomes)
    outcomes.push(...claims, ...results)
  }
}

function together(outcomes: readonly Outcome[]): Outcome {
  return {
    refused: outcomes.find(({ refused }) => refused !== null)?.refused ?? null,
    effects: outcomes.flatMap(({ effects }) => effects),
    steps: outcomes.flatMap(({ steps }) => steps),
  }
}

function failing(verdict: 'failed' | 'timed-out' | 'unknown', { at, revert, attempt }: How): Failing {
  return { verdict, ...(at === undefined ? {} : { step: at }), ...(revert === undefined ? {} : { revert }), ...(attempt === undefined ? {} : { attempt }) }
}

function fail(message: string): never {
  throw new Error(message)
}
