/** Reads the payloads of foreign MQTT devices as their subscription says. Pure: bytes in, findings and reasons out. */
import { compileValidator, type Decoded, decodePayload } from '@tracegate/model/codec'
import { EventMessage } from '@tracegate/model/event-message'
import { ScanMessage } from '@tracegate/model/scan'
import type { ScanRule } from '@tracegate/model/scan-event'
import { readingsOf, Telemetry } from '@tracegate/model/telemetry'
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import { compileJsonPath, type Place } from '../json-path.ts'
import { atPointer } from '../json-pointer.ts'
import { scanLinesOf, scanOf } from '../scan-lines.ts'
import { createFindings, type Finding, type PayloadContext, type PayloadResult, reasonOf } from './finding.ts'
import type { PayloadFormat, ScanFormat } from './format-config.ts'
import { compileJsonFormat, timeAt } from './json-format.ts'
import { readCsv, readText } from './text-format.ts'

/** Never throws, whatever the bytes. */
export type PayloadReader = (payload: Uint8Array, context: PayloadContext) => PayloadResult

type Context = PayloadContext & { readonly deviceId: string }

const telemetryValidator = compileValidator(Telemetry)
const scanMessageValidator = compileValidator(ScanMessage)
const eventValidator = compileValidator(EventMessage)
const utf8 = new TextDecoder('utf-8', { fatal: true })

export function compileFormat(format: PayloadFormat): PayloadReader {
  const read = readerOf(format)
  return (payload, context) =>
    payload.length > payloadBytesMax
      ? refusal('PAYLOAD_TOO_LARGE', `payload has ${payload.length} bytes, expected at most ${payloadBytesMax}`)
      : read(payload, context)
}

function readerOf(format: PayloadFormat): PayloadReader {
  switch (format.type) {
    case 'tracegate':
      return structured((value, context) => readContract(value, format.rule, context))
    case 'json': {
      const read = compileJsonFormat(format)
      return (payload, context) => {
        const decoded = decodePayload(payload)
        return decoded.ok ? read(decoded.value, context) : { findings: [], refused: decoded.reason }
      }
    }
    case 'text':
      return plain((text, context) => readText(format, text, context))
    case 'csv':
      return plain((text, context) => readCsv(format, text, context))
    case 'scan':
      return format.encoding === 'text' ? plain((text, context) => readScanLines(format, text, context)) : structuredScans(format)
    default:
      return format satisfies never
  }
}

function structured(read: (value: unknown, context: Context) => PayloadResult): PayloadReader {
  return withDevice((payload, context) => {
    const decoded = decodePayload(payload)
    return decoded.ok ? read(decoded.value, context) : { findings: [], refused: decoded.reason }
  })
}

function plain(read: (text: string, context: Context) => PayloadResult): PayloadReader {
  return withDevice((payload, context) => {
    let text: string
    try {
      text = utf8.decode(payload)
    } catch {
      return refusal('PAYLOAD_NOT_UTF8', `payload of ${payload.length} bytes is not UTF-8, expected UTF-8 text`)
    }
    return read(text, context)
  })
}

function withDevice(read: (payload: Uint8Array, context: Context) => PayloadResult): PayloadReader {
  return (payload, context) => {
    const { device } = context
    if (device === undefined)
      return refusal('DEVICE_UNKNOWN', 'device is missing, expected a {device} level in the topic or a fixed device')
    return device.ok ? read(payload, { ...context, deviceId: device.value }) : { findings: [], refused: device.reason }
  }
}

function readContract(value: unknown, rule: ScanRule | undefined, { deviceId: device }: Context): PayloadResult {
  if (atPointer(value, '/readings') !== undefined) {
    const message = telemetryValidator.check(value)
    return resultOf(message, (telemetry) => ({ type: 'readings', readings: readingsOf(telemetry, { point: '', device }) }))
  }
  if (atPointer(value, '/scans') !== undefined) {
    const message = scanMessageValidator.check(value)
    return resultOf(message, ({ timeMs, scans }) => ({
      type: 'scans',
      device,
      scans: scans.map((scan) => Object.assign({ timeMs }, scan)),
      rule
    }))
  }
  return resultOf(eventValidator.check(value), ({ epcis }) => ({ type: 'event', device, epcis }))
}

function resultOf<Value>(decoded: Decoded<Value>, finding: (value: Value) => Finding): PayloadResult {
  return decoded.ok ? { findings: [finding(decoded.value)], refused: undefined } : { findings: [], refused: decoded.reason }
}

function structuredScans(format: ScanFormat): PayloadReader {
  const dataPath = compileJsonPath(format.dataPath ?? '')
  const symbologyPath = format.symbologyPath === undefined ? undefined : compileJsonPath(format.symbologyPath)
  const devicePath = format.devicePath === undefined ? undefined : compileJsonPath(format.devicePath)
  const timePath = format.time === undefined ? undefined : compileJsonPath(format.time.path)
  return (payload, context) => {
    const decoded = decodePayload(payload)
    if (!decoded.ok) return { findings: [], refused: decoded.reason }
    const { value } = decoded
    const findings = createFindings()
    const read = (place: Place) => {
      const name = devicePath?.at(value, place.wild)
      const device = typeof name === 'string' ? context.deviceNamed(name) : context.device
      if (device?.ok !== true)
        return findings.refuse(
          device?.reason ?? reasonOf('DEVICE_UNKNOWN', '', 'device is missing, expected it in topic, payload or subscription')
        )
      const symbology = symbologyPath?.at(value, place.wild)
      const time = format.time === undefined ? undefined : timeAt(timePath?.at(value, place.wild), format.time)
      if (time?.ok === false) return findings.refuse(time.reason)
      const scan = scanOf(place, typeof symbology === 'string' ? symbology : format.symbology, time?.value ?? context.receivedAtMs)
      if (scan.ok) findings.add({ type: 'scans', device: device.value, scans: [scan.value], rule: format.rule })
      else findings.refuse(scan.reason)
    }
    for (const place of dataPath.find(value)) read(place)
    if (findings.isEmpty) {
      const message = `${dataPath.text} is missing, expected the data as text`
      findings.refuse(reasonOf('SCAN_DATA_MISSING', dataPath.wildcards === 0 ? dataPath.text : '', message))
    }
    return findings.result()
  }
}

function readScanLines(format: ScanFormat, text: string, { deviceId: device, receivedAtMs }: Context): PayloadResult {
  const findings = createFindings()
  const lines = scanLinesOf(text)
  lines.forEach((line, index) => {
    const scan = scanOf({ value: line, pointer: `/${index}` }, format.symbology, receivedAtMs)
    if (scan.ok) findings.add({ type: 'scans', device, scans: [scan.value], rule: format.rule })
    else findings.refuse(scan.reason)
  })
  if (findings.isEmpty) findings.refuse(reasonOf('SCAN_DATA_MISSING', '', 'payload has no line, expected the data of a scan on each'))
  return findings.result()
}

function refusal(code: string, message: string): PayloadResult {
  return { findings: [], refused: reasonOf(code, '', message) }
}
