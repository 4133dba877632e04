/** Reads the built-in types of the OPC UA binary encoding (OPC 10000-6 §5.2) that AutoID results use. Throws `RangeError` at the end. */

export interface BinaryReader {
  /** Bytes that were not read yet. */
  readonly left: number
  byte(): number
  int16(): number
  uint16(): number
  int32(): number
  uint32(): number
  float(): number
  double(): number
  /** Milliseconds since 1970; undefined for the null time and for what JavaScript dates do not reach. */
  dateTime(): number | undefined
  string(): string | undefined
  byteString(): Uint8Array | undefined
  nodeId(): string
  /** The body of an ExtensionObject (§5.2.2.15) with its type; undefined body where it has none. */
  extensionObject(): { readonly type: string; readonly body: Uint8Array | undefined }
  skip(bytes: number): void
}

/** 100 ns ticks between 1601-01-01 and 1970-01-01. */
const epochTicks = 116_444_736_000_000_000n
/** What `Date` reaches. */
const dateMsMax = 8_640_000_000_000_000

export function createBinaryReader(bytes: Uint8Array): BinaryReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (length: number): number => {
    if (length < 0 || at + length > bytes.length)
      throw new RangeError(`Cannot read AutoID result: ${length} bytes wanted at ${at}, it has ${bytes.length}`)
    at += length
    return at - length
  }
  const byteString = (): Uint8Array | undefined => {
    const length = view.getInt32(take(4), true)
    if (length < 0) return undefined
    const start = take(length)
    return bytes.subarray(start, start + length)
  }
  const string = () => {
    const raw = byteString()
    return raw === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw)
  }
  const nodeId = () => readNodeId(view, take, string, byteString)
  return {
    get left() {
      return bytes.length - at
    },
    byte: () => view.getUint8(take(1)),
    int16: () => view.getInt16(take(2), true),
    uint16: () => view.getUint16(take(2), true),
    int32: () => view.getInt32(take(4), true),
    uint32: () => view.getUint32(take(4), true),
    float: () => view.getFloat32(take(4), true),
    double: () => view.getFloat64(take(8), true),
    dateTime() {
      const ticks = view.getBigInt64(take(8), true)
      const timeMs = Number((ticks - epochTicks) / 10_000n)
      return ticks <= epochTicks || timeMs > dateMsMax ? undefined : timeMs
    },
    string,
    byteString,
    nodeId,
    extensionObject() {
      const type = nodeId()
      const encoding = view.getUint8(take(1))
      if (encoding === 0) return { type, body: undefined }
      if (encoding > 2) throw new RangeError(`Cannot read AutoID result: extension object encoding is ${encoding}, expected 0 to 2`)
      return { type, body: byteString() }
    },
    skip: (length) => void take(length)
  }
}

/** OPC 10000-6 §5.2.2.9. */
function readNodeId(
  view: DataView,
  take: (length: number) => number,
  string: () => string | undefined,
  byteString: () => Uint8Array | undefined
): string {
  const encoding = view.getUint8(take(1))
  switch (encoding) {
    case 0:
      return `i=${view.getUint8(take(1))}`
    case 1: {
      const namespace = view.getUint8(take(1))
      return `ns=${namespace};i=${view.getUint16(take(2), true)}`
    }
    case 2: {
      const namespace = view.getUint16(take(2), true)
      return `ns=${namespace};i=${view.getUint32(take(4), true)}`
    }
    case 3: {
      const namespace = view.getUint16(take(2), true)
      return `ns=${namespace};s=${string() ?? ''}`
    }
    case 4: {
      const namespace = view.getUint16(take(2), true)
      return `ns=${namespace};g=${readGuid(view, take(16))}`
    }
    case 5: {
      const namespace = view.getUint16(take(2), true)
      return `ns=${namespace};b=${Buffer.from(byteString() ?? []).toString('base64')}`
    }
    default:
      throw new RangeError(`Cannot read AutoID result: node id encoding is ${encoding}, expected 0 to 5`)
  }
}

/** OPC 10000-6 §5.2.2.6: the first three parts are little-endian. */
function readGuid(view: DataView, start: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const tail = Array.from({ length: 8 }, (_, index) => hex(view.getUint8(start + 8 + index), 2)).join('')
  const head = [hex(view.getUint32(start, true), 8), hex(view.getUint16(start + 4, true), 4), hex(view.getUint16(start + 6, true), 4)]
  return [...head, tail.slice(0, 4), tail.slice(4)].join('-')
}
