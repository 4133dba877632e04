/**
 * Writes EPC memory field by field (GS1 EPC Tag Data Standard 1.13, §14) together with the EPC URN and the path of the key, for the schemes
 * beyond those of trade items, units, places and assets. It only writes, in texts of ones and zeros, and imports nothing of the product.
 */
import type { VectorCase } from './vector.ts'

/** One field: a value in so many bits. */
export type Field = readonly [value: number | bigint, bits: number]

/** EPC memory from its header on; it is written to whole words of 16 bits (§9). */
export function memoryOf(header: number, fields: readonly (Field | string)[]): string {
  const bits = [[header, 8] as const, ...fields].map((field) => (typeof field === 'string' ? field : bitsOf(field))).join('')
  const padded = bits.padEnd(Math.ceil(bits.length / 16) * 16, '0')
  return (padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2).toString(16).padStart(2, '0')).join('')
}

function bitsOf([value, bits]: Field): string {
  const text = value.toString(2).padStart(bits, '0')
  if (text.length !== bits) throw new RangeError(`Cannot write ${value}: it has ${text.length} bits, expected at most ${bits}`)
  return text
}

/** Filter, partition and company prefix: bits of the prefix by its digits (table 14-3 and its like). */
export function prefixOf(company: string, filter: number): readonly Field[] {
  return [
    [filter, 3],
    [12 - company.length, 3],
    [BigInt(company), prefixBits(company)]
  ]
}

export function prefixBits(company: string): number {
  return [20, 24, 27, 30, 34, 37, 40][company.length - 6] ?? Number.NaN
}

/** Seven bits a character (§14.3.5), filled up with zeros. */
export function sevenBits(text: string, bits: number): string {
  return lowBits(text, 7).padEnd(bits, '0')
}

/** Six bits a character (table G-1), which are the low ones of ASCII. */
export function sixBits(text: string): string {
  return lowBits(text, 6)
}

function lowBits(text: string, bits: number): string {
  return text.replaceAll(/./gs, (character) => (character.charCodeAt(0) % 2 ** bits).toString(2).padStart(bits, '0'))
}

export interface Tag {
  readonly name: string
  readonly company: string
  readonly reference: string
  readonly serial?: string
  readonly filter?: number
}

/** Document type and coupon: 41 bits of prefix and reference, 12 digits, a check digit behind them. */
function placed(
  scheme: { readonly name: string; readonly ai: string; readonly header: number },
  tag: Tag,
  serial: Field | string
): VectorCase {
  const { company, reference } = tag
  return {
    name: tag.name,
    hex: memoryOf(scheme.header, [...prefixOf(company, tag.filter ?? 3), [BigInt(reference || '0'), 41 - prefixBits(company)], serial]),
    urn: `urn:epc:id:${scheme.name}:${company}.${reference}.${escapeUrn(tag.serial ?? '')}`,
    digitalLink: link(`${scheme.ai}/${withCheck(company + reference)}${escapePath(tag.serial ?? '')}`)
  }
}

const document = { name: 'gdti', ai: '253' }

export const gdti96 = (tag: Tag): VectorCase => placed({ ...document, header: 0x2c }, tag, [BigInt(tag.serial ?? '0'), 41])
export const gdti113 = (tag: Tag): VectorCase => placed({ ...document, header: 0x3a }, tag, [BigInt(`1${tag.serial}`), 58])
export const gdti174 = (tag: Tag): VectorCase => placed({ ...document, header: 0x3e }, tag, sevenBits(tag.serial ?? '', 119))
export const sgcn96 = (tag: Tag): VectorCase => placed({ name: 'sgcn', ai: '255', header: 0x3f }, tag, [BigInt(`1${tag.serial}`), 41])

/** Recipient or provider of a service: 58 bits, 17 digits, and 24 bits of zeros. */
export function service(scheme: 'gsrn' | 'gsrnp', { name, company, reference, filter = 3 }: Tag): VectorCase {
  const reserved: Field = [0, 24]
  return {
    name,
    hex: memoryOf(scheme === 'gsrn' ? 0x2d : 0x2e, [...prefixOf(company, filter), [BigInt(reference), 58 - prefixBits(company)], reserved]),
    urn: `urn:epc:id:${scheme}:${company}.${reference}`,
    digitalLink: link(`${scheme === 'gsrn' ? '8018' : '8017'}/${withCheck(company + reference)}`)
  }
}

function component({ name, company, reference, serial = '0' }: Tag, header: number, fields: readonly (Field | string)[]): VectorCase {
  return {
    name,
    hex: memoryOf(header, fields),
    urn: `urn:epc:id:cpi:${company}.${escapeUrn(reference)}.${serial}`,
    digitalLink: link(`8010/${company}${escapePath(reference)}/8011/${serial}`)
  }
}

export const cpi96 = (tag: Tag): VectorCase =>
  component(tag, 0x3c, [
    ...prefixOf(tag.company, tag.filter ?? 3),
    [BigInt(tag.reference), 51 - prefixBits(tag.company)],
    [BigInt(tag.serial ?? '0'), 31]
  ])
export const cpiVar = (tag: Tag): VectorCase =>
  component(tag, 0x3d, [...prefixOf(tag.company, tag.filter ?? 3), sixBits(tag.reference), [0, 6], [BigInt(tag.serial ?? '0'), 40]])

export interface Piece extends Tag {
  readonly piece: number
  readonly total: number
}

function itip(tag: Piece, header: number, serial: Field | string): VectorCase {
  const { company, reference, piece, total } = tag
  const pieces = [piece, total].map((value) => String(value).padStart(2, '0'))
  return {
    name: tag.name,
    hex: memoryOf(header, [
      ...prefixOf(company, tag.filter ?? 3),
      [BigInt(reference), 44 - prefixBits(company)],
      [piece, 7],
      [total, 7],
      serial
    ]),
    urn: `urn:epc:id:itip:${company}.${reference}.${pieces.join('.')}.${escapeUrn(tag.serial ?? '')}`,
    digitalLink: link(
      `8006/${withCheck(reference.slice(0, 1) + company + reference.slice(1))}${pieces.join('')}/21/${escapePath(tag.serial ?? '')}`
    )
  }
}

export const itip110 = (tag: Piece): VectorCase => itip(tag, 0x40, [BigInt(tag.serial ?? '0'), 38])
export const itip212 = (tag: Piece): VectorCase => itip(tag, 0x41, sevenBits(tag.serial ?? '', 140))

/** No GS1 key: it names nothing that a Digital Link could. */
export function gid(name: string, manager: number, objectClass: number, serial: bigint): VectorCase {
  const fields: readonly Field[] = [
    [manager, 28],
    [objectClass, 24],
    [serial, 36]
  ]
  return { name, hex: memoryOf(0x35, fields), urn: `urn:epc:id:gid:${manager}.${objectClass}.${serial}` }
}

const link = (path: string): string => `https://id.gs1.org/${path}`

/** Modulo 10, weights 3 and 1 from the right (General Specifications §7.9). */
function withCheck(digits: string): string {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) sum += Number(digits.at(-1 - index)) * (index % 2 === 0 ? 3 : 1)
  return `${digits}${(1_000 - sum) % 10}`
}

function escapeUrn(text: string): string {
  return text.replaceAll(/["#%&/<>?]/g, percent)
}

/** All but the unreserved characters of RFC 3986 §2.3. */
function escapePath(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._~-]/g, percent)
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
