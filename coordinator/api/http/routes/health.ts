/** Is this coordinator up, and what does it speak. */
import { z } from 'zod'
import type { App } from '../deps.ts'

export function healthRoutes(app: App): void {
  const schema = { response: { 200: z.object({ status: z.literal('ok') }) } }
  app.get('/v1/health', { config: { access: 'anyone' }, schema }, () => ({ status: 'ok' as const }))
  app.get('/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
