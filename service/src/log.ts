/** Structured logs: JSON lines, or readable ones for people. Secrets are redacted by name. */
import { pino, type DestinationStream } from 'pino'
import pretty from 'pino-pretty'

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
export const logFormats = ['json', 'pretty'] as const
export type LogFormat = (typeof logFormats)[number]

export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Logger
}

const secretPaths = [
  'password',
  'secret',
  'token',
  'key',
  'authorization',
  'cookie',
  'headers.authorization',
  'headers.cookie',
  '*.password',
  '*.secret',
  '*.token',
  '*.authorization'
]

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  /** Where lines go; standard error when left out, so that standard output stays for answers. */
  readonly destination?: DestinationStream
}

export function createLogger(options: LoggerOptions): Logger {
  const stream =
    options.destination ??
    (options.format === 'pretty' ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }) : pino.destination(2))
  return pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: secretPaths, censor: '[redacted]' } },
    stream
  )
}

/** A logger that says nothing, for tests and tools. */
export const silentLogger: Logger = createLogger({ level: 'silent', format: 'json' })
