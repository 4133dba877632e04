/** The error table of the conformance kit. */
import { defineErrors } from '@tracegate/model/errors'

export const kitError = defineErrors({
  KIT_UNKNOWN_REQUIREMENT: {
    status: 400,
    message: 'Cannot choose requirements: pattern is "{pattern}", expected one that fits an id such as TG-404 or TG-4xx'
  },
  KIT_LISTEN: { status: 500, message: 'Cannot listen: address is "{address}", expected a free host:port ({detail})' },
  KIT_ADDRESS: { status: 400, message: 'Cannot listen: address is "{address}", expected host:port such as 127.0.0.1:1884' },
  KIT_CAPTURE: { status: 400, message: 'Cannot read capture: line {line} of "{path}" {detail}, expected a line of the capture format' },
  KIT_FILE: { status: 400, message: 'Cannot use file: path is "{path}", expected one that can be {wanted} ({detail})' },
  KIT_CALL: { status: 400, message: 'Cannot run: {detail}' },
  KIT_NO_DEVICE: {
    status: 400,
    message: 'Cannot judge: no device connected to {address} within {seconds} s, expected {point}/{device}; see --listen and --patience'
  }
})
