/** Files that people write: services with their strategies, by the reader that the command line uses, and the policies of hosts' owners. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { policyOf } from '../../../agent/policy/policy-file.ts'
import { readYamlFile } from '../../../cli/yaml-file.ts'
import { MusterError } from '../../../shared/errors.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { damagedText, loosely, refusalIn, subject } from '../subject.ts'
import type { Outcome, Subject } from '../subject.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/)
const size = fc.oneof(fc.integer({ min: -1, max: 500 }), fc.integer({ min: 0, max: 110 }).map((percent) => `${percent}%`))
const duration = fc.tuple(fc.nat(100), fc.constantFrom('ms', 's', 'm', 'h')).map((parts) => parts.join(''))
const variables = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,6}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean()), { maxKeys: 3 })

const strategy = loosely({
  waves: fc.array(size, { minLength: 1, maxLength: 4 }), concurrency: fc.integer({ min: 0, max: 500 }), bake: duration, attempts: fc.integer({ min: 1, max: 21 }),
  tolerance: fc.record({ failed: size, unreachable: size }, { requiredKeys: [] }), onFailure: fc.constantFrom('pause', 'rollback', 'continue', 'retry'),
  timeout: duration, backoff: duration, before: fc.array(name, { maxLength: 2 }), offline: fc.constantFrom('wait', 'skip', 'catch-up'),
})
const service = fc.tuple(
  fc.record({ service: name, path: name.map((last) => `/srv/${last}`) }),
  loosely({
    account: name, hosts: fc.constantFrom('env=prod', 'dc!=sg,web-*', '*'), run: fc.string({ minLength: 1 }), variables, strategy,
    check: fc.record({ http: fc.constant('http://127.0.0.1:8080/'), within: duration, for: duration }, { requiredKeys: ['http'] }),
    instances: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/), variables, { maxKeys: 2 }), keepReleases: fc.integer({ min: 0, max: 60 }),
    limits: fc.array(fc.record({ down: size, per: fc.constantFrom('rack', 'dc') }, { requiredKeys: ['down'] }), { maxLength: 2 }),
    owners: fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
  }),
).map(([needed, more]) => ({ ...more, ...needed }))

const policy = loosely({
  services: fc.array(fc.oneof(name, name.map((one) => `${one}*`)), { maxLength: 3 }), accounts: fc.array(name, { maxLength: 2 }),
  paths: fc.array(fc.constantFrom('/srv', '/opt/x/', '/srv/../etc', 'srv', '/'), { maxLength: 2 }),
  run: fc.boolean(), commands: fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
})

const asYaml = (value: fc.Arbitrary<unknown>) => damagedText(value.map((one) => stringify(one)))

/** @param dir for the files that are read */
export function yaml(dir: string): Subject {
  const file = join(dir, 'service.yaml')
  return subject('service YAML', asYaml(service), async (text): Promise<Outcome> => {
    await writeFile(file, text)
    try {
      const { value, place } = await readYamlFile(file, '-f')
      const parsed = serviceSchema.safeParse(value)
      for (const issue of parsed.error?.issues ?? []) if (place(issue.path.join('.')) === '') throw new Error('a problem without a place')
      return parsed.success ? 'accepted' : 'refused'
    } catch (error) {
      if (error instanceof MusterError) return refusalIn(error.message)
      throw error
    }
  })
}

export const policies = subject('policy YAML', asYaml(policy), (text) => {
  const { policy: { broken, run } } = policyOf(text, 'policy.yaml')
  if (broken === null) return 'accepted'
  if (run) throw new Error('a broken policy allows command lines')
  return refusalIn(broken)
})
