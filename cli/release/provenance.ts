/** Of which commit and in which build a release was made, as far as the surroundings say. What a flag says stands before all of it. */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { MAX_BUILD_CHARS, MAX_COMMIT_CHARS } from '../../shared/release-statement.ts'

export type Origin = { commit: string | null; build: string | null }

type Env = NodeJS.ProcessEnv

/** What the variables of a pipeline mean; `marker` is set wherever it runs. */
const PIPELINES: readonly { marker: string; commit: (env: Env) => string | undefined; build: (env: Env) => string | undefined }[] = [
  {
    marker: 'GITHUB_ACTIONS', commit: (env) => env['GITHUB_SHA'],
    build: (env) => `${env['GITHUB_SERVER_URL']}/${env['GITHUB_REPOSITORY']}/actions/runs/${env['GITHUB_RUN_ID']}`,
  },
  { marker: 'GITLAB_CI', commit: (env) => env['CI_COMMIT_SHA'], build: (env) => env['CI_JOB_URL'] },
  { marker: 'JENKINS_URL', commit: (env) => env['GIT_COMMIT'], build: (env) => env['BUILD_URL'] },
  { marker: 'BUILDKITE', commit: (env) => env['BUILDKITE_COMMIT'], build: (env) => env['BUILDKITE_BUILD_URL'] },
]

const GIT_TIMEOUT_MS = 10_000

/** @param path the program's package: a directory in a checkout says more than the pipeline does */
export async function originOf(given: Partial<Record<keyof Origin, string>>, path: string, env: Env): Promise<Origin> {
  const pipeline = PIPELINES.find(({ marker }) => env[marker])
  const commit = given.commit ?? await checkedOut(path) ?? pipeline?.commit(env)
  const build = given.build ?? pipeline?.build(env)
  return { commit: commit?.slice(0, MAX_COMMIT_CHARS) ?? null, build: build?.slice(0, MAX_BUILD_CHARS) ?? null }
}

/** The commit of the checkout that the directory lies in, with `-dirty` behind it when what git follows there has changed; null: there is none. */
async function checkedOut(path: string): Promise<string | null> {
  if (!(await stat(path).catch(() => null))?.isDirectory()) return null
  const args = ['-C', path, 'describe', '--always', '--abbrev=64', '--exclude=*', '--dirty']
  return new Promise((resolve) => {
    execFile('git', args, { timeout: GIT_TIMEOUT_MS }, (error, stdout) => resolve(error === null ? stdout.trim() || null : null))
  })
}
