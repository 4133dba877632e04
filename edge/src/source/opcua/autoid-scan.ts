/** An AutoID result as the scan that our wire carries, and beside it what the wire has no place for. Pure. */
import type { Decoded } from '@tracegate/model/codec'
import type { Scan } from '@tracegate/model/scan'
import { identifySymbology } from '../symbology.ts'
import type { AutoIdResult, RfidSighting, ScanLocation } from './autoid-types.ts'

export interface TakenScan {
  readonly scan: Scan
  /** Extension members of the EPCIS event: `codeType`, `pc`, `sightings`, `position`, `imageId`, `location` and the like. */
  readonly details: Readonly<Record<string, unknown>>
}

/** The protocol control words that say which form the EPC has; 0 when the reader leaves them out. */
const numberingSystemBit = 0x0100

export function scanOfResult(result: AutoIdResult, receivedAtMs: number): Decoded<TakenScan> {
  const { data } = result
  const timeMs = result.timeMs !== undefined && result.timeMs >= 0 ? result.timeMs : receivedAtMs
  const details = detailsOf(result)
  if (data.type === 'custom')
    return refuse('AUTOID_CUSTOM_DATA', 'scan data is of a custom type, expected a byte string, a string or an EPC')
  if (data.type === 'epc' || (data.type === 'bytes' && isEpc(result.codeType))) {
    const best = result.sightings?.toSorted((left, right) => right.strengthDbm - left.strengthDbm)[0]
    const hex = Buffer.from(data.bytes).toString('hex').toUpperCase()
    if (hex === '') return refuse('AUTOID_EMPTY', 'the EPC is empty, expected its bytes')
    // ISO/IEC 15961 data (AFI) is no EPC, whatever its bytes look like (EPC Gen2 §6.3.2.1.2.2).
    const toggled = data.type === 'epc' && (data.pc & numberingSystemBit) !== 0
    if (toggled) return refuse('AUTOID_NOT_EPC', `PC word is 0x${data.pc.toString(16)}, expected the numbering system bit 0x0100 clear`)
    return { ok: true, value: { scan: { symbology: 'epc', data: hex, timeMs, ...(best === undefined ? {} : signalOf(best)) }, details } }
  }
  const text = data.type === 'text' ? data.text : new TextDecoder().decode(data.bytes)
  const name = result.symbology ?? (result.codeType === 'GS1' ? 'GS1-128' : undefined)
  const identified = identifySymbology(name, text)
  if (identified.data === '') return refuse('AUTOID_EMPTY', 'the scan data is empty, expected what was read')
  const grade = result.grade !== undefined && result.grade >= 0 && result.grade <= 4 ? { grade: asFloat(result.grade) } : {}
  return { ok: true, value: { scan: { ...identified, timeMs, ...grade }, details } }
}

function isEpc(codeType: string): boolean {
  return codeType.toUpperCase() === 'EPC'
}

function detailsOf(result: AutoIdResult): Record<string, unknown> {
  const { data, location, position, imageId, sightings, ocr, verifier, movement, symbology, grade } = result
  const details: Record<string, unknown> = {
    codeType: result.codeType === '' ? undefined : result.codeType,
    symbologyName: symbology,
    // A grade off the scale of the scan message is kept as the reader gave it.
    readerGrade: grade !== undefined && !(grade >= 0 && grade <= 4) && Number.isFinite(grade) ? asFloat(grade) : undefined,
    ...(data.type === 'epc' ? { pc: data.pc, xpcW1: data.xpcW1 || undefined, xpcW2: data.xpcW2 || undefined } : {}),
    location: location === undefined ? undefined : locationOf(location),
    position,
    imageId,
    sightings: sightings === undefined || sightings.length === 0 ? undefined : sightings.slice(0, sightingsKeptMax).map(sightingOf),
    sightingsLeftOut:
      sightings === undefined ? undefined : Math.max(0, sightings.length - sightingsKeptMax) + (result.sightingsLeftOut ?? 0) || undefined,
    ocr: ocr === undefined ? undefined : withTime(ocr, 'decodedAt', ocr.decodedAtMs, 'decodedAtMs'),
    verifier,
    movement: movement === undefined ? undefined : withTime(finite(movement), 'receivedAt', movement.receivedAtMs, 'receivedAtMs')
  }
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined))
}

/** Most sightings that go with one event; the strongest ones say what matters, and a payload has its limit. */
const sightingsKeptMax = 100

function sightingOf(sighting: RfidSighting): object {
  const { antenna, strengthDbm, powerLevel, timeMs } = sighting
  return { antenna, strengthDbm, powerLevel, ...(timeMs === undefined ? {} : { time: isoOf(timeMs) }) }
}

function locationOf(location: ScanLocation): object {
  if (location.type === 'nmea' || location.type === 'name') return location
  return withTime(finite(location), 'time', location.timeMs, 'timeMs')
}

/** JSON has no infinity and no NaN: such members are left out. */
function finite(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => typeof member !== 'number' || Number.isFinite(member)))
}

function withTime(value: object, name: string, timeMs: number | undefined, dropped: string): object {
  const members = Object.entries(value).filter(([member]) => member !== dropped)
  return { ...Object.fromEntries(members), ...(timeMs === undefined ? {} : { [name]: isoOf(timeMs) }) }
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function signalOf(sighting: RfidSighting): Pick<Scan, 'antenna' | 'signalDbm'> {
  return {
    ...(sighting.antenna >= 0 && sighting.antenna <= 65_535 ? { antenna: sighting.antenna } : {}),
    ...(sighting.strengthDbm >= -200 && sighting.strengthDbm <= 100 ? { signalDbm: sighting.strengthDbm } : {})
  }
}

/** A Float of the server carries seven digits; the rest is an artefact of the conversion. */
function asFloat(value: number): number {
  return Number(value.toPrecision(7))
}

function refuse(
  code: string,
  message: string
): { readonly ok: false; readonly reason: { code: string; pointer: string; message: string } } {
  return { ok: false, reason: { code, pointer: '', message } }
}
