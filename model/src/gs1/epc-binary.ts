/** EPC binary encodings of RFID tags (GS1 EPC Tag Data Standard 1.x, §14): SGTIN, SSCC, SGLN, GRAI, GIAI and LGTIN-free 96 and long forms, to EPC URN. */
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

interface Layout {
  readonly scheme: string
  /** Bits of company prefix and reference together. */
  readonly keyBits: number
  /** Digits of both together. */
  readonly keyDigits: number
  readonly serial: { readonly bits: number; readonly text: boolean } | undefined
}

/** By header byte. */
const layouts: ReadonlyMap<number, Layout> = new Map([
  [0x30, { scheme: 'sgtin', keyBits: 44, keyDigits: 13, serial: { bits: 38, text: false } }],
  [0x36, { scheme: 'sgtin', keyBits: 44, keyDigits: 13, serial: { bits: 140, text: true } }],
  [0x31, { scheme: 'sscc', keyBits: 58, keyDigits: 17, serial: undefined }],
  [0x32, { scheme: 'sgln', keyBits: 41, keyDigits: 12, serial: { bits: 41, text: false } }],
  [0x39, { scheme: 'sgln', keyBits: 41, keyDigits: 12, serial: { bits: 140, text: true } }],
  [0x33, { scheme: 'grai', keyBits: 44, keyDigits: 12, serial: { bits: 38, text: false } }],
  [0x37, { scheme: 'grai', keyBits: 44, keyDigits: 12, serial: { bits: 112, text: true } }]
])

const giaiHeaders: ReadonlyMap<number, { readonly bits: number; readonly text: boolean }> = new Map([
  [0x34, { bits: 82, text: false }],
  [0x38, { bits: 188, text: true }]
])

/** Reads the EPC memory of a tag, in hexadecimal, to its EPC URN. */
export function readEpcHex(hex: string): Decoded<string> {
  if (!/^(?:[0-9A-Fa-f]{2}){8,62}$/.test(hex))
    return refuseCode('EPC_HEX', `EPC is "${hex.slice(0, 32)}", expected 8 to 62 bytes in hexadecimal`)
  const header = Number.parseInt(hex.slice(0, 2), 16)
  const layout = layouts.get(header)
  const giai = giaiHeaders.get(header)
  const reader = bitReader(hex)
  reader(8)
  reader(3)
  const prefix = prefixes[Number(reader(3))]
  const isKnown = layout !== undefined || giai !== undefined
  if (isKnown && prefix === undefined) return refuseCode('EPC_PARTITION', `EPC is "${hex.slice(0, 32)}" with partition 7, expected 0 to 6`)
  if (layout !== undefined && prefix !== undefined) return readKey({ layout, prefix, reader, bitsLeft: hex.length * 4 - 14 })
  if (giai !== undefined && prefix !== undefined) return readGiai({ giai, prefix, reader, bitsLeft: hex.length * 4 - 14 })
  return refuseCode('EPC_HEADER', `EPC has header 0x${hex.slice(0, 2)}, expected SGTIN, SSCC, SGLN, GRAI or GIAI`)
}

type Reader = (bits: number) => bigint

interface Body {
  readonly prefix: readonly [bits: number, digits: number]
  readonly reader: Reader
  readonly bitsLeft: number
}

function readKey({ layout, prefix, reader, bitsLeft }: Body & { readonly layout: Layout }): Decoded<string> {
  const [prefixBits, prefixDigits] = prefix
  const { keyBits, keyDigits, serial } = layout
  if (bitsLeft < keyBits + (serial?.bits ?? 0))
    return refuseCode('EPC_SHORT', `EPC has ${bitsLeft + 14} bits, expected ${14 + keyBits + (serial?.bits ?? 0)}`)
  const company = reader(prefixBits).toString().padStart(prefixDigits, '0')
  const referenceDigits = keyDigits - prefixDigits
  const reference = reader(keyBits - prefixBits)
    .toString()
    .padStart(referenceDigits, '0')
  const isRight = company.length === prefixDigits && (referenceDigits === 0 ? reference === '0' : reference.length === referenceDigits)
  if (!isRight)
    return refuseCode('EPC_RANGE', `EPC has prefix ${company} and reference ${reference}, expected ${keyDigits} digits together`)
  const stem = `urn:epc:id:${layout.scheme}:${company}.${referenceDigits === 0 ? '' : reference}`
  if (serial === undefined) return { ok: true, value: stem }
  const value = serial.text ? readText(reader, serial.bits) : reader(serial.bits).toString()
  return value === undefined ? noText() : { ok: true, value: `${stem}.${value}` }
}

/** The asset reference takes what the company prefix leaves. */
function readGiai({
  giai,
  prefix,
  reader,
  bitsLeft
}: Body & { readonly giai: { readonly bits: number; readonly text: boolean } }): Decoded<string> {
  const [prefixBits, prefixDigits] = prefix
  if (bitsLeft < giai.bits) return refuseCode('EPC_SHORT', `EPC has ${bitsLeft + 14} bits, expected ${14 + giai.bits}`)
  const company = reader(prefixBits).toString().padStart(prefixDigits, '0')
  const reference = giai.text ? readText(reader, giai.bits - prefixBits) : reader(giai.bits - prefixBits).toString()
  if (company.length !== prefixDigits) return refuseCode('EPC_RANGE', `EPC has prefix ${company}, expected ${prefixDigits} digits`)
  return reference === undefined ? noText() : { ok: true, value: `urn:epc:id:giai:${company}.${reference}` }
}

function noText(): Decoded<string> {
  return refuseCode('EPC_SERIAL', 'EPC has an empty or broken serial, expected characters of GS1 set 82 and then zeros')
}

/** The characters of GS1 set 82. */
const set82 = /^[!"%-?A-Z_a-z]+$/

/** Seven bits a character, then zeros up to the end (Tag Data Standard §14.4.2); undefined for anything else. */
function readText(reader: Reader, bits: number): string | undefined {
  let text = ''
  for (let left = bits; left >= 7; left -= 7) text += String.fromCharCode(Number(reader(7)))
  const written = text.replace(/\0+$/, '')
  if (!set82.test(written)) return undefined
  return written.replaceAll(/["%&/<>?]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function bitReader(hex: string): Reader {
  const value = BigInt(`0x${hex}`)
  let left = hex.length * 4
  return (bits) => {
    left -= bits
    return (value >> BigInt(left)) & ((1n << BigInt(bits)) - 1n)
  }
}
