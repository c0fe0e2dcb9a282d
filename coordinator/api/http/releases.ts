/** Releases over HTTP: immutable names for uploaded artifacts. */
import { z } from 'zod'
import { releaseRequestSchema, releasedSchema, releasesSchema } from '../../../shared/api/catalogue.ts'
import type { Artifact } from '../../../shared/command.ts'
import { problem } from '../../../shared/errors.ts'
import { actorOf } from './actor.ts'
import type { App, HttpDeps } from './deps.ts'
import { refusals } from './refusals.ts'
import { knownService } from './services.ts'

const ofService = z.object({ service: z.string() })

export function releaseRoutes(app: App, { ports, artifacts }: HttpDeps): void {
  const uploaded = async (field: 'srv' | 'cmd', digest: string): Promise<Artifact> => {
    const artifact = await artifacts.stat(digest)
    if (artifact !== null) return artifact
    throw problem('artifact_unknown', `${field}: there is no artifact ${digest}`, { field, expected: 'the digest of an uploaded artifact' })
  }

  app.post(
    '/v1/services/:service/releases',
    { schema: { params: ofService, body: releaseRequestSchema, response: { 200: releasedSchema, ...refusals } } },
    async (request) => {
      const { service } = request.params
      const { version, srv, cmd } = request.body
      await knownService(ports, service)
      const packages = { srv: await uploaded('srv', srv), cmd: cmd === undefined ? null : await uploaded('cmd', cmd) }
      const released = await ports.catalogue.release({ service, version, ...packages, createdAtMs: ports.clock(), createdBy: actorOf(request) })
      if (released.outcome !== 'exists') return released
      const differs = released.release.srv.digest === packages.srv.digest ? 'cmd' : 'srv'
      throw problem('release_exists', `${service} ${version} exists with another ${differs} package; releases never change`, {
        field: 'version', expected: 'a version that is not taken, or the same packages',
      })
    },
  )
  app.get('/v1/services/:service/releases', { schema: { params: ofService, response: { 200: releasesSchema, ...refusals } } }, async (request) => {
    await knownService(ports, request.params.service)
    return { releases: await ports.catalogue.releases(request.params.service) }
  })
}
