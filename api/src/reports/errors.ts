/** The operating errors of the intake of reports and of attachments; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const intakeError = defineErrors({
  ATTACHMENTS_ABSENT: { status: 503, message: 'Cannot take the attachment: this process has no folder for it' },
  ATTACHMENT_TOO_LARGE: { status: 413, message: 'Cannot take the attachment: it has {bytes} bytes, expected at most {bytesMax}' },
  ATTACHMENT_EMPTY: { status: 400, message: 'Cannot take the attachment: it has no bytes, expected a file' },
  ATTACHMENT_TYPE: {
    status: 415,
    message:
      'Cannot take the attachment: its bytes are {found} and its type is given as "{given}", expected one of {wanted}, and both alike'
  },
  ATTACHMENT_DAMAGED: { status: 400, message: 'Cannot take the attachment: it is no whole {mediaType} file ({detail})' },
  ATTACHMENTS_FULL: { status: 507, message: 'Cannot take the attachment: {bytes} bytes are kept, expected at most {bytesMax}' },
  ATTACHMENTS_TOO_MANY: { status: 409, message: 'Cannot attach to report "{id}": it has {count} attachments, expected at most {countMax}' },
  ATTACHMENT_KEEPS_IDENTITY: {
    status: 415,
    message: 'Cannot take the attachment: a {mediaType} file may name who made it and cannot be cleaned here, expected a photograph'
  },
  REPORTS_BUSY: {
    status: 429,
    message: 'Cannot take the report: more came from there than are taken in an hour, expected the next in {waitS} s'
  },
  REPORT_SPAM: {
    status: 422,
    message: 'Cannot take the report: it looks like an advertisement ({detail}), expected what happened in words'
  },
  REPORT_FORMAT: { status: 400, message: 'Cannot read the reports: they are no {format} ({detail})' },
  REPORTS_TOO_MANY: { status: 413, message: 'Cannot take the reports: there are {rows} of them, expected at most {rowsMax} at once' }
})
