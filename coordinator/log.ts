/** The coordinator's log. Owns that it has no secrets: an error of Redis's driver carries the command that failed, which may be the one with the password. */
import { pino } from 'pino'
import type { DestinationStream, Logger, LoggerOptions } from 'pino'

export function openLog(level: NonNullable<LoggerOptions['level']>, to?: DestinationStream): Logger {
  const options: LoggerOptions = { level, base: { process: 'coordinator' }, redact: { paths: ['err.command'], remove: true } }
  return to === undefined ? pino(options) : pino(options, to)
}
