/**
 * What the sources of the vectors share: the shape of a file, and writers of bytes that are independent of the code under test (JSON as
 * typed, CBOR item by item after RFC 8949, OPC UA binary after OPC 10000-6 §5.2). Nothing here decodes or imports the product.
 */

/** One vector: its name and the members of its kind (`firmware-specs/vectors/README.md`). */
export interface VectorCase {
  readonly name: string
  readonly [member: string]: unknown
}

export interface VectorFile {
  readonly kind: string
  readonly about: string
  readonly cases: readonly VectorCase[]
}

/** The two files of a kind. */
export interface VectorPair {
  readonly valid: VectorFile
  readonly invalid: VectorFile
}

/** One case a line, so that a difference names the case. */
export function vectorText(file: VectorFile): string {
  const cases = file.cases.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  return `{\n  "kind": ${JSON.stringify(file.kind)},\n  "about": ${JSON.stringify(file.about)},\n  "cases": [\n${cases}\n  ]\n}\n`
}

/** The UTF-8 bytes of a text as it stands. */
export function textHex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex')
}

/** CBOR items as hexadecimal text (RFC 8949 §3): each writes what its name says, also where a shorter form exists. */
export const cbor = {
  /** Unsigned or negative integer in its shortest form. */
  int(value: number): string {
    return value < 0 ? head(1, -1 - value) : head(0, value)
  },
  text(value: string): string {
    const bytes = Buffer.from(value, 'utf8')
    return head(3, bytes.length) + bytes.toString('hex')
  },
  /** A text string of the bytes given, which need not be UTF-8. */
  textOfHex(hex: string): string {
    return head(3, hex.length / 2) + hex
  },
  bytes(hex: string): string {
    return head(2, hex.length / 2) + hex
  },
  array(...items: readonly string[]): string {
    return head(4, items.length) + items.join('')
  },
  /** Keys and values in turn; keys are text strings. */
  map(...entries: readonly (readonly [key: string, item: string])[]): string {
    return head(5, entries.length) + entries.map(([key, item]) => cbor.text(key) + item).join('')
  },
  /** Indefinite length, RFC 8949 §3.2.2. */
  openMap(...entries: readonly (readonly [key: string, item: string])[]): string {
    return `bf${entries.map(([key, item]) => cbor.text(key) + item).join('')}ff`
  },
  openArray(...items: readonly string[]): string {
    return `9f${items.join('')}ff`
  },
  tag(number: number, item: string): string {
    return head(6, number) + item
  },
  float16(bits: number): string {
    return `f9${bits.toString(16).padStart(4, '0')}`
  },
  float32(value: number): string {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatBE(value)
    return `fa${bytes.toString('hex')}`
  },
  float64(value: number): string {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return `fb${bytes.toString('hex')}`
  },
  false: 'f4',
  true: 'f5',
  null: 'f6',
  undefined: 'f7'
} as const

function head(major: number, argument: number): string {
  const first = (minor: number) => (major * 32 + minor).toString(16).padStart(2, '0')
  const digits = (bytes: number) => argument.toString(16).padStart(bytes * 2, '0')
  if (argument < 24) return first(argument)
  if (argument < 0x100) return first(24) + digits(1)
  if (argument < 0x1_0000) return first(25) + digits(2)
  if (argument < 0x1_0000_0000) return first(26) + digits(4)
  return first(27) + digits(8)
}

/** OPC UA binary items as hexadecimal text, little endian. */
export const opcua = {
  byte: (value: number): string => value.toString(16).padStart(2, '0'),
  uint16: (value: number): string => little(2, (bytes) => bytes.writeUInt16LE(value)),
  int16: (value: number): string => little(2, (bytes) => bytes.writeInt16LE(value)),
  int32: (value: number): string => little(4, (bytes) => bytes.writeInt32LE(value)),
  uint32: (value: number): string => little(4, (bytes) => bytes.writeUInt32LE(value)),
  float: (value: number): string => little(4, (bytes) => bytes.writeFloatLE(value)),
  double: (value: number): string => little(8, (bytes) => bytes.writeDoubleLE(value)),
  /** Length and UTF-8 bytes; the null string has the length -1. */
  string: (value: string | null): string => (value === null ? 'ffffffff' : opcua.int32(Buffer.byteLength(value)) + textHex(value)),
  byteString: (hex: string | null): string => (hex === null ? 'ffffffff' : opcua.int32(hex.length / 2) + hex),
  /** 100 ns since 1601-01-01T00:00:00Z; null is the time 0. */
  time: (timeMs: number | null): string =>
    little(8, (bytes) => bytes.writeBigInt64LE(timeMs === null ? 0n : BigInt(timeMs) * 10_000n + 116_444_736_000_000_000n))
} as const

function little(length: number, write: (bytes: Buffer) => unknown): string {
  const bytes = Buffer.alloc(length)
  write(bytes)
  return bytes.toString('hex')
}
