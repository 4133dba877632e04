/** The operating errors of master data; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const masterDataError = defineErrors({
  MASTER_DATA_INVALID: { status: 400, message: 'Cannot keep {what} "{id}": {count} of its fields are wrong' },
  MASTER_DATA_UNKNOWN: { status: 404, message: 'Cannot find {what}: "{id}" is neither registered nor told of' },
  MASTER_DATA_TOLD_ONLY: { status: 409, message: 'Cannot remove {what} "{id}": partners tell of it, expected one that is registered' },
  MASTER_DATA_EXISTS: { status: 412, message: 'Cannot add {what} "{id}": it is registered already at version {version}' },
  MASTER_DATA_CHANGED: { status: 412, message: 'Cannot change {what} "{id}": it is at version {current}, expected {wanted}' },
  MASTER_DATA_PRECONDITION: {
    status: 428,
    message: 'Cannot change {what} "{id}": it is at version {current}, expected If-Match: "{current}" to say that this was seen'
  },
  MASTER_DATA_VERSION_HEADER: { status: 400, message: 'Cannot read {header}: it is "{value}", expected {wanted}' },
  MASTER_DATA_IN_USE: { status: 409, message: 'Cannot remove {what} "{id}": {count} others refer to it, expected none' },
  MASTER_DATA_FULL: { status: 409, message: 'Cannot add {what}: {count} are kept, expected fewer than {max}' },
  CSV_INVALID: { status: 400, message: 'Cannot import: {count} findings in the file, nothing was changed' },
  CSV_EMPTY: { status: 400, message: 'Cannot import: the file has no line, expected a header line and one line for each record' },
  CSV_ENCODING: { status: 400, message: 'Cannot import: the file is not {encoding}, expected UTF-8 or GB18030' },
  CSV_BROKEN: { status: 400, message: 'Cannot import: line {line} cannot be read ({detail}), expected CSV as of RFC 4180' },
  CSV_HEADER: { status: 400, message: 'Cannot import: {detail}' },
  CSV_TOO_MANY_ROWS: { status: 413, message: 'Cannot import: the file has more than {max} lines, expected it in several files' },
  IMPORT_RUNNING: { status: 503, message: 'Cannot import: another import is running, expected to be asked again after it' },
  PROFILE_CHANGED: { status: 412, message: 'Cannot change stage profile "{id}": it is at version {current}, expected {wanted}' },
  PROFILE_PRECONDITION: {
    status: 428,
    message: 'Cannot change stage profile "{id}": it is at version {current}, expected If-Match: "{current}" to say that this was seen'
  },
  PROFILE_UNKNOWN: { status: 404, message: 'Cannot find stage profile "{id}", expected one of {wanted}' }
})
