/**
 * What one PUBLISH of the device holds: its channel, its place in the stream, and either the message or what is wrong with it, each fault
 * under the most specific requirement that it breaks. Pure.
 */
import { Type } from 'typebox'
import { compileValidator, decodePayload, type Validator } from '@tracegate/model/codec'
import { CommandReply } from '@tracegate/model/command'
import { parseCapture } from '@tracegate/model/epcis/document'
import type { EpcisEvent } from '@tracegate/model/epcis/event'
import type { Reason } from '@tracegate/model/errors'
import { EventMessage } from '@tracegate/model/event-message'
import { ScanMessage } from '@tracegate/model/scan'
import { Birth, Death } from '@tracegate/model/state'
import { Telemetry } from '@tracegate/model/telemetry'
import type { DeviceChannel } from '@tracegate/model/topics'

type Message =
  | { readonly type: 'telemetry'; readonly value: Telemetry }
  | { readonly type: 'scan'; readonly value: ScanMessage }
  | { readonly type: 'event'; readonly value: EventMessage | undefined; readonly events: readonly EpcisEvent[] }
  | { readonly type: 'birth'; readonly value: Birth }
  | { readonly type: 'death'; readonly value: Death }
  | { readonly type: 'reply'; readonly value: CommandReply }

/** A fault and the requirement it breaks. */
interface MessageFault {
  readonly id: string
  readonly reason: Reason
}

export interface ReadMessage {
  /** The payload as a value; undefined when it cannot be decoded. */
  readonly value: unknown
  readonly encoding: 'json' | 'cbor'
  /** Read leniently: a message that is wrong elsewhere still takes up its number. */
  readonly boot: string | undefined
  readonly seq: number | undefined
  readonly timeMs: number | undefined
  /** Whether the payload says that it is a birth, right or wrong. */
  readonly claimsBirth: boolean
  readonly message: Message | undefined
  readonly faults: readonly MessageFault[]
}

const telemetry = compileValidator(Telemetry)
const scan = compileValidator(ScanMessage)
const eventMessage = compileValidator(EventMessage)
const birth = compileValidator(Birth)
const death = compileValidator(Death)
const reply = compileValidator(CommandReply)
const anObject = compileValidator(Type.Object({}))
const withBoot = compileValidator(Type.Object({ boot: Type.String() }))
const withSeq = compileValidator(Type.Object({ seq: Type.Integer({ minimum: 0 }) }))
const withTime = compileValidator(Type.Object({ timeMs: Type.Number() }))
const online = compileValidator(Type.Object({ online: Type.Literal(true) }))
const withEpcis = compileValidator(Type.Object({ epcis: Type.Unknown() }))

export function readMessage(channel: DeviceChannel, bytes: Uint8Array): ReadMessage {
  const encoding = (bytes[0] ?? 0) >= 0x80 ? 'cbor' : 'json'
  const nothing = { encoding, boot: undefined, seq: undefined, timeMs: undefined, claimsBirth: false, message: undefined } as const
  const decoded = decodePayload(bytes)
  if (!decoded.ok) return { ...nothing, value: undefined, faults: [{ id: 'TG-201', reason: decoded.reason }] }
  const { value } = decoded
  if (!anObject.check(value).ok || Array.isArray(value)) {
    const reason = { code: 'PAYLOAD_NO_OBJECT', pointer: '', message: 'payload is no object, expected one JSON object or one CBOR map' }
    return { ...nothing, value, faults: [{ id: 'TG-201', reason }] }
  }
  const boot = withBoot.check(value)
  const seq = withSeq.check(value)
  const time = withTime.check(value)
  return {
    value,
    encoding,
    boot: boot.ok ? boot.value.boot : undefined,
    seq: seq.ok ? seq.value.seq : undefined,
    timeMs: time.ok ? time.value.timeMs : undefined,
    claimsBirth: channel === 'state' && online.check(value).ok,
    ...readChannel(channel, value)
  }
}

type Result = { readonly message: Message | undefined; readonly faults: readonly MessageFault[] }

function readChannel(channel: DeviceChannel, value: unknown): Result {
  switch (channel) {
    case 'telemetry': {
      const checked = telemetry.check(value)
      return checked.ok ? taken({ type: 'telemetry', value: checked.value }) : refused(telemetry, value)
    }
    case 'scan': {
      const checked = scan.check(value)
      return checked.ok ? taken({ type: 'scan', value: checked.value }) : refused(scan, value)
    }
    case 'event':
      return readEvent(value)
    case 'state': {
      if (online.check(value).ok) {
        const checked = birth.check(value)
        return checked.ok ? taken({ type: 'birth', value: checked.value }) : refused(birth, value)
      }
      const checked = death.check(value)
      return checked.ok ? taken({ type: 'death', value: checked.value }) : refused(death, value)
    }
    case 'command/reply': {
      const checked = reply.check(value)
      return checked.ok ? taken({ type: 'reply', value: checked.value }) : refused(reply, value)
    }
    default:
      return channel satisfies never
  }
}

/** In an envelope, or bare. */
function readEvent(value: unknown): Result {
  const enveloped = withEpcis.check(value).ok
  const checked = enveloped ? eventMessage.check(value) : undefined
  if (checked?.ok === false) return refused(eventMessage, value)
  const captured = parseCapture(checked === undefined ? value : checked.value.epcis)
  if (!captured.ok) return { message: undefined, faults: captured.findings.map((reason) => ({ id: 'TG-703', reason })) }
  return taken({ type: 'event', value: checked?.value, events: captured.events })
}

function taken(message: Message): Result {
  return { message, faults: [] }
}

function refused(validator: Pick<Validator<typeof Telemetry>, 'reasons'>, value: unknown): Result {
  return { message: undefined, faults: validator.reasons(value).map((reason) => ({ id: requirementOf(reason.pointer), reason })) }
}

/** Pointer into the message to the requirement that speaks of that member alone. */
const specific: readonly (readonly [pattern: RegExp, id: string])[] = [
  [/^\/v$/, 'TG-203'],
  [/^(?:\/(?:readings|scans)\/\d+)?\/timeMs$/, 'TG-501'],
  [/^\/readings\/\d+\/value$/, 'TG-602'],
  [/^\/readings\/\d+\/quality$/, 'TG-603'],
  [/^\/(?:readings|metrics)\/\d+\/unit$/, 'TG-601'],
  [/^\/scans\/\d+\/symbology$/, 'TG-701']
]

function requirementOf(pointer: string): string {
  return specific.find(([pattern]) => pattern.test(pointer))?.[1] ?? 'TG-202'
}
