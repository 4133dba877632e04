/**
 * The MQTT 3.1.1 packets that carry and acknowledge messages, read and written byte by byte: they are nearly all of the traffic.
 * Pure; what the other packets hold is checked in `protocol.ts`.
 */
import { isUtf8 } from 'node:buffer'

/** Control packet types (MQTT 3.1.1 §2.2.1). */
export const packetType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14
} as const

export type Qos = 0 | 1 | 2

/** Where a whole packet lies: its first byte, and the bytes after the length. */
export interface PacketPlace {
  readonly bytes: Buffer
  readonly first: number
  readonly bodyStart: number
  readonly end: number
}

export interface PublishPacket {
  readonly topic: string
  /** A view of what was read: copy it to keep it. */
  readonly payload: Buffer
  readonly qos: Qos
  readonly retain: boolean
  /** 0 with QoS 0. */
  readonly packetId: number
}

export const pingResponse = Buffer.from([packetType.pingresp << 4, 0])

/** Gives the packet, or what is wrong with it. `isKnown` says that a topic was checked before. */
export function readPublish(place: PacketPlace, isKnown: (topic: string) => boolean): PublishPacket | string {
  const { bytes, first, bodyStart, end } = place
  const qos = toQos((first >> 1) & 3)
  if (qos === undefined) return 'QoS is 3'
  if (qos === 0 && (first & 0x08) !== 0) return 'DUP is set with QoS 0'
  if (end - bodyStart < 2) return 'PUBLISH is too short'
  const topicStart = bodyStart + 2
  const topicEnd = topicStart + ((bytes[bodyStart] ?? 0) << 8) + (bytes[bodyStart + 1] ?? 0)
  const payloadStart = qos === 0 ? topicEnd : topicEnd + 2
  if (payloadStart > end) return 'PUBLISH is too short'
  const topic = bytes.toString('utf8', topicStart, topicEnd)
  if (!isKnown(topic)) {
    const fault = faultOfTopic(topic, bytes.subarray(topicStart, topicEnd))
    if (fault !== undefined) return fault
  }
  const packetId = qos === 0 ? 0 : ((bytes[topicEnd] ?? 0) << 8) + (bytes[topicEnd + 1] ?? 0)
  if (qos > 0 && packetId === 0) return 'packet id is 0'
  return { topic, payload: bytes.subarray(payloadStart, end), qos, retain: (first & 1) === 1, packetId }
}

function faultOfTopic(topic: string, bytes: Uint8Array): string | undefined {
  if (topic === '') return 'topic is empty'
  if (!isUtf8(bytes)) return 'topic is not UTF-8'
  if (topic.includes('\0')) return 'topic holds U+0000'
  return /[+#]/.test(topic) ? 'topic holds a wildcard' : undefined
}

export function toQos(value: number): Qos | undefined {
  return value === 0 || value === 1 || value === 2 ? value : undefined
}

/** The packet id of PUBACK, PUBREC, PUBREL or PUBCOMP, or what is wrong with it. */
export function readPacketId({ bytes, bodyStart, end }: PacketPlace): number | string {
  if (end - bodyStart !== 2) return 'length of an acknowledgement is not 2'
  const packetId = ((bytes[bodyStart] ?? 0) << 8) + (bytes[bodyStart + 1] ?? 0)
  return packetId === 0 ? 'packet id is 0' : packetId
}

export interface PublishFields {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly dup: boolean
  /** Left out of the packet with QoS 0. */
  readonly packetId: number
}

export function writePublish({ topic, payload, qos, retain, dup, packetId }: PublishFields): Buffer {
  const topicBytes = Buffer.byteLength(topic)
  const body = 2 + topicBytes + (qos > 0 ? 2 : 0) + payload.length
  const lengthBytes = body < 128 ? 1 : body < 16_384 ? 2 : body < 2_097_152 ? 3 : 4
  const packet = Buffer.allocUnsafe(1 + lengthBytes + body)
  let at = packet.writeUInt8((packetType.publish << 4) | (dup ? 0x08 : 0) | (qos << 1) | (retain ? 1 : 0))
  let rest = body
  for (let index = 0; index < lengthBytes; index += 1) {
    at = packet.writeUInt8((rest & 0x7f) | (index < lengthBytes - 1 ? 0x80 : 0), at)
    rest >>>= 7
  }
  at = packet.writeUInt16BE(topicBytes, at)
  at += packet.write(topic, at, 'utf8')
  if (qos > 0) at = packet.writeUInt16BE(packetId, at)
  packet.set(payload, at)
  return packet
}

type Acknowledgement = 4 | 5 | 6 | 7

/** One PUBACK, PUBREC, PUBREL or PUBCOMP into `target`; gives the place after it. */
export function writeAcknowledgement(target: Buffer, at: number, type: Acknowledgement, packetId: number): number {
  // PUBREL alone carries flags (§3.6.1).
  target[at] = (type << 4) | (type === packetType.pubrel ? 2 : 0)
  target[at + 1] = 2
  target[at + 2] = packetId >> 8
  target[at + 3] = packetId & 0xff
  return at + 4
}

export function acknowledgement(type: Acknowledgement, packetId: number): Buffer {
  const packet = Buffer.allocUnsafe(4)
  writeAcknowledgement(packet, 0, type, packetId)
  return packet
}
