/** The operating errors of publication and exchange; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const publicationError = defineErrors({
  ALERT_TOKEN: { status: 404, message: 'Cannot find the subscription: the address of the page is not one that we have sent' },
  ALERTS_FULL: { status: 503, message: 'Cannot subscribe: there are {count} subscriptions, expected fewer than {max}' },
  ALERTS_ADDRESS_FULL: { status: 409, message: 'Cannot subscribe: the address has {count} subscriptions, expected fewer than {max}' },
  ALERT_ADDRESS: { status: 400, message: 'Cannot subscribe: the address is not one for {channel}, expected {wanted}' },
  MAIL_SENDER: {
    status: 400,
    message: 'Cannot send mail by {host}: smtpFrom is missing, expected a sender such as "Warnings <warnings@example.org>"'
  },
  SECRET_FILE: { status: 400, message: 'Cannot read a secret: path is "{path}", expected a readable file' },
  MAIL_ABSENT: { status: 503, message: 'Cannot subscribe by mail: this process has no mail server configured' },
  NOTICE_PAGE: { status: 404, message: 'Cannot find the notice "{number}": nothing of that number was published to you' },
  EXCHANGE_PARTNER: { status: 404, message: 'Cannot exchange: there is no partner "{partner}", expected one of {partners}' },
  EXCHANGE_MESSAGE_ID: {
    status: 400,
    message: 'Cannot take the message: it has no messageId, expected 1 to 100 letters, digits, ".", "_" or "-"'
  },
  EXCHANGE_CONFLICT: {
    status: 409,
    message: 'Cannot take message "{id}": it was taken before with other contents, expected the same or a new id'
  },
  EXCHANGE_STATUS: { status: 409, message: 'Cannot do this with message "{id}": it is {status}, expected {wanted}' }
})
