/** One command and the head of its reply, without a client: what supervising a server needs. */
import { connect } from 'node:net'

/**
 * @param socket path of the unix socket
 * @returns the first bytes of the reply, such as `+PONG` or `-LOADING …`; null: nobody answers within `timeoutMs`
 */
export function inlineCommand(socket: string, command: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => connection.write(`${command}\r\n`))
    const done = (reply: string | null) => {
      connection.destroy()
      resolve(reply)
    }
    connection.setTimeout(timeoutMs, () => done(null))
    connection.once('data', (data) => done(data.toString('utf8').trimEnd()))
    connection.once('error', () => done(null))
    connection.once('close', () => done(null))
  })
}

/** Resolves when the server lets go of a connection that does nothing: it has ended. */
export function untilGone(socket: string): Promise<void> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    connection.on('error', () => undefined)
    connection.once('close', () => resolve())
  })
}
