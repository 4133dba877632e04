/** Cuts a stream of MQTT bytes into whole frames, raw as they came. Knows no more of the protocol than that. */

/** Packet types of MQTT 3.1.1 §2.2.1. */
export const frameTypes = { connect: 1, connack: 2, publish: 3, puback: 4, subscribe: 8, suback: 9, pingreq: 12 } as const

export const typeOf = (frame: Buffer): number => (frame[0] ?? 0) >> 4

/** Where the variable header starts (MQTT 3.1.1 §2.2.3). */
export function bodyAt(frame: Buffer): number {
  let at = 1
  while ((frame[at] ?? 0) >= 0x80 && at < 4) at += 1
  return at + 1
}

/** Quality of service of a PUBLISH. */
export const qosOf = (frame: Buffer): number => ((frame[0] ?? 0) >> 1) & 3

export function createFrameCutter(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let length = lengthOf(rest); length !== undefined && length <= rest.length; length = lengthOf(rest)) {
      onFrame(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  }
}

/** Of the first frame, its header included; undefined while the header is not whole. */
function lengthOf(bytes: Buffer): number | undefined {
  let length = 0
  for (let at = 1; at <= 4; at += 1) {
    const digit = bytes[at]
    if (digit === undefined) return undefined
    length += (digit & 0x7f) * 128 ** (at - 1)
    if (digit < 0x80) return at + 1 + length
  }
  throw new RangeError('Cannot cut frames: remaining length has more than four digits, expected MQTT')
}
