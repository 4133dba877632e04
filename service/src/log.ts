/** Structured logs: JSON lines, or readable ones for people. Secrets are redacted by name. */
import { pino, type DestinationStream, type LoggerOptions as PinoOptions } from 'pino'
import pretty from 'pino-pretty'

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
export const logFormats = ['json', 'pretty'] as const
export type LogFormat = (typeof logFormats)[number]

type LogHook = NonNullable<NonNullable<PinoOptions['hooks']>['logMethod']>

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
  /** Most lines a minute of one message from one source with one code; those beyond are counted as `unsaid` in the next. Left out: all. */
  readonly linesPerMinuteMax?: number
  /** Never goes back. */
  readonly nowMs?: () => number
}

export function createLogger(options: LoggerOptions): Logger {
  const stream =
    options.destination ??
    (options.format === 'pretty' ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }) : pino.destination(2))
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretPaths, censor: '[redacted]' },
      hooks: { logMethod: limitLines(options) }
    },
    stream
  )
}

const windowMs = 60_000
/** Kinds of lines that are counted apart; of more, the one counted longest is forgotten. */
const kindsMax = 1_000

/** A fault that comes a thousand times a second must not fill the disk, nor hide the others. */
function limitLines({ linesPerMinuteMax = Infinity, nowMs = () => performance.now() }: LoggerOptions): LogHook {
  const kinds = new Map<string, { sinceMs: number; lines: number; unsaid: number }>()
  return function limited(inputs, method) {
    const [first, message] = inputs
    const fields: LogFields = typeof first === 'object' && first !== null ? { ...first } : {}
    const kind = JSON.stringify([message, fields['source'] ?? fields['endpoint'], fields['code']])
    const found = kinds.get(kind)
    const count =
      found !== undefined && nowMs() - found.sinceMs < windowMs ? found : { sinceMs: nowMs(), lines: 0, unsaid: found?.unsaid ?? 0 }
    if (found === undefined && kinds.size >= kindsMax) for (const oldest of [...kinds.keys()].slice(0, 1)) kinds.delete(oldest)
    kinds.set(kind, count)
    count.lines += 1
    if (count.lines > linesPerMinuteMax) {
      count.unsaid += 1
      return
    }
    method.apply(this, count.unsaid === 0 ? inputs : [{ ...fields, unsaid: count.unsaid }, message])
    count.unsaid = 0
  }
}

/** A logger that says nothing, for tests and tools. */
export const silentLogger: Logger = createLogger({ level: 'silent', format: 'json' })
