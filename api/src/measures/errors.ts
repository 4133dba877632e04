/** The errors of ordering measures. Those of their steps are in the model. */
import { defineErrors } from '@tracegate/model/errors'

export const measureOfficeError = defineErrors({
  MEASURE_ORIGIN_MISSING: { status: 422, message: 'Cannot order measure: /warning and /recall are missing, expected one of them' },
  MEASURE_ORIGIN_UNKNOWN: { status: 422, message: 'Cannot order measure: {pointer} is "{id}", expected a {what} that is on file' },
  MEASURE_ORIGIN_STATUS: { status: 409, message: 'Cannot order measure: {what} {id} is {status}, expected {allowed}' },
  MEASURE_NOT_ALLOWED: {
    status: 422,
    message: 'Cannot order measure: /type is {type} at level {level}, expected one of {allowed} (policy version {policyVersion})'
  },
  MEASURE_ADDRESSEE_UNKNOWN: { status: 422, message: 'Cannot order measure: {pointer} is "{value}", expected a registered {what}' },
  MEASURE_GOODS_MISSING: {
    status: 422,
    message: 'Cannot order measure: /goods is missing and {origin} names none, expected keys of goods'
  },
  MEASURE_PROOF_UNKNOWN: {
    status: 422,
    message: 'Cannot take the proof: /proof/{index}/attachment is "{id}", expected an attachment that is on file'
  },
  MEASURE_KEY_INVALID: { status: 422, message: 'Cannot take goods: {pointer} is "{key}", expected a GS1 key as EPC URN or Digital Link' }
})
