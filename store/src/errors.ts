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
  STORE_VERSION: { status: 500, message: 'Cannot open {path}: its schema version is {current}, expected at most {wanted}' },
  STORE_QUERY: { status: 400, message: 'Cannot answer query: {member} is {current}, expected {wanted}' },
  STORE_TOO_MUCH: { status: 413, message: 'Cannot {action}: {what} is {current}, expected at most {wanted}' }
})

export function isStoreError(error: unknown, code: string): boolean {
  return error instanceof CodedError && error.code === code
}
