/** Messages that the vectors of payloads vary, as plain values, and their writing as JSON or CBOR by means of our own. */
import { cbor, textHex, type VectorCase } from './vector.ts'

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain }
export type PlainObject = { readonly [name: string]: Plain }

const timeMs = 1_795_458_600_000

export const head: PlainObject = { v: 1, boot: 'b-20261123-01', seq: 42, timeMs, timeQuality: 'synchronized' }
export const reading: PlainObject = { metric: 'temperature', value: -18.4, unit: 'Cel', quality: 1 }
export const scan: PlainObject = { symbology: ']d2', data: '010952123454321321A1' }
export const objectEvent: PlainObject = {
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'ObjectEvent',
  eventTime: '2026-11-23T18:30:00.000Z',
  eventTimeZoneOffset: '+08:00',
  epcList: ['https://id.gs1.org/01/09521234543213/21/A1'],
  action: 'OBSERVE',
  bizStep: 'arriving',
  readPoint: { id: 'https://id.gs1.org/414/9521234000013' }
}
export const identity: PlainObject = { manufacturer: 'Example Instruments', model: 'TH-2', serialNumber: 'S-0001', firmware: '1.4.0' }
export const birth: PlainObject = {
  v: 1,
  online: true,
  boot: 'b-20261123-01',
  timeMs,
  timeQuality: 'synchronized',
  identity,
  capabilities: ['telemetry'],
  metrics: [{ metric: 'temperature', unit: 'Cel' }]
}
export const death: PlainObject = { v: 1, online: false, boot: 'b-20261123-01' }
export const order: PlainObject = { v: 1, id: 'o-1', issuedAtMs: timeMs, deadlineMs: timeMs + 30_000 }
export const reply: PlainObject = { v: 1, id: 'o-1', status: 'done', timeMs }
export const committed: PlainObject = { v: 1, boot: 'b-20261123-01', upTo: 42 }

export const telemetry = (...readings: readonly Plain[]): PlainObject => ({ ...head, readings })
export const scans = (...list: readonly Plain[]): PlainObject => ({ ...head, scans: list })
export const eventOf = (epcis: Plain): PlainObject => ({ ...head, epcis })

/** The member left out. */
export function without(value: PlainObject, name: string): PlainObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
}

/** A value so many levels deep: arrays around a 0. */
export function nested(levels: number): Plain {
  return levels === 0 ? 0 : [nested(levels - 1)]
}

/** CBOR with integers as integers, everything else that is a number as a float of 64 bits, members in their order. */
export function cborOf(value: Plain): string {
  if (value === null) return cbor.null
  if (typeof value === 'boolean') return value ? cbor.true : cbor.false
  if (typeof value === 'number') return Number.isSafeInteger(value) ? cbor.int(value) : cbor.float64(value)
  if (typeof value === 'string') return cbor.text(value)
  if (isList(value)) return cbor.array(...value.map((item) => cborOf(item)))
  return cbor.map(...Object.entries(value).map(([name, item]): [string, string] => [name, cborOf(item)]))
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

/** The CBOR map of a message with one member's item given as it stands. */
export function cborWith(value: PlainObject, name: string, item: string): string {
  return cbor.map(
    ...Object.entries({ ...value, [name]: null }).map(([key, own]): [string, string] => [key, key === name ? item : cborOf(own)])
  )
}

export const json = (name: string, channel: string, value: PlainObject): VectorCase =>
  jsonText(name, channel, { text: JSON.stringify(value), value })

/** JSON as it is typed, and what it says. */
export function jsonText(
  name: string,
  channel: string,
  { text, value }: { readonly text: string; readonly value: PlainObject }
): VectorCase {
  return { name, channel, encoding: 'json', hex: textHex(text), value }
}

export const inCbor = (name: string, channel: string, value: PlainObject): VectorCase =>
  cborHex(name, channel, { hex: cborOf(value), value })

export function cborHex(name: string, channel: string, { hex, value }: { readonly hex: string; readonly value: PlainObject }): VectorCase {
  return { name, channel, encoding: 'cbor', hex, value }
}
