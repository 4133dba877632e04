/** The errors of measures: what a person or a service asked for and the order of things does not allow. */
import { defineErrors } from './errors.ts'

export const measureError = defineErrors({
  MEASURE_STEP_NOT_ALLOWED: {
    status: 409,
    message: 'Cannot write {step} on measure {id}: its status is {status}, expected {allowed}'
  },
  MEASURE_FULL: { status: 409, message: 'Cannot write {step} on measure {id}: it holds {count} of them, expected fewer than {max}' },
  MEASURE_PROOF_MISSING: {
    status: 422,
    message: 'Cannot end measure {id} as done: /proof is empty and no feedback carries a proof, expected at least one for {type}'
  },
  MEASURE_DEADLINE_INVALID: {
    status: 422,
    message: 'Cannot set deadlines of measure {id}: {pointer} is {value}, expected a later time than {after}'
  }
})
