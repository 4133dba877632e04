/** The operating errors of named queries and subscriptions; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const queryError = defineErrors({
  EPCIS_QUERY_INVALID: { status: 400, message: 'Cannot keep the query: its body is wrong at {count} places, expected name and query' },
  EPCIS_QUERY_PARAMETERS: {
    status: 400,
    message: 'Cannot keep the query: {count} of its parameters are wrong, expected those of EPCIS 2.0'
  },
  EPCIS_QUERY_TOO_COMPLEX: { status: 413, message: 'Cannot keep the query: it asks for too much ({count} findings)' },
  EPCIS_QUERY_BODY_TOO_LARGE: { status: 413, message: 'Cannot keep the query: its body is larger than {limitBytes} bytes' },
  EPCIS_QUERY_EXISTS: { status: 409, message: 'Cannot keep the query: "{name}" is there already, expected another name' },
  EPCIS_QUERIES_FULL: { status: 503, message: 'Cannot keep the query: {kept} are kept, expected fewer than {max}' },
  EPCIS_SUBSCRIPTION_INVALID: { status: 400, message: 'Cannot subscribe: the controls are wrong at {count} places' },
  EPCIS_SUBSCRIPTIONS_FULL: { status: 503, message: 'Cannot subscribe: there are {kept} subscriptions {where}, expected fewer than {max}' },
  EPCIS_SOCKETS_FULL: { status: 503, message: 'Cannot subscribe: {open} WebSockets are open {where}, expected fewer than {max}' },
  EPCIS_SUBSCRIPTION_BUSY: { status: 409, message: 'Cannot resume "{id}": it is being resumed already, expected that to end first' }
})
