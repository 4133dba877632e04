/** The operating errors of the broker, with their public codes. */
import { defineErrors } from '@tracegate/model/errors'

export const brokerError = defineErrors({
  BROKER_PORT_IN_USE: { status: 500, message: 'Cannot listen for MQTT: port {port} on {host} is in use, expected a free one' },
  BROKER_LISTEN: { status: 500, message: 'Cannot listen for MQTT on {host}:{port}: {detail}' },
  BROKER_TLS_MISSING: {
    status: 400,
    message: 'Cannot listen with TLS: {option} is set without tlsCertificate and tlsKey, expected both'
  },
  BROKER_TLS_MATERIAL: {
    status: 500,
    message: 'Cannot use TLS: {what} cannot be used, expected readable PEM that fits together ({detail})'
  },
  BROKER_SESSION_FILE: {
    status: 500,
    message: 'Cannot keep sessions in {path}: {detail}, expected a file of this broker that can be written'
  },
  BROKER_PUBLISH: {
    status: 503,
    message: 'Cannot publish: topic is "{topic}", expected a running broker and a topic of at most {levels} levels'
  },
  BROKER_CALL: { status: 400, message: 'Cannot check broker: {detail}' },
  BROKER_CHECK_FILE: { status: 400, message: 'Cannot check broker: file of {what} is "{path}", expected a readable one ({detail})' }
})
