/** The coded errors of the edge agent. */
import { defineErrors } from '@tracegate/model/errors'

export const edgeError = defineErrors({
  EDGE_RELOAD: {
    status: 409,
    message: 'Cannot take the configuration while the agent runs: {members} changed, expected the values it was started with'
  },
  EDGE_CALL: { status: 400, message: 'Cannot run this: {detail}' },
  EDGE_KEYS: { status: 409, message: 'Cannot make keys: {detail}' },
  EDGE_SIGN: { status: 400, message: 'Cannot sign: {detail}' },
  EDGE_STATUS_PORT: { status: 500, message: 'Cannot open the status page: port is {port} on {host}, expected a free one ({detail})' },
  EDGE_CONFIG: { status: 400, message: 'Cannot start the edge agent: {detail}' },
  OUTBOX_OPEN: {
    status: 500,
    message: 'Cannot open outbox: path is "{path}", expected a folder that can be written and that no other agent uses ({detail})'
  },
  OUTBOX_FULL: {
    status: 507,
    message:
      'Cannot keep {channel} of {bytes} bytes: outbox holds {held} bytes and no telemetry that could give way, expected at most {max}'
  },
  OUTBOX_WRITE: { status: 500, message: 'Cannot write outbox: {detail}' },
  OUTBOX_CLOSED: { status: 503, message: 'Cannot keep message: the outbox is closed, expected an open one' },
  OPCUA_CONFIG: { status: 400, message: 'Cannot connect to {endpoint}: {detail}' },
  OPCUA_INSECURE: {
    status: 400,
    message: 'Cannot connect to {endpoint}: securityMode is None beyond loopback, expected Sign or SignAndEncrypt, or allowInsecure'
  },
  REPLAY_FILE: { status: 400, message: 'Cannot replay: the file is missing, expected `npm run replay -- <file>`' },
  REPLAY_SECRET: {
    status: 401,
    message: 'Cannot replay as {username}: no secret in {variable} and none for it in {path}, expected one of them'
  },
  RECORDING: { status: 400, message: 'Cannot replay {file}: {detail}' }
})
