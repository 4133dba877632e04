/**
 * Decodes the scan results of AutoID readers (OPC 30010) field by field. Optional fields have their bits in one mask that counts over the
 * whole inheritance, a supertype's first (OPC 10000-6 §5.2.7); client libraries are known to start anew with each subtype, and so lose Symbology
 * and Grade. The layout is that of the companion specification, whatever base type a server reports for it. Pure: bytes in, result or reason out.
 */
import type { Decoded } from '@tracegate/model/codec'
import {
  autoIdEncodings,
  type AutoIdResult,
  type CodePosition,
  type RfidSighting,
  type ScanContent,
  type ScanLocation,
  verifierFigures
} from './autoid-types.ts'
import { type BinaryReader, createBinaryReader } from './binary-reader.ts'

/** Most sightings of one tag that are read; the others are counted. */
export const sightingsMax = 1_000
const sightingBytes = 4 + 4 + 8 + 4

/** Bytes behind the last known field are let be: a newer model may have added them. */
export function decodeAutoIdResult(encoding: number, bytes: Uint8Array): Decoded<AutoIdResult> {
  try {
    return readResult(encoding, createBinaryReader(bytes))
  } catch (error) {
    return refuse('AUTOID_UNREADABLE', error instanceof Error ? error.message : String(error))
  }
}

function readResult(encoding: number, reader: BinaryReader): Decoded<AutoIdResult> {
  if (!Object.values<number>(autoIdEncodings).includes(encoding))
    return refuse(
      'AUTOID_TYPE_UNKNOWN',
      `encoding of the scan result is ${encoding}, expected one of ${Object.values(autoIdEncodings).join(', ')}`
    )
  const mask = reader.uint32()
  const codeType = reader.string() ?? ''
  const data = readContent(reader)
  if (data === undefined) return refuse('AUTOID_DATA_UNKNOWN', 'the scan data is of no kind of the union, expected kind 0 to 4')
  const timeMs = reader.dateTime()
  const base = { codeType, data, timeMs, ...(mask & 1 ? readLocation(reader) : {}) }
  switch (encoding) {
    case autoIdEncodings.OpticalScanResult:
      return { ok: true, value: { ...base, ...readOptical(mask, reader) } }
    case autoIdEncodings.OpticalVerifierScanResult:
      return { ok: true, value: { ...base, ...readOptical(mask, reader), verifier: readVerifier(reader) } }
    case autoIdEncodings.RfidScanResult:
      return { ok: true, value: { ...base, ...readSightings(reader) } }
    case autoIdEncodings.OcrScanResult:
      return { ok: true, value: { ...base, ...readOcr(mask, reader) } }
    case autoIdEncodings.RtlsLocationResult:
      return { ok: true, value: { ...base, movement: readMovement(reader) } }
    default:
      return { ok: true, value: base }
  }
}

/** Bit 0 is the Location of ScanResult; Grade, Position, Symbology and ImageId follow as bits 1 to 4. */
function readOptical(mask: number, reader: BinaryReader): Pick<AutoIdResult, 'grade' | 'position' | 'symbology' | 'imageId'> {
  const grade = mask & 2 ? { grade: reader.float() } : {}
  const position = mask & 4 ? { position: readPosition(reader) } : {}
  const symbology = mask & 8 ? { symbology: reader.string() ?? '' } : {}
  const imageId = mask & 16 ? { imageId: reader.nodeId() } : {}
  return { ...grade, ...position, ...symbology, ...imageId }
}

/** ImageId, Quality and Position are mandatory here; Font and DecodingTime are bits 1 and 2. */
function readOcr(mask: number, reader: BinaryReader): Pick<AutoIdResult, 'imageId' | 'position' | 'ocr'> {
  const imageId = reader.nodeId()
  const quality = reader.byte()
  const position = readPosition(reader)
  const font = mask & 2 ? { font: reader.string() ?? '' } : {}
  const decodedAtMs = mask & 4 ? reader.dateTime() : undefined
  return { imageId, position, ocr: { quality, ...font, ...(decodedAtMs === undefined ? {} : { decodedAtMs }) } }
}

function readVerifier(reader: BinaryReader): NonNullable<AutoIdResult['verifier']> {
  const isoGrade = reader.string() ?? ''
  const figures = { rMin: 0, symbolContrast: 0, ecMin: 0, modulation: 0, defects: 0, decodability: 0, decode: 0, printGain: 0 }
  for (const name of verifierFigures) figures[name] = reader.int16()
  return { isoGrade, ...figures }
}

function readMovement(reader: BinaryReader): NonNullable<AutoIdResult['movement']> {
  const movement = {
    speedMps: reader.double(),
    headingDegrees: reader.double(),
    yaw: reader.double(),
    pitch: reader.double(),
    roll: reader.double()
  }
  const receivedAtMs = reader.dateTime()
  return { ...movement, ...(receivedAtMs === undefined ? {} : { receivedAtMs }) }
}

function readPosition(reader: BinaryReader): CodePosition {
  return { x: reader.int32(), y: reader.int32(), width: reader.int32(), height: reader.int32(), rotationDegrees: reader.int32() }
}

/** A union: which field follows stands before it (OPC 10000-6 §5.2.8); 0 is none. */
function readContent(reader: BinaryReader): ScanContent | undefined {
  switch (reader.uint32()) {
    case 0:
      return { type: 'bytes', bytes: new Uint8Array() }
    case 1:
      return { type: 'bytes', bytes: reader.byteString() ?? new Uint8Array() }
    case 2:
      return { type: 'text', text: reader.string() ?? '' }
    case 3:
      return {
        type: 'epc',
        pc: reader.uint16(),
        bytes: reader.byteString() ?? new Uint8Array(),
        xpcW1: reader.uint16(),
        xpcW2: reader.uint16()
      }
    case 4:
      return { type: 'custom', bytes: skipVariant(reader) }
    default:
      return undefined
  }
}

/** The bytes of the scalar built-in types with a fixed size, by their id (OPC 10000-6 table 1). */
const fixedBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 4,
  8: 8,
  9: 8,
  10: 4,
  11: 8,
  13: 8,
  14: 16,
  19: 4
}

/**
 * `Custom` is of BaseDataType, that is a Variant (OPC 10000-6 §5.2.2.16). Its length must be known for what follows; arrays of a maker's own types
 * are refused. Returns the text or bytes of a scalar, empty for others.
 */
function skipVariant(reader: BinaryReader): Uint8Array {
  const type = reader.byte()
  if (type === 0) return new Uint8Array()
  const fixed = fixedBytes[type]
  if (fixed !== undefined) {
    reader.skip(fixed)
    return new Uint8Array()
  }
  if (type === 12 || type === 15 || type === 16) return reader.byteString() ?? new Uint8Array()
  if (type === 22) return reader.extensionObject().body ?? new Uint8Array()
  throw new RangeError(`Cannot read AutoID result: custom data is of built-in type ${type}, expected a scalar, a string or a structure`)
}

function readSightings(reader: BinaryReader): Pick<AutoIdResult, 'sightings' | 'sightingsLeftOut'> {
  const count = Math.max(0, reader.int32())
  const read = Math.min(count, sightingsMax)
  const sightings: RfidSighting[] = []
  for (let index = 0; index < read; index += 1)
    sightings.push({ antenna: reader.int32(), strengthDbm: reader.int32(), timeMs: reader.dateTime(), powerLevel: reader.int32() })
  reader.skip((count - read) * sightingBytes)
  return { sightings, ...(count > read ? { sightingsLeftOut: count - read } : {}) }
}

function readLocation(reader: BinaryReader): { location?: ScanLocation } {
  const kind = reader.uint32()
  switch (kind) {
    case 0:
      return {}
    case 1:
      return { location: { type: 'nmea', sentence: reader.string() ?? '' } }
    case 2: {
      const place = { type: 'local' as const, x: reader.double(), y: reader.double(), z: reader.double() }
      return {
        location: { ...place, ...time(reader), dilutionOfPrecision: reader.double(), usefulPrecision: reader.int32() }
      }
    }
    case 3:
      return { location: readWgs84(reader) }
    case 4:
      return { location: { type: 'name', name: reader.string() ?? '' } }
    default:
      throw new RangeError(`Cannot read AutoID result: the location is of kind ${kind}, expected 0 to 4`)
  }
}

function readWgs84(reader: BinaryReader): ScanLocation {
  const south = reader.string()?.toUpperCase() === 'S'
  const latitude = reader.double()
  const west = reader.string()?.toUpperCase() === 'W'
  const longitude = reader.double()
  return {
    type: 'wgs84',
    latitude: south ? -Math.abs(latitude) : latitude,
    longitude: west ? -Math.abs(longitude) : longitude,
    altitudeM: reader.double(),
    ...time(reader),
    dilutionOfPrecision: reader.double(),
    usefulPrecisionLatLon: reader.int32(),
    usefulPrecisionAlt: reader.int32()
  }
}

function time(reader: BinaryReader): { timeMs?: number } {
  const timeMs = reader.dateTime()
  return timeMs === undefined ? {} : { timeMs }
}

function refuse(
  code: string,
  message: string
): { readonly ok: false; readonly reason: { code: string; pointer: string; message: string } } {
  return { ok: false, reason: { code, pointer: '', message } }
}
