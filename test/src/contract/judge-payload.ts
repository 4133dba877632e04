/** What the platform says of one payload: the checks of the collector in their order, without its state. */
import { compileValidator, decodePayload, type Decoded } from '@tracegate/model/codec'
import { parseCapture } from '@tracegate/model/epcis/document'
import type { Channel } from '@tracegate/model/topics'
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import { platformSchemas, pointSchemas, wireSchemas } from '@tracegate/model/wire-schemas'

const validators = {
  telemetry: compileValidator(wireSchemas.telemetry),
  scan: compileValidator(wireSchemas.scan),
  event: compileValidator(wireSchemas.event),
  state: compileValidator(wireSchemas.state),
  command: compileValidator(wireSchemas.command),
  'command/reply': compileValidator(wireSchemas['command/reply']),
  committed: compileValidator(wireSchemas.committed),
  control: compileValidator(pointSchemas.control),
  warning: compileValidator(platformSchemas.warning),
  'warning-list': compileValidator(platformSchemas['warning-list']),
  recall: compileValidator(platformSchemas.recall),
  anomaly: compileValidator(platformSchemas.anomaly)
} as const

/** Channels of a device, of a point, and of the platform by the names of their schemas. */
export type JudgedChannel = Channel | 'control' | keyof typeof platformSchemas

export function judgePayload(channel: JudgedChannel, bytes: Uint8Array): Decoded<unknown> {
  if (bytes.length > payloadBytesMax)
    return { ok: false, reason: { code: 'PAYLOAD_TOO_LARGE', pointer: '', message: `payload has ${bytes.length} bytes` } }
  const decoded = decodePayload(bytes)
  if (!decoded.ok) return decoded
  const { value } = decoded
  if (channel !== 'event') return validators[channel].check(value)
  const isBare = typeof value !== 'object' || value === null || !('epcis' in value)
  if (isBare) return captured(value, '', value)
  const checked = validators.event.check(value)
  return checked.ok ? captured(checked.value.epcis, '/epcis', value) : checked
}

function captured(epcis: unknown, pointer: string, value: unknown): Decoded<unknown> {
  const capture = parseCapture(epcis)
  if (capture.ok) return { ok: true, value }
  const reason = capture.findings[0] ?? { code: 'EPCIS_INVALID', pointer: '', message: '' }
  return { ok: false, reason: { ...reason, pointer: pointer + reason.pointer } }
}
