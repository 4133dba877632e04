/** The operating errors of rules, profiles and back-tests; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const ruleError = defineErrors({
  RULE_PARAMETERS: { status: 422, message: 'Cannot set rule "{id}": {count} of its parameters are not what its schema takes' },
  PROFILE_LIMITS: { status: 422, message: 'Cannot set profile "{id}": {detail}' },
  RULE_CHANGED: { status: 409, message: 'Cannot set "{id}": its version is {version}, expected {expected}; read it again' },
  RULE_SAME: { status: 409, message: 'Cannot set "{id}": version {version} is exactly this, expected a change' },
  BACK_TESTS_FULL: { status: 503, message: 'Cannot test: {waiting} tests wait or run, expected fewer than {waitingMax}' },
  BACK_TEST_SPAN: { status: 422, message: 'Cannot test: the time is {days} days long, expected more than none and at most {daysMax}' }
})
