/** The operating errors of reports; codes are public. It holds the table only. */
import { defineErrors } from './errors.ts'

export const reportError = defineErrors({
  REPORT_STEP: { status: 409, message: 'Cannot make step "{step}" of report "{id}": it is {status}, expected {wanted}' },
  REPORT_REASON: { status: 422, message: 'Cannot discard report "{id}": no reason is given, expected one' },
  REPORT_DUPLICATE: {
    status: 422,
    message: 'Cannot mark report "{id}" a duplicate of "{of}", expected another report that is none itself'
  },
  REPORT_NO_DUPLICATE: { status: 409, message: 'Cannot free report "{id}": it is marked as a duplicate of no other, expected it to be' }
})
