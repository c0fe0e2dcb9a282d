/** The service as the coordinator serves it: what each frame of an agent weighs is known as long as the frame is. */
import type { AgentFrame__Output } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import { Sessions } from '../../../shared/proto.ts'

const sizes = new WeakMap<AgentFrame__Output, number>()

const { Session } = Sessions.service

export const weighingService = {
  Session: {
    ...Session,
    requestDeserialize(bytes: Buffer): AgentFrame__Output {
      const frame = Session.requestDeserialize(bytes)
      sizes.set(frame, bytes.length)
      return frame
    },
  },
}

/** In bytes, as it came, unpacked if it was packed. */
export function sizeOf(frame: AgentFrame__Output): number {
  return sizes.get(frame) ?? 0
}
