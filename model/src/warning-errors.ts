/** The operating errors of warnings, assessments and evaluations; codes are public. It holds the table only. */
import { CodedError, defineErrors, type ErrorParameters, type Reason } from './errors.ts'

export const warningError = defineErrors({
  RIGHT_MISSING: { status: 403, message: 'Cannot do this: it needs the right "{right}", which "{name}" does not have' },
  WARNING_STEP: { status: 409, message: 'Cannot take the step {step} of warning {id}: it is {status}, expected {allowed}' },
  WARNING_INCOMPLETE: {
    status: 422,
    message: 'Cannot take the step {step} of warning {id}: mandatory contents are missing or wrong at {count} places'
  },
  WARNING_FOOD: {
    status: 409,
    message: 'Cannot take the step {step} of warning {id}: its regime is food, expected it to be routed to {procedure}'
  },
  WARNING_ASSESSMENT: { status: 409, message: 'Cannot assess warning {id}: {detail}, expected a completed assessment of it' },
  WARNING_EVALUATION: {
    status: 409,
    message: 'Cannot take the step {step} of warning {id}: {detail}, expected an evaluation on file with the verdict {verdict}'
  },
  WARNING_SAME_PERSON: {
    status: 409,
    message: 'Cannot take the step {step} of warning {id}: {by} did the step {before}, expected another person at level {level}'
  },
  WARNING_LEVEL: {
    status: 409,
    message: 'Cannot take the step {step} of warning {id}: the level is {from} and would be {to}, expected {wanted}'
  },
  WARNING_UNTIL: { status: 409, message: 'Cannot extend warning {id}: it ends {from} and would end {to}, expected a later end' },
  WARNING_FAST: {
    status: 409,
    message:
      'Cannot publish warning {id} by the fast path: its level is {level} and its harm {harm}, expected level {levels} and harm {harmAtLeast} or more'
  },
  WARNING_MEASURES: {
    status: 409,
    message: 'Cannot take the step {step} of warning {id}: measures {measures} do not fit level {level}, expected {allowed}'
  },
  ASSESSMENT_STEP: { status: 409, message: 'Cannot take the step {step} of assessment {id}: it is {status}, expected {allowed}' },
  ASSESSMENT_INCOMPLETE: { status: 422, message: 'Cannot complete assessment {id}: parts are missing at {count} places' },
  EVALUATION_STEP: { status: 409, message: 'Cannot take the step {step} of evaluation {id}: it is {status}, expected {allowed}' }
})

/** A refusal that names every place that is wrong: the pointers go out with the problem. */
export class ContentError extends CodedError {
  readonly findings: readonly Reason[]

  constructor(coded: CodedError, findings: readonly Reason[]) {
    super({ code: coded.code, status: coded.status, message: coded.message, parameters: coded.parameters })
    this.findings = findings
  }
}

export function contentError(
  code: Parameters<typeof warningError>[0],
  parameters: ErrorParameters,
  findings: readonly Reason[]
): ContentError {
  return new ContentError(warningError(code, { ...parameters, count: findings.length }), findings)
}
