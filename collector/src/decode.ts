/** Bytes of a message to what the stores and detectors take, or the reason why not. Pure; keeps nothing. */
import { Type } from 'typebox'
import { compileValidator, decodeMessage, decodePayload, type Decoded } from '@tracegate/model/codec'
import { CommandReply } from '@tracegate/model/command'
import { parseCapture } from '@tracegate/model/epcis/document'
import type { EpcisEvent } from '@tracegate/model/epcis/event'
import { keyOf, toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { Reason } from '@tracegate/model/errors'
import { EventMessage } from '@tracegate/model/event-message'
import { ScanMessage } from '@tracegate/model/scan'
import { scanToEvent, type ScanRule } from '@tracegate/model/scan-event'
import { State } from '@tracegate/model/state'
import { droppedReadingsMetric, type Reading } from '@tracegate/model/telemetry'
import { parseTopic, type DeviceChannel } from '@tracegate/model/topics'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { BootId, Sequence, TimeMs } from '@tracegate/model/wire'
import { payloadBytesMax, wireVersion } from '@tracegate/model/wire-limits'
import { decodeTelemetry, spellOut, type LatenessContext } from './decode-telemetry.ts'

type Work =
  | { readonly type: 'readings'; readonly readings: readonly Reading[] }
  | { readonly type: 'events'; readonly events: readonly TraceEvent[] }
  | { readonly type: 'state'; readonly state: State }
  /** What became of an order; nothing to store. */
  | { readonly type: 'reply'; readonly reply: CommandReply }
  /** Nothing to store: a retained state was cleared. */
  | { readonly type: 'nothing' }

/** Where a message stands in its sender's stream, and when the device made it. */
interface StreamPlace {
  readonly boot: string
  readonly seq: number
  readonly timeMs: number
}

export interface Taken {
  readonly ok: true
  readonly point: string
  readonly device: string
  /** `point/device`. */
  readonly name: string
  /** Missing for state messages, replies and bare EPCIS. */
  readonly stream?: StreamPlace
  readonly work: Work
  /** Parts of a message that could not be taken while the rest could. */
  readonly partial: readonly Reason[]
  /** Readings that came long after their time, and such whose time is far ahead of ours. */
  readonly historicalReadings: number
  readonly aheadReadings: number
}

interface Refused {
  readonly ok: false
  readonly reason: Reason
  /** `point/device` when the topic says so. */
  readonly device?: string
  /** What could be read of it all the same: a message that is refused is there, and is no gap. */
  readonly stream?: StreamPlace
}

export type Intake = Taken | Refused

export interface RawMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly receivedAtMs: number
}

export interface DecodeContext extends LatenessContext {
  /** The rule of a reader that is connected directly. */
  readonly scanRule: (point: string, device: string) => ScanRule | undefined
}

const scanMessage = compileValidator(ScanMessage)
const eventMessage = compileValidator(EventMessage)
const stateMessage = compileValidator(State)
const commandReply = compileValidator(CommandReply)
const place = compileValidator(
  Type.Object({ v: Type.Literal(wireVersion), boot: BootId, seq: Sequence, timeMs: Type.Optional(Type.Unknown()) })
)
const placeTime = compileValidator(TimeMs)
const hasEpcis = compileValidator(Type.Object({ epcis: Type.Unknown() }))

interface Sender {
  readonly point: string
  readonly device: string
  readonly name: string
}

type DeviceTopic = { readonly ok: true; readonly sender: Sender; readonly channel: DeviceChannel | 'command' | 'committed' } | Refused

/** Devices publish to the same few topics again and again. */
const topics = new Map<string, DeviceTopic>()
const topicsMax = 20_000

function parseKnownTopic(text: string): DeviceTopic {
  const known = topics.get(text)
  if (known !== undefined) return known
  const parsed = deviceTopicOf(text)
  if (topics.size >= topicsMax) topics.clear()
  if (parsed.ok) topics.set(text, parsed)
  return parsed
}

function deviceTopicOf(text: string): DeviceTopic {
  const parsed = parseTopic(text)
  if (!parsed.ok) return parsed
  const { topic } = parsed
  if (topic.type !== 'device') return refuse('TOPIC_CHANNEL', `topic is "${text}", expected one that a device publishes to`)
  const { point, device, channel } = topic
  return { ok: true, sender: { point, device, name: `${point}/${device}` }, channel }
}

export function decode(message: RawMessage, context: DecodeContext): Intake {
  const topic = parseKnownTopic(message.topic)
  if (!topic.ok) return topic
  const { sender, channel } = topic
  const taken = decodeChannel(message, channel, { sender, context })
  if (taken.ok) return taken
  const stream = sequenced.has(channel) ? placeOf(message) : undefined
  return { ...taken, device: sender.name, ...(stream === undefined ? {} : { stream }) }
}

function decodeChannel(
  message: RawMessage,
  channel: DeviceChannel | 'command' | 'committed',
  options: { readonly sender: Sender; readonly context: DecodeContext }
): Intake {
  const { sender } = options
  if (message.payload.length > payloadBytesMax)
    return refuse('PAYLOAD_TOO_LARGE', `payload has ${message.payload.length} bytes, expected at most ${payloadBytesMax}`)
  switch (channel) {
    case 'telemetry': {
      const decoded = decodeTelemetry(message.payload)
      if (!decoded.ok) return decoded
      const { boot, seq, timeMs } = decoded.value
      const { readings, ...times } = spellOut(decoded.value, { sender, receivedAtMs: message.receivedAtMs, ...options.context })
      return { ok: true, ...sender, stream: { boot, seq, timeMs }, work: { type: 'readings', readings }, partial: [], ...times }
    }
    case 'scan':
      return decodeScan(message, options)
    case 'event':
      return decodeEvent(message, sender)
    case 'state': {
      if (message.payload.length === 0) return { ok: true, ...sender, work: { type: 'nothing' }, partial: [], ...inTime }
      const decoded = decodeMessage(stateMessage, message.payload)
      return decoded.ok ? { ok: true, ...sender, work: { type: 'state', state: decoded.value }, partial: [], ...inTime } : decoded
    }
    case 'command/reply': {
      const decoded = decodeMessage(commandReply, message.payload)
      return decoded.ok ? { ok: true, ...sender, work: { type: 'reply', reply: decoded.value }, partial: [], ...inTime } : decoded
    }
    case 'command':
    case 'committed':
      return refuse('TOPIC_CHANNEL', `channel is "${channel}", expected telemetry, scan, event, state or command/reply`)
    default:
      return channel
  }
}

const inTime = { historicalReadings: 0, aheadReadings: 0 } as const

function decodeEvent(message: RawMessage, sender: Sender): Intake {
  const payload = decodePayload(message.payload)
  if (!payload.ok) return payload
  if (!hasEpcis.check(payload.value).ok) {
    const captured = captureEvents(payload.value, { recordTimeMs: message.receivedAtMs, pointer: '' })
    return captured.ok ? { ok: true, ...sender, work: { type: 'events', events: captured.value }, partial: [], ...inTime } : captured
  }
  const checked = eventMessage.check(payload.value)
  if (!checked.ok) return checked
  const { boot, seq, timeMs, epcis } = checked.value
  const captured = captureEvents(epcis, { recordTimeMs: message.receivedAtMs, pointer: '/epcis' })
  if (!captured.ok) return captured
  return { ok: true, ...sender, stream: { boot, seq, timeMs }, work: { type: 'events', events: captured.value }, partial: [], ...inTime }
}

function captureEvents(value: unknown, options: { readonly recordTimeMs: number; readonly pointer: string }): Decoded<TraceEvent[]> {
  const capture = parseCapture(value)
  if (!capture.ok) {
    const [first, ...others] = capture.findings
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    const reason = first ?? { code: 'EPCIS_INVALID', pointer: '', message: 'the document is not valid EPCIS 2.0' }
    return { ok: false, reason: { code: reason.code, pointer: `${options.pointer}${reason.pointer}`, message: `${reason.message}${more}` } }
  }
  return {
    ok: true,
    value: capture.events.map((event) => toTraceEvent(event, { recordTimeMs: options.recordTimeMs, context: capture.context }))
  }
}

function decodeScan(message: RawMessage, options: { readonly sender: Sender; readonly context: DecodeContext }): Intake {
  const { sender } = options
  const decoded = decodeMessage(scanMessage, message.payload)
  if (!decoded.ok) return decoded
  const rule = options.context.scanRule(sender.point, sender.device)
  if (rule === undefined) {
    const id = `scan-rule:${sender.point}/${sender.device}`
    return refuse('SCAN_WITHOUT_RULE', `no rule says what a scan of ${sender.point}/${sender.device} means, expected the setting "${id}"`)
  }
  const { boot, seq, timeMs, scans } = decoded.value
  const events: EpcisEvent[] = []
  const partial: Reason[] = []
  // Goods scanned before a label of the same message are what the label packs.
  let pending: string[] = []
  for (const [index, scan] of scans.entries()) {
    const event = scanToEvent(scan, rule, { ...sender, timeMs, pending })
    if (!event.ok) {
      partial.push({ ...event.reason, pointer: `/scans/${index}${event.reason.pointer}` })
      continue
    }
    events.push(event.value)
    pending = event.value.type === 'ObjectEvent' ? [...pending, ...(event.value.epcList ?? []).map(keyOf)] : []
  }
  const [reason] = partial
  if (events.length === 0 && reason !== undefined) return { ok: false, reason }
  const traced = events.map((event) => toTraceEvent(event, { recordTimeMs: message.receivedAtMs }))
  return { ok: true, ...sender, stream: { boot, seq, timeMs }, work: { type: 'events', events: traced }, partial, ...inTime }
}

function refuse(code: string, message: string): Refused {
  return { ok: false, reason: { code, pointer: '', message } }
}

/** The channels whose messages carry a place in a stream. */
const sequenced: ReadonlySet<string> = new Set(['telemetry', 'scan', 'event'])

/** The place of a message that was refused for something else. */
function placeOf(message: RawMessage): StreamPlace | undefined {
  if (message.payload.length > payloadBytesMax) return undefined
  const decoded = decodePayload(message.payload)
  const found = decoded.ok ? place.check(decoded.value) : undefined
  if (found?.ok !== true) return undefined
  const { boot, seq } = found.value
  const time = placeTime.check(found.value.timeMs)
  return { boot, seq, timeMs: time.ok ? time.value : message.receivedAtMs }
}

/** `point/device`, where the topic says so. */
export function nameOf(intake: Intake): string | undefined {
  return intake.ok ? intake.name : intake.device
}

const noItems = { readings: 0, events: 0 } as const

/** What a message brings to the stores. */
export function itemCountsOf({ work }: Taken): { readonly readings: number; readonly events: number } {
  if (work.type === 'readings') return { readings: work.readings.length, events: 0 }
  return work.type === 'events' ? { readings: 0, events: work.events.length } : noItems
}

/** A device that loses more between two messages than this says nonsense, and a number without a bound would not fit into a row. */
const droppedReadingsMax = 1_000_000_000

/** How many readings had to give way, as a marker says. */
export function droppedReadingsOf({ work }: Taken): number {
  if (work.type !== 'readings') return 0
  const sum = work.readings.reduce((count, { value }) => count + (Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0), 0)
  return Math.min(sum, droppedReadingsMax)
}

/** Whether a message only says that its readings had to give way: it may come after they did. */
export function isMarker(intake: Taken): boolean {
  return intake.work.type === 'readings' && intake.work.readings.every(({ metric }) => metric === droppedReadingsMetric)
}
