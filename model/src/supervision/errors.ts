/** The operating errors of plans, draws, consignments, credit and certificates; codes are public. It holds the table only. */
import { defineErrors } from '../errors.ts'

export const supervisionError = defineErrors({
  SUPERVISION_STEP: { status: 409, message: 'Cannot take the step {step} of {what} {id}: it is {status}, expected {allowed}' },
  PLAN_PERIOD: { status: 422, message: 'Cannot keep plan {id}: its period is {from} to {to}, expected a start before the end' },
  PLAN_ITEM: { status: 422, message: 'Cannot take a sample for plan {id}: it has no item "{item}", expected {items}' },
  PLAN_POINT: { status: 422, message: 'Cannot take a sample for item {item} at {point}: the plan names {points} for it' },
  PLAN_SAMPLE: { status: 409, message: 'Cannot note the result of sample {sample} in plan {id}: {detail}' },
  PLAN_FULL: { status: 409, message: 'Cannot take more samples for plan {id}: it holds {count}, expected at most {max}' },
  DRAW_COMMITMENT: { status: 422, message: 'Cannot carry out draw {id}: the secret gives {found}, expected the commitment {wanted}' },
  DRAW_TOO_MANY: { status: 422, message: 'Cannot draw {count} of {what}: there are {there}, expected no more than these' },
  DRAW_EXCLUDED: { status: 422, message: 'Cannot give {subject} an inspector: every one on the list is excluded from it' },
  CONSIGNMENT_REASON: {
    status: 422,
    message: 'Cannot decide {mode} for consignment {id}: {proposed} is proposed, expected a reason for another one'
  },
  CONSIGNMENT_BLACKLISTED: {
    status: 409,
    message: 'Cannot decide {mode} for consignment {id}: {company} is on the blacklist, expected inspection'
  },
  CREDIT_APPEAL: { status: 409, message: 'Cannot appeal against entry {entry} of {company}: {detail}' },
  BLACKLIST_GROUND: { status: 409, message: 'Cannot put {company} on the blacklist: {detail}, expected an entry of {grounds}' },
  BLACKLIST_EXIT: { status: 409, message: 'Cannot take {company} off the blacklist: {detail}' },
  CERTIFICATE_SCOPE: { status: 422, message: 'Cannot register certificate {id}: {detail}' }
})
