/**
 * Decodes the scan results of the AutoID companion specification (OPC 30010, model 1.01) field by field. The client library
 * numbers the optional fields of a structure that inherits optional fields from zero again, and so loses Symbology and
 * Grade; this decoder counts them over the whole inheritance (OPC 10000-6 §5.2.7). Pure: bytes in, result or reason out.
 */
import type { Decoded } from '@tracegate/model/codec'
import type { Scan } from '@tracegate/model/scan'
import { type BinaryReader, createBinaryReader } from './binary-reader.ts'
import { identifySymbology } from '../symbology.ts'

export const autoIdNamespace = 'http://opcfoundation.org/UA/AutoID/'

/** Numeric ids of the Default Binary encodings in the AutoID namespace. */
export const autoIdEncodings = {
  ScanResult: 5002,
  OcrScanResult: 5004,
  RfidScanResult: 5011,
  OpticalScanResult: 5040,
  RtlsLocationResult: 5048,
  OpticalVerifierScanResult: 5052
} as const

interface RfidSighting {
  readonly antenna: number
  readonly strengthDbm: number
  readonly timeMs: number | undefined
}

export interface AutoIdResult {
  readonly codeType: string
  readonly data:
    | { readonly type: 'bytes'; readonly bytes: Uint8Array }
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'epc'; readonly bytes: Uint8Array }
  readonly timeMs: number | undefined
  readonly symbology?: string | undefined
  readonly grade?: number
  readonly imageId?: string
  readonly sightings?: readonly RfidSighting[]
}

/** Most sightings of one tag that are read. */
const sightingsMax = 1_000

export function decodeAutoIdResult(encoding: number, bytes: Uint8Array): Decoded<AutoIdResult> {
  try {
    return readResult(encoding, createBinaryReader(bytes))
  } catch (error) {
    return refuse('AUTOID_UNREADABLE', error instanceof Error ? error.message : String(error))
  }
}

function readResult(encoding: number, reader: BinaryReader): Decoded<AutoIdResult> {
  const mask = reader.uint32()
  const codeType = reader.string() ?? ''
  const data = readScanData(reader)
  if (data === undefined) return refuse('AUTOID_CUSTOM_DATA', 'scan data is of a custom type, expected a byte string, a string or an EPC')
  const base = { codeType, data, timeMs: reader.dateTime() }
  if (mask & 1) skipLocation(reader)
  switch (encoding) {
    case autoIdEncodings.OpticalScanResult:
    case autoIdEncodings.OpticalVerifierScanResult:
      return { ok: true, value: { ...base, ...readOptical(mask, reader) } }
    case autoIdEncodings.RfidScanResult:
      return { ok: true, value: { ...base, sightings: readSightings(reader) } }
    case autoIdEncodings.ScanResult:
    case autoIdEncodings.OcrScanResult:
    case autoIdEncodings.RtlsLocationResult:
      return { ok: true, value: base }
    default:
      return refuse(
        'AUTOID_TYPE_UNKNOWN',
        `encoding of the scan result is ${encoding}, expected one of ${Object.values(autoIdEncodings).join(', ')}`
      )
  }
}

/** Bit 0 is the Location of ScanResult; Grade, Position, Symbology and ImageId follow. */
function readOptical(mask: number, reader: BinaryReader): Pick<AutoIdResult, 'grade' | 'symbology' | 'imageId'> {
  const grade = mask & 2 ? { grade: reader.float() } : {}
  if (mask & 4) reader.skip(20)
  const symbology = mask & 8 ? { symbology: reader.string() } : {}
  const imageId = mask & 16 ? { imageId: reader.nodeId() } : {}
  return { ...grade, ...symbology, ...imageId }
}

/** A union: which field follows stands before it. */
function readScanData(reader: BinaryReader): AutoIdResult['data'] | undefined {
  switch (reader.uint32()) {
    case 1:
      return { type: 'bytes', bytes: reader.byteString() ?? new Uint8Array() }
    case 2:
      return { type: 'text', text: reader.string() ?? '' }
    case 3: {
      reader.uint16()
      const bytes = reader.byteString() ?? new Uint8Array()
      reader.skip(4)
      return { type: 'epc', bytes }
    }
    default:
      return undefined
  }
}

function readSightings(reader: BinaryReader): RfidSighting[] {
  const count = Math.min(reader.int32(), sightingsMax)
  const sightings: RfidSighting[] = []
  for (let index = 0; index < count; index += 1) {
    const sighting = { antenna: reader.int32(), strengthDbm: reader.int32(), timeMs: reader.dateTime() }
    reader.int32()
    sightings.push(sighting)
  }
  return sightings
}

function skipLocation(reader: BinaryReader): void {
  switch (reader.uint32()) {
    case 1:
    case 4:
      reader.string()
      return
    case 2:
      reader.skip(3 * 8 + 8 + 8 + 4)
      return
    case 3:
      reader.string()
      reader.double()
      reader.string()
      reader.skip(8 + 8 + 8 + 8 + 4 + 4)
      return
    default:
  }
}

/** The scan as our wire carries it. */
export function scanOfResult(result: AutoIdResult, receivedAtMs: number): Decoded<Scan> {
  const timeMs = result.timeMs ?? receivedAtMs
  if (result.data.type === 'epc' || (result.data.type === 'bytes' && result.codeType.toUpperCase() === 'EPC')) {
    const best = result.sightings?.toSorted((left, right) => right.strengthDbm - left.strengthDbm)[0]
    const data = Buffer.from(result.data.bytes).toString('hex').toUpperCase()
    if (data === '') return refuse('AUTOID_EMPTY', 'the EPC is empty, expected its bytes')
    return { ok: true, value: { symbology: 'epc', data, timeMs, ...(best === undefined ? {} : sightingMembers(best)) } }
  }
  const text = result.data.type === 'text' ? result.data.text : new TextDecoder().decode(result.data.bytes)
  const name = result.symbology ?? (result.codeType === 'GS1' ? 'GS1-128' : undefined)
  const identified = identifySymbology(name, text)
  if (identified.data === '') return refuse('AUTOID_EMPTY', 'the scan data is empty, expected what was read')
  const grade = result.grade !== undefined && result.grade >= 0 && result.grade <= 4 ? { grade: round(result.grade) } : {}
  return { ok: true, value: { ...identified, timeMs, ...grade } }
}

function sightingMembers(sighting: RfidSighting): Pick<Scan, 'antenna' | 'signalDbm'> {
  return {
    ...(sighting.antenna >= 0 && sighting.antenna <= 65_535 ? { antenna: sighting.antenna } : {}),
    ...(sighting.strengthDbm >= -200 && sighting.strengthDbm <= 100 ? { signalDbm: sighting.strengthDbm } : {})
  }
}

/** A Float of the server carries seven digits; the rest is an artefact of the conversion. */
function round(value: number): number {
  return Number(value.toPrecision(7))
}

function refuse(
  code: string,
  message: string
): { readonly ok: false; readonly reason: { code: string; pointer: string; message: string } } {
  return { ok: false, reason: { code, pointer: '', message } }
}
