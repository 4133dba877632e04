/** The coded errors of the stores. Codes are public; a caller tells by them whether to wait, to ask again or to give up. */
import { CodedError, defineErrors } from '@tracegate/model/errors'

export const storeError = defineErrors({
  STORE_FULL: { status: 507, message: 'Cannot {action}: the disk or the size limit of {path} is reached, expected free space' },
  STORE_IO: { status: 503, message: 'Cannot {action}: {path} answered "{detail}", expected a readable and writable file' },
  STORE_CORRUPT: { status: 500, message: 'Cannot {action}: {path} is damaged ({detail}), expected a sound database' },
  STORE_CONFLICT: { status: 409, message: 'Cannot {action}: {what} is at {current}, expected {wanted}' },
  STORE_CLOSED: { status: 503, message: 'Cannot {action}: the store is closed, expected an open one' },
  STORE_BUSY: { status: 503, message: 'Cannot {action}: {waiting} requests are waiting, expected at most {waitingMax}' },
  STORE_TIMEOUT: { status: 504, message: 'Cannot {action}: no answer within {timeoutMs} ms' },
  STORE_DATA_FOLDER: { status: 500, message: 'Cannot open data folder: path is "{path}" ({detail}), expected a writable folder' },
  STORE_IN_USE: { status: 503, message: 'Cannot {action}: {path} is in use by another process, expected to be its only user' },
  STORE_VERSION: { status: 500, message: 'Cannot open {path}: its schema version is {current}, expected {wanted}' },
  STORE_QUERY: { status: 400, message: 'Cannot answer query: {member} is {current}, expected {wanted}' },
  STORE_TOO_MUCH: { status: 413, message: 'Cannot {action}: {what} is {current}, expected at most {wanted}' },
  STORE_TARGET: { status: 409, message: 'Cannot {action}: {path} exists already, expected a free name' },
  STORE_URL: { status: 500, message: 'Cannot open store: {member} is "{current}", expected {wanted}' },
  STORE_UNREACHABLE: { status: 503, message: 'Cannot {action}: {server} gives no answer ({detail}), expected a running InfluxDB' },
  STORE_SERVER: { status: 503, message: 'Cannot {action}: {server} answered {status} "{detail}", expected success' },
  STORE_SERVER_VERSION: { status: 500, message: 'Cannot open {server}: it is InfluxDB {current}, expected {wanted}' },
  STORE_ACCESS: {
    status: 503,
    message: 'Cannot {action}: {server} answered {status} "{detail}", expected credentials that may read and write it'
  },
  STORE_OVERLOADED: { status: 503, message: 'Cannot {action}: {server} asks to wait {retryAfterMs} ms more ({detail})' },
  STORE_UNSUPPORTED: { status: 501, message: 'Cannot {action}: {server} cannot do that ({detail})' },
  STORE_BACKUP: { status: 409, message: 'Cannot use {folder}: {detail}, expected the data of a platform or its whole backup' },
  STORE_MIGRATION: { status: 409, message: 'Cannot copy the store: {detail}' },
  STORE_REFUSED_EVENTS: { status: 422, message: 'Cannot {action}: {server} refuses them for good ({detail}), expected it to take them' },
  /** Made by `refusedReadings` only. */
  STORE_REFUSED_READINGS: { status: 422, message: 'Cannot {action}: {refused} of {readings} readings are refused for good ({detail})' }
})

/** A reading that the store will never take, by its place in the batch. */
export interface RefusedReading {
  readonly index: number
  /** What the store said of this one; without it the detail of the whole answer stands for it. */
  readonly detail?: string
}

/**
 * Some readings of a batch are refused for good: a partial write. The others may be stored or not, and the offset of the batch has not
 * moved: who sent it hands in the rest once more, with the offset, which stores nothing twice as the last reading of a time wins.
 */
export class RefusedReadings extends CodedError {
  /** Which ones, ascending; undefined when the store does not tell: the sender then finds them by halving the batch. */
  readonly refused: readonly RefusedReading[] | undefined

  constructor(error: CodedError, refused: readonly RefusedReading[] | undefined) {
    super({ code: error.code, status: error.status, message: error.message, parameters: error.parameters, cause: error.cause })
    this.refused = refused
  }
}

export interface RefusalOptions {
  /** `append 2,000 readings to …`. */
  readonly action: string
  /** Readings of the batch. */
  readonly readings: number
  /** What the store answered, shortened. */
  readonly detail: string
  /** Which were refused, when that is known. */
  readonly refused?: readonly RefusedReading[]
  /** How many were refused, when the store only says that. */
  readonly dropped?: number
}

/** The answer to a partial write, `STORE_REFUSED_READINGS`. */
export function refusedReadings(options: RefusalOptions, cause?: unknown): RefusedReadings {
  const { action, readings, detail, refused, dropped } = options
  const parameters = { action, readings, detail, refused: refused?.length ?? dropped ?? 'some' }
  return new RefusedReadings(storeError('STORE_REFUSED_READINGS', parameters, cause), refused)
}

export function isStoreError(error: unknown, code: string): boolean {
  return error instanceof CodedError && error.code === code
}
