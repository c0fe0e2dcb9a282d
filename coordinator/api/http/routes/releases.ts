/** Releases over HTTP: immutable names for uploaded artifacts. */
import { z } from 'zod'
import { releaseRequestSchema, releasedSchema, releasesSchema, releaseViewSchema } from '../../../../shared/api/catalogue.ts'
import type { Artifact } from '../../../../shared/command.ts'
import { problem } from '../../../../shared/errors.ts'
import { makeConsecutive } from '../../../engine/distribution/consecutive.ts'
import type { Release } from '../../../engine/ports/catalogue.ts'
import { createRelease, judged } from '../../../engine/release.ts'
import { digestsOf } from '../../../engine/retention.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageOf, pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'
import { knownService, serviceParams } from './services.ts'

export function releaseRoutes(app: App, { ports, artifacts }: HttpDeps): void {
  const uploaded = async (field: 'srv' | 'cmd', digest: string): Promise<Artifact> => {
    const artifact = await artifacts.hold(digest)
    if (artifact !== null) return artifact
    throw problem('artifact_unknown', `${field}: there is no artifact ${digest}`, { field, expected: 'the digest of an uploaded artifact' })
  }

  /** Why a release whose packages were taken away is not rolled out. */
  const gone = async (release: Release): Promise<{ fault?: string }> => {
    const found = await Promise.all(digestsOf(release).map((digest) => artifacts.stat(digest)))
    return found.includes(null) ? { fault: 'its packages are no longer kept' } : {}
  }

  app.post(
    '/v1/services/:service/releases',
    {
      config: { fieldCodes: { version: 'version_invalid' } },
      schema: { params: serviceParams, body: releaseRequestSchema, response: { 200: releasedSchema, ...refusals } },
    },
    async (request) => {
      const { version, srv, cmd, commit = null, build = null, envelope = null } = request.body
      const { spec } = await knownService(ports, request.params.service)
      const packages = { srv: await uploaded('srv', srv), cmd: cmd === undefined ? null : await uploaded('cmd', cmd) }
      const { outcome, release } = await createRelease(ports, spec, { version, ...packages, commit, build, envelope }, actorOf(request))
      if (outcome === 'created') void makeConsecutive({ ...ports, pieces: artifacts }, release)
      return { outcome, release: judged(ports, spec, release) }
    },
  )
  app.get(
    '/v1/services/:service/releases',
    { schema: { params: serviceParams, querystring: pageQuery, response: { 200: releasesSchema, ...refusals } } },
    async ({ params: { service }, query }) => {
      const { spec } = await knownService(ports, service)
      const { rows, next } = pageOf(await ports.catalogue.releases(service), ({ version }) => version, query)
      return { releases: rows.map((release) => judged(ports, spec, release)), next }
    },
  )
  app.get(
    '/v1/services/:service/releases/:version',
    { schema: { params: serviceParams.extend({ version: z.string() }), response: { 200: releaseViewSchema, ...refusals } } },
    async ({ params: { service, version } }) => {
      const { spec } = await knownService(ports, service)
      const release = await ports.catalogue.getRelease(service, version)
      if (release !== null) return { ...judged(ports, spec, release), ...(await gone(release)) }
      throw problem('release_unknown', `${service} has no release ${version}`, { field: 'version', expected: `one that muster release list ${service} shows` })
    },
  )
}
