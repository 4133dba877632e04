/**
 * What MQTT 3.1.1 requires of the packets that do not carry messages, checked on their bytes before the library reads them: it
 * lets some violations pass. Pure; PUBLISH and its acknowledgements are read in `packets.ts`.
 */
import { isUtf8 } from 'node:buffer'
import { packetType, type PacketPlace } from './packets.ts'

export interface ProtocolFault {
  readonly detail: string
  /** CONNACK return code that is owed before closing (§3.1.2.2). */
  readonly returnCode?: 1
}

/** Fixed header flags by type (§2.2.2); PUBLISH has its own. */
const flagsOf: Readonly<Record<number, number>> = { 1: 0, 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 10: 2, 12: 0, 14: 0 }

/** `isFirst`: nothing has come on this connection. Gives undefined when the packet may be read on. */
export function checkPacket(place: PacketPlace, isFirst: boolean): ProtocolFault | undefined {
  const type = place.first >> 4
  if (isFirst !== (type === packetType.connect))
    return { detail: isFirst ? 'the first packet is not CONNECT' : 'CONNECT came a second time' }
  if (type === packetType.publish) return undefined
  const flags = flagsOf[type]
  if (flags === undefined) return { detail: `packet type ${type} is not for a server` }
  if ((place.first & 0x0f) !== flags) return { detail: `reserved flags of packet type ${type} are set` }
  if (type === packetType.connect) return checkConnect(place)
  const detail = checkBody(type, place)
  return detail === undefined ? undefined : { detail }
}

function checkBody(type: number, place: PacketPlace): string | undefined {
  switch (type) {
    case packetType.subscribe:
      return checkFilters(place, true)
    case packetType.unsubscribe:
      return checkFilters(place, false)
    case packetType.pingreq:
    case packetType.disconnect:
      return place.end === place.bodyStart ? undefined : 'a packet without a body has one'
    default:
      return undefined
  }
}

function checkConnect(place: PacketPlace): ProtocolFault | undefined {
  const reader = createReader(place)
  const name = reader.text()
  const level = reader.byte()
  const flags = reader.byte()
  if (name === undefined || level === undefined || flags === undefined) return { detail: 'CONNECT is too short' }
  if (!(name === 'MQTT' && level === 4) && !(name === 'MQIsdp' && level === 3))
    return { detail: `protocol is "${name.slice(0, 16)}" level ${level}, expected "MQTT" level 4`, returnCode: 1 }
  const detail = checkConnectFlags(flags) ?? checkConnectPayload(reader, flags)
  return detail === undefined ? undefined : { detail }
}

function checkConnectFlags(flags: number): string | undefined {
  const [hasWill, willQos] = [(flags & 0x04) !== 0, (flags >> 3) & 3]
  if ((flags & 1) !== 0) return 'reserved connect flag is set'
  if (willQos === 3) return 'QoS of the last will is 3'
  if (!hasWill && (flags & 0x38) !== 0) return 'last will flags without a last will'
  return (flags & 0x40) !== 0 && (flags & 0x80) === 0 ? 'a password without a user name' : undefined
}

function checkConnectPayload(reader: Reader, flags: number): string | undefined {
  const short = 'CONNECT is too short or holds text that is not allowed'
  // Keep-alive, then client id.
  if (reader.number() === undefined || reader.text() === undefined) return short
  if ((flags & 0x04) !== 0) {
    const topic = reader.text()
    if (topic === undefined || reader.block() === undefined) return short
    if (topic === '' || /[+#]/.test(topic)) return 'topic of the last will is empty or holds a wildcard'
  }
  if ((flags & 0x80) !== 0 && reader.text() === undefined) return short
  if ((flags & 0x40) !== 0 && reader.block() === undefined) return short
  return reader.left() === 0 ? undefined : 'CONNECT has bytes left over'
}

function checkFilters(place: PacketPlace, withQos: boolean): string | undefined {
  const reader = createReader(place)
  const packetId = reader.number()
  if (packetId === undefined) return 'packet id is missing'
  if (packetId === 0) return 'packet id is 0'
  if (reader.left() === 0) return 'no topic filter'
  while (reader.left() > 0) {
    const filter = reader.text()
    if (filter === undefined || !isTopicFilter(filter)) return 'topic filter is not allowed'
    const qos = withQos ? reader.byte() : 0
    if (qos === undefined || qos > 2) return 'requested QoS is not 0, 1 or 2'
  }
  return undefined
}

/** MQTT 3.1.1 §4.7.1. */
export function isTopicFilter(filter: string): boolean {
  if (filter === '') return false
  const parts = filter.split('/')
  return parts.every((part, index) =>
    part.includes('#') ? part === '#' && index === parts.length - 1 : part === '+' || !part.includes('+')
  )
}

interface Reader {
  byte(): number | undefined
  number(): number | undefined
  block(): Buffer | undefined
  /** UTF-8 without U+0000 (§1.5.3). */
  text(): string | undefined
  left(): number
}

function createReader({ bytes, bodyStart, end }: PacketPlace): Reader {
  let at = bodyStart
  const reader: Reader = {
    byte: () => (at < end ? bytes[at++] : undefined),
    number() {
      if (at + 2 > end) return undefined
      at += 2
      return bytes.readUInt16BE(at - 2)
    },
    block() {
      const length = reader.number()
      if (length === undefined || at + length > end) return undefined
      at += length
      return bytes.subarray(at - length, at)
    },
    text() {
      const block = reader.block()
      if (block === undefined || !isUtf8(block)) return undefined
      const text = block.toString('utf8')
      return text.includes('\0') ? undefined : text
    },
    left: () => end - at
  }
  return reader
}
