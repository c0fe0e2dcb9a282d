/** Why a question to another machine brings no answer. */

/**
 * `unreachable`: nobody there within the time to connect. `unverified`: somebody else is there. `stalled`: no byte for too long. `broken`: the connection
 * ended early. `nonsense`: an answer that nobody gives who keeps to the protocol. `ended`: by our own signal.
 */
export type Failure = 'unreachable' | 'unverified' | 'stalled' | 'broken' | 'nonsense' | 'ended'

/** Our own reason to end it. */
export class GivenUp extends Error {
  readonly why: Failure

  constructor(why: Failure, message: string) {
    super(message)
    this.why = why
  }
}
