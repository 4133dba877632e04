/** The error table of the service package. */
import { defineErrors } from '@tracegate/model/errors'

export const serviceError = defineErrors({
  CONFIG_UNKNOWN_OPTION: { status: 400, message: 'Cannot read configuration: {source} has "{name}", expected a known option{hint}' },
  CONFIG_BAD_VALUE: { status: 400, message: 'Cannot read configuration: {source} sets {name} to "{value}", expected {expected}' },
  CONFIG_BAD_FILE: {
    status: 400,
    message: 'Cannot read configuration: file is "{path}", expected readable YAML or JSON with one object ({detail})'
  },
  CONFIG_MISSING: { status: 400, message: 'Cannot read configuration: {name} is not set, expected {expected}' },
  PORT_IN_USE: {
    status: 500,
    message: 'Cannot listen: {what} port is {port} on {host}, which is in use; expected a free one (change it with {option})'
  },
  DATA_FOLDER: { status: 500, message: 'Cannot use data folder: path is "{path}", expected a writable folder ({detail})' },
  SECRETS_BUSY: { status: 503, message: 'Cannot check a secret now: {waiting} wait to be checked, expected fewer than {waitingMax}' },
  TOKEN_KEYS: { status: 500, message: 'Cannot use token keys: file is "{path}", expected {expected} ({detail})' },
  TOKEN_LIFE: { status: 400, message: 'Cannot issue a token: its life is {lifeS} s, expected 1 to {lifeMaxS}' },
  MQTT_FILE: { status: 500, message: 'Cannot connect to broker: {member} is "{path}", expected a file that can be read ({detail})' },
  BROKER_URL: { status: 400, message: 'Cannot use broker: address is "{url}", expected {detail}' },
  BROKER_NO_CONNACK: { status: 503, message: 'Cannot connect to broker: {detail}, expected a CONNACK' },
  BROKER_PREFIX: {
    status: 400,
    message: 'Cannot probe broker: topic prefix is "{prefix}", expected at most 100 characters without wildcard, $ or / at either end'
  }
})
