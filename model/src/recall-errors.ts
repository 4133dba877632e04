/** The operating errors of recalls; codes are public. It holds the table only. */
import { CodedError, defineErrors, type ErrorParameters, type Reason } from './errors.ts'

export const recallError = defineErrors({
  RECALL_STEP: { status: 409, message: 'Cannot take the step {step} of recall {id}: it is {status}, expected {allowed}' },
  RECALL_RIGHT: { status: 403, message: 'Cannot take the step {step} of recall {id}: the role is {role}, expected {wanted}' },
  RECALL_INCOMPLETE: { status: 422, message: 'Cannot take the step {step} of recall {id}: {count} mandatory contents are missing' },
  RECALL_PLAN_LATE: {
    status: 409,
    message: 'Cannot plan recall {id} voluntarily: the plan was due at {dueAt}, expected an order of the authority'
  },
  RECALL_ORDER_EARLY: {
    status: 409,
    message: 'Cannot order recall {id}: a voluntary plan is due at {dueAt}, expected it to be over, declined, or harm {harm} with a reason'
  },
  RECALL_SCOPE_REASON: { status: 422, message: 'Cannot freeze scope version {version} of recall {id}: expected a reason' },
  RECALL_SCOPE_VERSION: { status: 409, message: 'Cannot freeze a scope of recall {id}: version is {version}, expected {wanted}' },
  RECALL_SCOPE_EMPTY: {
    status: 422,
    message: 'Cannot freeze a scope of recall {id}: no goods are known of what was asked, expected at least one'
  },
  RECALL_SCOPE_SAME: { status: 409, message: 'Cannot freeze scope version {version} of recall {id}: nothing has changed since {wanted}' },
  RECALL_NOTICE_WORDS: {
    status: 422,
    message: 'Cannot publish the notice of recall {id}: {count} places play the hazard down, expected none or an override with a reason'
  },
  RECALL_HOLDER: { status: 404, message: 'Cannot take the step {step} of recall {id}: holder "{holder}" is not in its scope' },
  RECALL_NOT_SENT: { status: 409, message: 'Cannot take the step {step} of recall {id}: holder "{holder}" was sent no notice yet' },
  RECALL_SAMPLE: { status: 409, message: 'Cannot take the step {step} of recall {id}: {detail}' },
  RECALL_CHECK: { status: 409, message: 'Cannot record a check of recall {id}: holder "{holder}" is {state}, expected one that was drawn' },
  RECALL_CHECKS_OPEN: {
    status: 409,
    message: 'Cannot conclude the effectiveness of recall {id}: {checked} of {drawn} holders are checked, expected all of them'
  },
  RECALL_NOT_EFFECTIVE: {
    status: 409,
    message: 'Cannot close recall {id}: its checks failed ({share} of {wanted}), expected it to be extended'
  },
  RECALL_EFFECTIVE: {
    status: 409,
    message: 'Cannot extend recall {id}: its checks passed, expected it to be closed, or a reason beyond them'
  },
  RECALL_FULL: { status: 409, message: 'Cannot take the step {step} of recall {id}: it has {count} {what}, expected fewer than {max}' },
  RECALL_MANIFEST: { status: 500, message: 'Cannot read the goods of recall {id}: {detail}' },
  RECALL_FOOD: {
    status: 409,
    message:
      'Cannot take the step {step} of recall {id}: its regime is food, expected it to be routed to the procedure of the food-safety law'
  },
  RECALL_FOOD_GOODS: {
    status: 409,
    message: 'Cannot freeze the scope of recall {id}: product "{product}" is food, expected a recall of regime food or a scope without it'
  }
})

/** A refusal that names every place that is wrong by JSON pointer; they go out with the problem. */
export class RecallContentError extends CodedError {
  readonly findings: readonly Reason[]

  constructor(code: Parameters<typeof recallError>[0], parameters: ErrorParameters, findings: readonly Reason[]) {
    const coded = recallError(code, { ...parameters, count: findings.length })
    super({ code: coded.code, status: coded.status, message: coded.message, parameters: coded.parameters })
    this.findings = findings
  }
}
