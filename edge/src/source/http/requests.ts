/** What may be posted, and what it means: bodies to findings, or a problem that says what was wrong. Pure. */
import { compileValidator, decodePayload } from '@tracegate/model/codec'
import { parseCapture } from '@tracegate/model/epcis/document'
import type { Reason } from '@tracegate/model/errors'
import { EventMessage } from '@tracegate/model/event-message'
import { type Scan, ScanMessage, scansPerMessageMax } from '@tracegate/model/scan'
import { readingsPerMessageMax, WireReading } from '@tracegate/model/telemetry'
import { TimeMs } from '@tracegate/model/wire'
import { Type } from 'typebox'
import type { SourceReading } from '../../intake/intake.ts'
import { scanLinesOf, scanOf } from '../scan-lines.ts'
import type { HttpDevice } from './tokens.ts'

export const paths = ['/v1/readings', '/v1/scans', '/v1/events'] as const
export type HttpPath = (typeof paths)[number]

/** The inner parts of the telemetry, scan and event messages: the agent gives boot, sequence and the quality of the clock. */
const ReadingsBody = Type.Object(
  { timeMs: Type.Optional(TimeMs), readings: Type.Array(WireReading, { minItems: 1, maxItems: readingsPerMessageMax }) },
  { additionalProperties: false }
)
const ScansBody = Type.Object({ timeMs: Type.Optional(TimeMs), scans: ScanMessage.properties.scans }, { additionalProperties: false })
const EventsBody = Type.Object({ epcis: EventMessage.properties.epcis }, { additionalProperties: false })

const readingsValidator = compileValidator(ReadingsBody)
const scansValidator = compileValidator(ScansBody)
const eventsValidator = compileValidator(EventsBody)

export type Posted =
  | { readonly type: 'readings'; readonly readings: readonly SourceReading[] }
  | { readonly type: 'scans'; readonly scans: readonly Scan[] }
  | { readonly type: 'events'; readonly epcis: object }

export type Understood =
  | { readonly ok: true; readonly posted: Posted }
  | { readonly ok: false; readonly status: 400 | 415 | 422; readonly findings: readonly Reason[] }

const structured: readonly string[] = ['application/json', 'application/cbor', 'application/ld+json']
const utf8 = new TextDecoder('utf-8', { fatal: true })

export function understand(request: {
  readonly path: HttpPath
  readonly mediaType: string
  readonly body: Uint8Array
  readonly device: HttpDevice
  readonly receivedAtMs: number
}): Understood {
  const { path, mediaType, body, device, receivedAtMs } = request
  if (path === '/v1/scans' && mediaType === 'text/plain') return understandLines(body, device, receivedAtMs)
  if (!structured.includes(mediaType)) {
    const also = path === '/v1/scans' ? ', text/plain' : ''
    return refuse(415, 'MEDIA_TYPE', `content-type is "${mediaType}", expected ${structured.join(', ')}${also}`)
  }
  const decoded = decodePayload(body)
  if (!decoded.ok) return { ok: false, status: 400, findings: [decoded.reason] }
  switch (path) {
    case '/v1/readings':
      return understandReadings(decoded.value, device.device, receivedAtMs)
    case '/v1/scans':
      return understandScans(decoded.value, receivedAtMs)
    case '/v1/events':
      return understandEvent(decoded.value)
    default:
      return path satisfies never
  }
}

function understandReadings(value: unknown, device: string, receivedAtMs: number): Understood {
  const checked = readingsValidator.check(value)
  if (!checked.ok) return { ok: false, status: 422, findings: readingsValidator.reasons(value) }
  const { timeMs = receivedAtMs, readings } = checked.value
  const contradiction = readings.findIndex((reading) => (reading.value === null) !== (reading.quality === 9))
  if (contradiction !== -1) {
    const message = 'value is null and quality is not 9, or the other way round; expected both or neither'
    return { ok: false, status: 422, findings: [{ code: 'VALUE_QUALITY', pointer: `/readings/${contradiction}`, message }] }
  }
  return accept({
    type: 'readings',
    readings: readings.map((reading) => ({
      device,
      metric: reading.metric,
      unit: reading.unit,
      quality: reading.quality,
      timeMs: reading.timeMs ?? timeMs,
      value: reading.value === null ? Number.NaN : Number(reading.value)
    }))
  })
}

function understandScans(value: unknown, receivedAtMs: number): Understood {
  const checked = scansValidator.check(value)
  if (!checked.ok) return { ok: false, status: 422, findings: scansValidator.reasons(value) }
  const { timeMs = receivedAtMs, scans } = checked.value
  return accept({ type: 'scans', scans: scans.map((scan) => Object.assign({ timeMs }, scan)) })
}

function understandLines(body: Uint8Array, device: HttpDevice, receivedAtMs: number): Understood {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    return refuse(400, 'PAYLOAD_NOT_UTF8', `body of ${body.length} bytes is not UTF-8, expected UTF-8 text`)
  }
  const lines = scanLinesOf(text)
  if (lines.length === 0 || lines.length > scansPerMessageMax)
    return refuse(
      422,
      'SCAN_DATA_MISSING',
      `body has ${lines.length} lines, expected 1 to ${scansPerMessageMax}, each the data of one scan`
    )
  const scans: Scan[] = []
  const findings: Reason[] = []
  lines.forEach((line, index) => {
    const scan = scanOf({ value: line, pointer: `/${index}` }, device.symbology, receivedAtMs)
    if (scan.ok) scans.push(scan.value)
    else findings.push({ ...scan.reason, message: `line ${index + 1}: ${scan.reason.message}` })
  })
  return findings.length > 0 ? { ok: false, status: 422, findings } : accept({ type: 'scans', scans })
}

/** In the envelope's member `epcis`, or bare: an event or a document. */
function understandEvent(value: unknown): Understood {
  const enveloped = eventsValidator.check(value)
  const epcis: unknown = enveloped.ok ? enveloped.value.epcis : value
  if (typeof epcis !== 'object' || epcis === null) return { ok: false, status: 422, findings: eventsValidator.reasons(value) }
  const pointer = enveloped.ok ? '/epcis' : ''
  const checked = parseCapture(epcis)
  if (!checked.ok) return { ok: false, status: 422, findings: checked.findings.map((one) => ({ ...one, pointer: pointer + one.pointer })) }
  return accept({ type: 'events', epcis })
}

function accept(posted: Posted): Understood {
  return { ok: true, posted }
}

function refuse(status: 400 | 415 | 422, code: string, message: string): Understood {
  return { ok: false, status, findings: [{ code, pointer: '', message }] }
}
