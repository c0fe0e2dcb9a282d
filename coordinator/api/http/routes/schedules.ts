/** Schedules over HTTP. */
import { z } from 'zod'
import { scheduleRequestSchema, schedulesSchema, scheduleViewSchema } from '../../../../shared/api/schedule.ts'
import type { ScheduleView } from '../../../../shared/api/schedule.ts'
import { addSchedule, knownSchedule, pauseSchedule, resumeSchedule } from '../../../engine/calendar/schedule.ts'
import type { Schedule } from '../../../engine/ports/schedules.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageByName, pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'

const params = z.object({ name: z.string() })
const reasonQuery = z.object({ reason: z.string().max(500).optional() })
const answer = { 200: scheduleViewSchema, ...refusals }

export function scheduleRoutes(app: App, { ports }: HttpDeps): void {
  app.post('/v1/schedules', { schema: { body: scheduleRequestSchema, response: { 201: scheduleViewSchema, ...refusals } } }, async (request, reply) => {
    const schedule = await addSchedule(ports, request.body, actorOf(request))
    return reply.status(201).send(scheduleView(schedule))
  })
  app.get('/v1/schedules', { schema: { querystring: pageQuery, response: { 200: schedulesSchema, ...refusals } } }, async ({ query }) => {
    const { rows, next } = pageByName(await ports.schedules.all(), query)
    return { schedules: rows.map(scheduleView), next }
  })
  app.get('/v1/schedules/:name', { schema: { params, response: answer } }, async (request) => scheduleView(await knownSchedule(ports, request.params.name)))
  app.post('/v1/schedules/:name/pause', { schema: { params, querystring: reasonQuery, response: answer } }, async (request) =>
    scheduleView(await pauseSchedule(ports, request.params.name, actorOf(request))),
  )
  app.post('/v1/schedules/:name/resume', { schema: { params, querystring: reasonQuery, response: answer } }, async (request) =>
    scheduleView(await resumeSchedule(ports, request.params.name)),
  )
  app.delete('/v1/schedules/:name', { schema: { params, querystring: reasonQuery, response: answer } }, async (request) => {
    const schedule = await knownSchedule(ports, request.params.name)
    await ports.schedules.remove(schedule.name)
    return scheduleView(schedule)
  })
}

function scheduleView({ version: _, firings, ...schedule }: Schedule): ScheduleView {
  return { ...schedule, firings: [...firings] }
}
