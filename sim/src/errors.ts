/** The coded errors of the simulated port. */
import { defineErrors } from '@tracegate/model/errors'

export const simError = defineErrors({
  SIM_PLACE_UNKNOWN: { status: 500, message: 'Cannot build world: point "{point}" has no place {index}, expected one' },
  SIM_PORT_IN_USE: { status: 500, message: 'Cannot start {what}: port {port} is taken, expected a free one (see {flag})' },
  SIM_FILE_UNREADABLE: { status: 500, message: 'Cannot read {what}: path is "{path}" ({detail}), expected what this program wrote there' },
  SIM_CAPTURE_REFUSED: { status: 502, message: 'Cannot post goods to {url}: answer is {status} {detail}, expected 200 to 299' },
  SIM_NOT_STARTED: { status: 503, message: 'Cannot {action}: the simulated port is not running, expected a started one' },
  CALL_WRONG: { status: 400, message: 'Cannot run scenario: {detail}' },
  KEY_MISSING: {
    status: 401,
    message:
      'Cannot find key: TRACEGATE_BOOTSTRAP_KEY is not set and "{path}" cannot be read, expected one of them (is --data-dir the folder of the start?)'
  },
  PLATFORM_AWAY: {
    status: 503,
    message: 'Cannot reach Tracegate: nothing answers at {url}, expected a running start (npm start), or give --url'
  },
  PLATFORM_REFUSED: { status: 502, message: 'Cannot run scenario: the platform answered {status}, {detail}' },
  SCENARIO_UNKNOWN: { status: 404, message: 'Cannot find scenario: name is "{name}", expected one of {known}' },
  SCENARIO_RUNNING: {
    status: 409,
    message: 'Cannot start scenario: "{name}" is running since {sinceIso}, expected it to be stopped first'
  },
  SCENARIO_TARGET: { status: 400, message: 'Cannot start scenario "{name}": target is "{target}", expected one of {known}' },
  SCENARIO_NO_GOODS: { status: 409, message: 'Cannot start scenario "{name}": {what}, expected goods that were sold; wait a little' }
})
