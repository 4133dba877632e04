/**
 * EPC binary encodings of RFID tags (GS1 EPC Tag Data Standard 1.13, §14) to EPC URN: every scheme of a GS1 key, and GID-96. Not read are
 * USDoD-96, ADI-var, and the schemes of TDS 2.0 that carry no company prefix.
 */
import type { Decoded } from '../codec.ts'
import { refuseCode } from './element-string.ts'

/** Bits of company prefix and digits of company prefix, by partition (TDS tables 14-3 and following). */
const prefixes = [
  [40, 12],
  [37, 11],
  [34, 10],
  [30, 9],
  [27, 8],
  [24, 7],
  [20, 6]
] as const

/** How a field is written (TDS §14.3): an integer; digits with a one before them, so that leading zeros stay; seven-bit text. */
type Serial = { readonly form: 'integer' | 'digits' | 'text'; readonly bits: number }

interface KeyLayout {
  readonly type: 'key'
  readonly scheme: string
  /** Bits of company prefix and reference together. */
  readonly keyBits: number
  /** Digits of both together. */
  readonly keyDigits: number
  /** ITIP: piece and total, seven bits each (§14.6.12). */
  readonly pieces?: boolean
  readonly serial?: Serial
}

/** The reference is what the company prefix leaves, and has no fixed length. */
type Layout =
  | KeyLayout
  | { readonly type: 'giai'; readonly reference: Serial }
  | { readonly type: 'cpi'; readonly isText: boolean; readonly serialBits: number }
  | { readonly type: 'gid' }

const gtinKey = { type: 'key', keyBits: 44, keyDigits: 13 } as const
const glnKey = { type: 'key', keyBits: 41, keyDigits: 12 } as const
const serviceKey = { type: 'key', keyBits: 58, keyDigits: 17 } as const
const graiKey = { type: 'key', scheme: 'grai', keyBits: 44, keyDigits: 12 } as const
const integer = (bits: number): Serial => ({ form: 'integer', bits })
const text = (bits: number): Serial => ({ form: 'text', bits })

/** By header byte (TDS table 14-1). */
const layouts: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [0x2c, { ...glnKey, scheme: 'gdti', serial: integer(41) }],
  [0x2d, { ...serviceKey, scheme: 'gsrn' }],
  [0x2e, { ...serviceKey, scheme: 'gsrnp' }],
  [0x30, { ...gtinKey, scheme: 'sgtin', serial: integer(38) }],
  [0x31, { ...serviceKey, scheme: 'sscc' }],
  [0x32, { ...glnKey, scheme: 'sgln', serial: integer(41) }],
  [0x33, { ...graiKey, serial: integer(38) }],
  [0x34, { type: 'giai', reference: integer(82) }],
  [0x35, { type: 'gid' }],
  [0x36, { ...gtinKey, scheme: 'sgtin', serial: text(140) }],
  [0x37, { ...graiKey, serial: text(112) }],
  [0x38, { type: 'giai', reference: text(188) }],
  [0x39, { ...glnKey, scheme: 'sgln', serial: text(140) }],
  // Deprecated since TDS 1.9, and still on tags.
  [0x3a, { ...glnKey, scheme: 'gdti', serial: { form: 'digits', bits: 58 } }],
  [0x3c, { type: 'cpi', isText: false, serialBits: 31 }],
  [0x3d, { type: 'cpi', isText: true, serialBits: 40 }],
  [0x3e, { ...glnKey, scheme: 'gdti', serial: text(119) }],
  [0x3f, { ...glnKey, scheme: 'sgcn', serial: { form: 'digits', bits: 41 } }],
  [0x40, { ...gtinKey, scheme: 'itip', pieces: true, serial: integer(38) }],
  [0x41, { ...gtinKey, scheme: 'itip', pieces: true, serial: text(140) }]
])

/** Reads the EPC memory of a tag, in hexadecimal, to its EPC URN. */
export function readEpcHex(hex: string): Decoded<string> {
  if (!/^(?:[0-9A-Fa-f]{2}){8,62}$/.test(hex))
    return refuseCode('EPC_HEX', `EPC is "${hex.slice(0, 32)}", expected 8 to 62 bytes in hexadecimal`)
  const layout = layouts.get(Number.parseInt(hex.slice(0, 2), 16))
  if (layout === undefined)
    return refuseCode(
      'EPC_HEADER',
      `EPC has header 0x${hex.slice(0, 2)}, expected SGTIN, SSCC, SGLN, GRAI, GIAI, GSRN, GSRNP, GDTI, CPI, SGCN, ITIP or GID`
    )
  const reader = bitReader(hex)
  reader.take(8)
  if (layout.type === 'gid') return readGid(reader)
  reader.take(3)
  const prefix = prefixes[Number(reader.take(3))]
  if (prefix === undefined) return refuseCode('EPC_PARTITION', `EPC is "${hex.slice(0, 32)}" with partition 7, expected 0 to 6`)
  const needed = bitsOf(layout, prefix)
  if (reader.left < needed) return refuseCode('EPC_SHORT', `EPC has ${hex.length * 4} bits, expected ${14 + needed}`)
  const company = reader.take(prefix[0]).toString().padStart(prefix[1], '0')
  if (company.length !== prefix[1]) return refuseCode('EPC_RANGE', `EPC has prefix ${company}, expected ${prefix[1]} digits`)
  switch (layout.type) {
    case 'key':
      return readKey(reader, layout, company, prefix)
    case 'giai':
      return readGiai(reader, { ...layout.reference, bits: layout.reference.bits - prefix[0] }, company)
    case 'cpi':
      return readCpi(reader, layout, company, prefix)
    default:
      return layout satisfies never
  }
}

type Prefix = (typeof prefixes)[number]

/** Bits of component reference for a numeric CPI are what 51 bits leave (table 14-21); of a text at least its end. */
function bitsOf(layout: Exclude<Layout, { readonly type: 'gid' }>, prefix: Prefix): number {
  switch (layout.type) {
    case 'key':
      return layout.keyBits + (layout.pieces === true ? 14 : 0) + (layout.serial?.bits ?? 0)
    case 'giai':
      return layout.reference.bits
    case 'cpi':
      return layout.isText ? prefix[0] + 6 + layout.serialBits : 51 + layout.serialBits
    default:
      return layout satisfies never
  }
}

function readKey(reader: Reader, layout: KeyLayout, company: string, prefix: Prefix): Decoded<string> {
  const digits = layout.keyDigits - prefix[1]
  const reference = reader
    .take(layout.keyBits - prefix[0])
    .toString()
    .padStart(digits, '0')
  const fits = digits === 0 ? reference === '0' : reference.length === digits
  if (!fits)
    return refuseCode('EPC_RANGE', `EPC has prefix ${company} and reference ${reference}, expected ${layout.keyDigits} digits together`)
  const stem = `urn:epc:id:${layout.scheme}:${company}.${digits === 0 ? '' : reference}`
  const pieces = layout.pieces === true ? readPieces(reader) : ''
  if (pieces === undefined) return refuseCode('EPC_RANGE', 'EPC has a piece or total above 99, expected two digits each')
  if (layout.serial === undefined) return { ok: true, value: stem }
  const serial = readSerial(reader, layout.serial)
  return serial.ok ? { ok: true, value: `${stem}${pieces}.${serial.value}` } : serial
}

function readPieces(reader: Reader): string | undefined {
  const [piece, total] = [reader.take(7), reader.take(7)]
  return piece > 99n || total > 99n ? undefined : `.${piece.toString().padStart(2, '0')}.${total.toString().padStart(2, '0')}`
}

function readGiai(reader: Reader, reference: Serial, company: string): Decoded<string> {
  const read = readSerial(reader, reference)
  return read.ok ? { ok: true, value: `urn:epc:id:giai:${company}.${read.value}` } : read
}

/** Component and part: a number of at most as many digits as its bits are for, or six-bit text ended by zeros (§14.5.8, table G-1). */
function readCpi(reader: Reader, layout: Layout & { readonly type: 'cpi' }, company: string, prefix: Prefix): Decoded<string> {
  const lengthMax = layout.isText ? 30 - prefix[1] : 15 - prefix[1]
  const reference = layout.isText ? readSixBit(reader, lengthMax) : reader.take(51 - prefix[0]).toString()
  if (reference === undefined || reference === '' || reference.length > lengthMax)
    return refuseCode('EPC_RANGE', `EPC has component "${reference ?? ''}", expected 1 to ${lengthMax} characters of A-Z 0-9 # - /`)
  if (reader.left < layout.serialBits)
    return refuseCode('EPC_SHORT', `EPC has ${reader.left} bits for its serial, expected ${layout.serialBits}`)
  return { ok: true, value: `urn:epc:id:cpi:${company}.${escapeUrn(reference)}.${reader.take(layout.serialBits)}` }
}

/** General Manager, Object Class, Serial: no GS1 key, but a name (§6.3.13). */
function readGid(reader: Reader): Decoded<string> {
  if (reader.left < 88) return refuseCode('EPC_SHORT', `EPC has ${reader.left + 8} bits, expected 96`)
  return { ok: true, value: `urn:epc:id:gid:${reader.take(28)}.${reader.take(24)}.${reader.take(36)}` }
}

function readSerial(reader: Reader, serial: Serial): Decoded<string> {
  switch (serial.form) {
    case 'integer':
      return { ok: true, value: reader.take(serial.bits).toString() }
    case 'digits': {
      const digits = reader.take(serial.bits).toString()
      if (digits.startsWith('1') && digits.length > 1) return { ok: true, value: digits.slice(1) }
      return refuseCode('EPC_SERIAL', `EPC has the serial ${digits}, expected digits with a one before them`)
    }
    case 'text': {
      const value = readText(reader, serial.bits)
      if (value === '') return refuseCode('EPC_SERIAL', 'EPC has an empty serial, expected one')
      return value === undefined
        ? refuseCode(
            'EPC_SERIAL',
            'EPC has a serial with a character that GS1 does not know, expected those of AI encodable character set 82'
          )
        : { ok: true, value: escapeUrn(value) }
    }
    default:
      return serial.form satisfies never
  }
}

/** AI encodable character set 82 (General Specifications §7.11). */
const set82 = /^[!"%-?A-Z_a-z]*$/

/** Seven bits a character, ended by zeros; undefined for a character of no GS1 key, or one behind the end. */
function readText(reader: Reader, bits: number): string | undefined {
  let value = ''
  let ended = false
  for (let left = bits; left >= 7; left -= 7) {
    const code = Number(reader.take(7))
    if (code === 0) ended = true
    else if (ended) return undefined
    else value += String.fromCharCode(code)
  }
  return set82.test(value) ? value : undefined
}

/** Six bits a character: A to Z, digits, `#`, `-` and `/`; the zeros that end it are read too. */
function readSixBit(reader: Reader, lengthMax: number): string | undefined {
  let value = ''
  while (reader.left >= 6 && value.length <= lengthMax) {
    const code = Number(reader.take(6))
    if (code === 0) return value
    const character = String.fromCharCode(code >= 1 && code <= 26 ? code + 64 : code)
    if (!/[#\-/0-9A-Z]/.test(character)) return undefined
    value += character
  }
  return undefined
}

/** What an EPC URN must not carry as it is (TDS §6.3, table A-1). */
function escapeUrn(value: string): string {
  return value.replaceAll(/["%&/<>?#]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

interface Reader {
  take(bits: number): bigint
  readonly left: number
}

function bitReader(hex: string): Reader {
  const value = BigInt(`0x${hex}`)
  let left = hex.length * 4
  return {
    take(bits) {
      left -= bits
      return (value >> BigInt(left)) & ((1n << BigInt(bits)) - 1n)
    },
    get left() {
      return left
    }
  }
}
