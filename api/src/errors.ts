/** The operating errors of the HTTP interface; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const apiError = defineErrors({
  REQUEST_INVALID: { status: 400, message: 'Cannot answer: {part} does not match what the operation takes' },
  NOT_FOUND: { status: 404, message: 'Cannot find {what}: "{id}" is not known here' },
  CASE_CHANGED: {
    status: 409,
    message: 'Cannot change {what} "{id}": its journal has {length} steps, expected {expected}; read it again'
  },
  STEP_INVALID: { status: 422, message: 'Cannot change {what} "{id}": {pointer} of the step is not as wanted, {detail}' },
  POLICY_INVALID: { status: 422, message: 'Cannot take the policy: {count} of its members are wrong' },
  POLICY_PAST: { status: 400, message: 'Cannot take the policy: it would be in effect from {effectiveFrom}, expected {now} or later' },
  POLICY_FULL: { status: 409, message: 'Cannot take the policy: there are {versions} versions, expected fewer than {versionsMax}' },
  WARNING_GOODS: { status: 422, message: 'Cannot draft a warning: {detail}' },
  ROUTE_UNKNOWN: { status: 404, message: 'Cannot answer: there is nothing at {method} {path}' },
  SIGN_IN_REQUIRED: { status: 401, message: 'Cannot answer: the request carries no valid session or key, expected one of them' },
  SIGN_IN_FAILED: { status: 401, message: 'Cannot sign in: name and password do not belong together' },
  SIGN_IN_LOCKED: { status: 429, message: 'Cannot sign in: too many failures, expected the next try in {waitS} s' },
  SIGN_IN_BUSY: { status: 503, message: 'Cannot sign in: {waiting} sign-ins are being checked, expected fewer than {waitingMax}' },
  RIGHT_MISSING: { status: 403, message: 'Cannot do this: it needs the right "{right}", which "{name}" does not have' },
  ORIGIN_REFUSED: { status: 403, message: 'Cannot change anything: the request comes from "{origin}", expected the same origin' },
  LOOPBACK_ONLY: { status: 403, message: 'Cannot answer: this is served to the same machine or to a holder of a key' },
  RATE_LIMITED: { status: 429, message: 'Cannot answer: more than {max} requests in {window}, expected fewer' },
  URL_TOO_LONG: { status: 414, message: 'Cannot answer: the address has {length} characters, expected at most {lengthMax}' },
  URL_INVALID: { status: 400, message: 'Cannot answer: the address "{path}" cannot be decoded, expected percent-encoded UTF-8' },
  BODY_TOO_LARGE: { status: 413, message: 'Cannot take the body: it is larger than {limitBytes} bytes' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, message: 'Cannot take the body: its media type is "{type}", expected {wanted}' },
  BODY_NOT_XML: { status: 400, message: 'Cannot take the body: it is not EPCIS in XML ({detail})' },
  BODY_NOT_JSON: { status: 400, message: 'Cannot take the body: it is not JSON ({detail})' },
  RANGE_INVALID: { status: 400, message: 'Cannot read a range: from is {from} and to is {to}, expected from before to' },
  TRACE_NOTHING_ASKED: {
    status: 400,
    message: 'Cannot trace: neither things nor a place in a period are given, expected "of", or "place" with "from" and "to"'
  },
  SERIES_INVALID: { status: 400, message: 'Cannot read a range: series is "{series}", expected point/device/metric' },
  CODE_UNREADABLE: { status: 400, message: 'Cannot read the code "{code}": {reason}' },
  CURSOR_INVALID: { status: 400, message: 'Cannot turn the page: the cursor is not one of ours, expected the value of "next"' },
  EXPORT_TOO_WIDE: { status: 400, message: 'Cannot export: {series} series have that prefix, expected at most {seriesMax}' },
  EXPORT_QUESTION: { status: 400, message: 'Cannot export: {detail}' },
  EXPORTS_ABSENT: { status: 503, message: 'Cannot make evidence: this process has no folder for it' },
  EXPORTS_BUSY: {
    status: 503,
    message: 'Cannot export: {held} files are being put together, expected fewer than {heldMax}; CSV can be had now'
  },
  EXPORTS_FULL: { status: 503, message: 'Cannot make evidence: {waiting} bundles wait or are made, expected fewer than {waitingMax}' },
  EVIDENCE_NOT_READY: { status: 409, message: 'Cannot give the bundle "{id}": it is {state}, expected it to be ready' },
  EVIDENCE_FAILED: { status: 500, message: 'Cannot make evidence: bundle "{id}" failed ({detail})' },
  EVIDENCE_KEYS: { status: 503, message: 'Cannot use evidence keys at {path}: expected {expected}, {detail}' },
  WORKBOOK_FAILED: { status: 500, message: 'Cannot write the workbook: {detail}; CSV can be had instead' },
  STREAM_FULL: { status: 503, message: 'Cannot open a live stream: {open} are open, expected fewer than {openMax}' },
  ORDERS_ABSENT: { status: 503, message: 'Cannot give an order: this process has no way to the broker' },
  ORDERS_FULL: { status: 503, message: 'Cannot give an order: {waiting} wait for their reply, expected fewer than {waitingMax}' },
  ORDER_INVALID: { status: 400, message: 'Cannot give the order: {detail}' },
  DEAD_LETTERS_ABSENT: { status: 503, message: 'Cannot hand in a dead letter: this process has no collector' },
  DEAD_LETTER_FIX: {
    status: 400,
    message: 'Cannot hand in the dead letter: both payload and payloadBase64 are given, expected one of them'
  },
  CREDENTIAL_INVALID: { status: 400, message: 'Cannot make the credential: {detail}' },
  CREDENTIAL_ROLE: {
    status: 409,
    message: 'Cannot make the credential: "{name}" is enrolled as {role}, expected to be asked for that, not {wanted}'
  },
  CREDENTIAL_NAME_TAKEN: {
    status: 409,
    message: 'Cannot enrol "{name}": the name belongs to a key of this interface, expected another one'
  },
  CREDENTIALS_FULL: {
    status: 409,
    message: 'Cannot make the credential: "{name}" has as many as it may, expected one to be revoked first'
  },
  CREDENTIALS_CHANGED: {
    status: 409,
    message: 'Cannot change credentials: others change those of "{name}" all the time, expected nobody to'
  },
  TOKENS_ABSENT: { status: 503, message: 'Cannot make a token: this process has no keys to sign with' },
  DEVICE_OFFLINE: { status: 409, message: 'Cannot give an order: device {device} is offline, expected it to be online' },
  SIMULATOR_ABSENT: { status: 404, message: 'Cannot reach the simulator: this process runs without one' },
  PAGES_NOT_READY: { status: 503, message: 'Cannot show the page: it is still being built after {waitedS} s' },
  PAGES_FAILED: { status: 503, message: 'Cannot show the page: building it failed ({detail})' },
  PAGES_ABSENT: { status: 404, message: 'Cannot show the page: no built pages are configured (web root is not set)' },
  ACCEPT_UNSUPPORTED: { status: 406, message: 'Cannot answer in "{accept}", expected {wanted}' },
  INTERNAL: { status: 500, message: 'Cannot answer: an unexpected fault happened; it is in the log under request {request}' },
  // EPCIS 2.0
  EPCIS_INVALID: { status: 400, message: 'Cannot capture: the document breaks EPCIS 2.0 at {count} places' },
  EPCIS_EVENT_EXISTS: { status: 409, message: 'Cannot store event: eventID "{eventID}" is there already' },
  EPCIS_PARAMETER_UNKNOWN: { status: 400, message: 'Cannot query: "{name}" is no parameter of the EPCIS 2.0 query{nearest}' },
  EPCIS_PARAMETER_INVALID: { status: 400, message: 'Cannot query: {name} is "{value}", expected {wanted}' },
  EPCIS_PARAMETER_UNSUPPORTED: { status: 501, message: 'Cannot query: {name} is of EPCIS 2.0 but not served by this version' },
  EPCIS_TOKEN_EXPIRED: {
    status: 400,
    message: 'Cannot turn the page: its token worked until {expires} or was given back, expected a new query'
  },
  EPCIS_QUERY_TOO_LARGE: { status: 413, message: 'Cannot query: more than {max} events match, expected at most maxEventCount' },
  EPCIS_QUERY_TOO_BROAD: {
    status: 413,
    message: 'Cannot query: more than {max} events would have to be {what}, expected a narrower query'
  },
  EPCIS_QUERY_COMPLEX: { status: 413, message: 'Cannot query: {detail}' },
  EPCIS_QUERY_REFUSED: { status: 400, message: 'Cannot query: {detail}' },
  EPCIS_TOO_MANY_EVENTS: { status: 413, message: 'Cannot capture: the document holds {count} events, expected at most {max}' },
  EPCIS_VERSION_UNSUPPORTED: { status: 406, message: 'Cannot speak {header} {value}, expected {wanted}' },
  EPCIS_BEHAVIOUR_INVALID: {
    status: 400,
    message: 'Cannot capture: GS1-Capture-Error-Behaviour is "{value}", expected rollback or proceed'
  },
  EPCIS_CAPTURE_BUSY: { status: 503, message: 'Cannot capture: {running} captures are running, expected fewer than {max}' },
  EPCIS_CAPTURE_FULL: {
    status: 503,
    message: 'Cannot capture: {bytes} octets are on their way, expected at most {max}; send it again later'
  },
  EPCIS_NOT_SERVED: { status: 501, message: 'Cannot answer: {path} is of EPCIS 2.0 but not served by this version' }
})
