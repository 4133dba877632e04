/**
 * Answers every filter of a SUBSCRIBE that names one more than once ([MQTT-3.8.4-5]): the broker library answers each name once, so
 * that a client could not tell which code is whose. Pure.
 */
import { packetType, type PacketPlace } from './packets.ts'

/** For each filter, in order: the place of its name among the different ones, and the QoS that it asked for. */
export type AskedFilters = readonly { readonly place: number; readonly qos: number }[]

/** Of a SUBSCRIBE that was checked; undefined when no filter is there twice. */
export function repeatedFilters({ bytes, bodyStart, end }: PacketPlace): AskedFilters | undefined {
  const places = new Map<string, number>()
  const asked: { place: number; qos: number }[] = []
  for (let at = bodyStart + 2; at + 2 < end;) {
    const filterEnd = at + 2 + bytes.readUInt16BE(at)
    const filter = bytes.toString('latin1', at + 2, filterEnd)
    const place = places.get(filter) ?? places.size
    places.set(filter, place)
    asked.push({ place, qos: bytes[filterEnd] ?? 0 })
    at = filterEnd + 1
  }
  return asked.length === places.size ? undefined : asked
}

const refused = 0x80

/** The SUBACK with a code for each that was asked, from the one with a code for each different filter. */
export function answerEach(suback: Buffer, asked: AskedFilters): Buffer {
  const codes = suback.subarray(suback.findIndex((byte, index) => index > 0 && byte < 0x80) + 3)
  const body = 2 + asked.length
  const head = [packetType.suback << 4]
  let rest = body
  do {
    head.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  const packetId = suback.subarray(suback.length - codes.length - 2, suback.length - codes.length)
  const all = asked.map(({ place, qos }) => (codes[place] === refused ? refused : qos))
  return Buffer.concat([Buffer.from(head), packetId, Buffer.from(all)])
}
