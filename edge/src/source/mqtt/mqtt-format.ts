/** Reads the payloads of foreign MQTT devices as their subscription says. Pure: bytes in, findings or a reason out. */
import { compileValidator, type Decoded, decodeJson } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { EventMessage } from '@tracegate/model/event-message'
import { Scan, ScanMessage } from '@tracegate/model/scan'
import { readingsOf, Telemetry } from '@tracegate/model/telemetry'
import { payloadBytesMax } from '@tracegate/model/wire'
import type { SourceReading } from '../../intake.ts'
import type { ScanRule } from '@tracegate/model/scan-event'
import { atPointer } from '../json-pointer.ts'
import type { JsonFormat, MqttSubscription, ScanFormat, timeFormats } from './mqtt-config.ts'
import { identifySymbology } from '../symbology.ts'

export type Finding =
  | { readonly type: 'readings'; readonly readings: readonly SourceReading[] }
  | { readonly type: 'scans'; readonly scans: readonly Scan[]; readonly rule: ScanRule | undefined }
  | { readonly type: 'event'; readonly epcis: object }

const telemetryValidator = compileValidator(Telemetry)
const scanMessageValidator = compileValidator(ScanMessage)
const eventValidator = compileValidator(EventMessage)
const scanValidator = compileValidator(Scan)

export function readPayload(
  format: MqttSubscription['format'],
  payload: Uint8Array,
  context: { readonly device: string; readonly receivedAtMs: number }
): Decoded<Finding> {
  if (payload.length > payloadBytesMax)
    return refuse('PAYLOAD_TOO_LARGE', '', `payload has ${payload.length} bytes, expected at most ${payloadBytesMax}`)
  const decoded = decodeJson(payload)
  if (!decoded.ok) return decoded
  switch (format.type) {
    case 'tracegate':
      return readContract(decoded.value, format.rule, context.device)
    case 'json':
      return readReadings(decoded.value, format, context)
    case 'scan':
      return readScan(decoded.value, format, context.receivedAtMs)
    default:
      return neverFormat(format)
  }
}

function readContract(value: unknown, rule: ScanRule | undefined, device: string): Decoded<Finding> {
  if (atPointer(value, '/readings') !== undefined) {
    const message = telemetryValidator.check(value)
    return message.ok ? accept({ type: 'readings', readings: readingsOf(message.value, { point: '', device }) }) : message
  }
  if (atPointer(value, '/scans') !== undefined) {
    const message = scanMessageValidator.check(value)
    if (!message.ok) return message
    const scans = message.value.scans.map((scan) => Object.assign({ timeMs: message.value.timeMs }, scan))
    return accept({ type: 'scans', scans, rule })
  }
  const message = eventValidator.check(value)
  return message.ok ? accept({ type: 'event', epcis: message.value.epcis }) : message
}

function readReadings(payload: unknown, format: JsonFormat, context: { device: string; receivedAtMs: number }): Decoded<Finding> {
  const time = readTime(payload, format.time, context.receivedAtMs)
  if (!time.ok) return time
  const readings: SourceReading[] = []
  for (const { pointer, metric, unit, scale } of format.readings) {
    const found = atPointer(payload, pointer)
    // Devices leave out what did not change; a payload with none of the values is another matter.
    if (found === undefined) continue
    const number = numberOf(found)
    if (number === undefined) return refuse('VALUE_NOT_NUMERIC', pointer, `${pointer} is ${shown(found)}, expected a number`)
    const value = number === null ? Number.NaN : number * (scale ?? 1)
    readings.push({ device: context.device, metric, unit, timeMs: time.value, value, quality: number === null ? 9 : 2 })
  }
  if (readings.length === 0) {
    const expected = format.readings.map((reading) => reading.pointer).join(', ')
    return refuse('VALUE_MISSING', '', `payload has none of the values, expected ${expected}`)
  }
  return accept({ type: 'readings', readings })
}

function readScan(value: unknown, format: ScanFormat, receivedAtMs: number): Decoded<Finding> {
  const time = readTime(value, format.time, receivedAtMs)
  if (!time.ok) return time
  const data = atPointer(value, format.dataPointer)
  if (typeof data !== 'string' || data === '')
    return refuse('SCAN_DATA_MISSING', format.dataPointer, `${format.dataPointer} is ${typeof data}, expected the data as text`)
  const name = format.symbologyPointer === undefined ? undefined : atPointer(value, format.symbologyPointer)
  const identified = identifySymbology(typeof name === 'string' ? name : undefined, data)
  const scan = scanValidator.check({ ...identified, timeMs: time.value })
  return scan.ok ? accept({ type: 'scans', scans: [scan.value], rule: format.rule }) : scan
}

function readTime(value: unknown, format: JsonFormat['time'], receivedAtMs: number): Decoded<number> {
  if (format === undefined) return { ok: true, value: receivedAtMs }
  const found = atPointer(value, format.pointer)
  const timeMs = timeOf(found, format.format)
  if (timeMs !== undefined && timeMs >= 0 && timeMs <= 253_402_300_799_999) return { ok: true, value: timeMs }
  const { pointer, format: expected } = format
  return refuse('TIME_UNREADABLE', pointer, `${pointer} is ${shown(found)}, expected ${expected}`)
}

/** ISO 8601 without an offset is refused: whose local time it is, nobody could say. */
const isoWithOffset = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

function timeOf(value: unknown, format: (typeof timeFormats)[number]): number | undefined {
  if (format === 'iso') {
    if (typeof value !== 'string' || !isoWithOffset.test(value)) return undefined
    const timeMs = Date.parse(value)
    return Number.isNaN(timeMs) ? undefined : timeMs
  }
  const number = numberOf(value)
  if (typeof number !== 'number') return undefined
  return Math.round(format === 'epochMs' ? number : number * 1_000)
}

/** `null` stays null (the device says that it has no value); `undefined` for what is no number. */
function numberOf(value: unknown): number | null | undefined {
  if (value === null) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100)
}

function accept(finding: Finding): Decoded<Finding> {
  return { ok: true, value: finding }
}

function refuse(code: string, pointer: string, message: string): { readonly ok: false; readonly reason: Reason } {
  return { ok: false, reason: { code, pointer, message } }
}

function neverFormat(format: never): never {
  throw new TypeError(`Cannot read payload: format is "${JSON.stringify(format)}", expected one of the schema`)
}
