/** Reading what may have been archived: first where rollouts live, then in the archive. */
import type { Loaded, RolloutStore } from '../../engine/ports/rollouts.ts'
import { beyond } from './cursor.ts'
import type { Archive } from './rollout-archive.ts'

type Readable = Pick<RolloutStore, 'load' | 'tasks' | 'page'>

export function readingArchive(hot: Readable, archive: Pick<Archive, 'read'>): Readable {
  return {
    async load(id): Promise<Loaded | null> {
      const loaded = await hot.load(id)
      if (loaded !== null) return loaded
      const archived = await archive.read(id)
      return archived === null ? null : { rollout: archived.rollout, version: archived.version, inbox: [], outbox: [], archived: true }
    },

    async tasks(id, hosts) {
      const tasks = await hot.tasks(id, hosts)
      if (tasks.size > 0 || hosts.length === 0) return tasks
      const wanted = new Set(hosts)
      const archived = (await archive.read(id))?.tasks ?? []
      return new Map(archived.filter(({ host }) => wanted.has(host)).map((task) => [task.host, task]))
    },

    async page(id, filter) {
      const page = await hot.page(id, filter)
      if (page.tasks.length > 0) return page
      const { states, cursor, limit } = filter
      const after = Number(beyond(cursor, '-inf').replace('(', '').replace('-inf', '-Infinity'))
      const tasks = ((await archive.read(id))?.tasks ?? []).filter((task) => task.order > after && (states === null || states.includes(task.state)))
      const next = tasks.length > limit ? String(tasks[limit - 1]?.order) : null
      return { tasks: tasks.slice(0, limit), next }
    },
  }
}
