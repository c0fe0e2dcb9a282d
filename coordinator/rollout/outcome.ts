/** What a handler makes of one event. Null stands for "nothing to do": the event was late, repeated or out of order. */
import type { Effect } from './effect.ts'
import type { Rollout, Task } from './state.ts'

export type Changed = { rollout: Rollout; task?: Task; effects?: Effect[] }
export type Refused = { refused: string }
/** Only people are refused: they get one clear answer. Everybody else is ignored. */
export type Handled = Changed | Refused | null

/** `step`'s result. `refused` says why a control did nothing; everything else is then as it was. */
export type Stepped = { rollout: Rollout; task: Task | null; effects: Effect[]; refused: string | null }

export const refused = (why: string): Refused => ({ refused: why })
