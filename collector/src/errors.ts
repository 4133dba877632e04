/** The operating errors of the collector, with their public codes. */
import { defineErrors } from '@tracegate/model/errors'

export const collectorError = defineErrors({
  COLLECTOR_LOG_FULL: {
    status: 503,
    message: 'Cannot commit message: the log holds {messages} messages of {bytes} bytes, expected at most {messagesMax} of {bytesMax}'
  },
  COLLECTOR_BUSY: { status: 503, message: 'Cannot commit message: {current} {what} wait for their commit, expected at most {wanted}' },
  COLLECTOR_CLOSING: { status: 503, message: 'Cannot commit message: the collector is closing, expected a running one' },
  COLLECTOR_CURSOR: { status: 400, message: 'Cannot list dead letters: cursor is "{cursor}", expected the next of a page' },
  COLLECTOR_INPUT: { status: 503, message: 'Cannot take messages from {url}: {detail}' }
})
