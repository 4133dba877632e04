/**
 * Vectors of AutoID scan results in OPC UA binary (OPC 30010 model 1.01; OPC 10000-6 §5.2.6 structures, §5.2.7 optional fields, §5.2.8 unions),
 * written from the field order of the published NodeSet: a subtype's optional fields take the mask bits behind those of its supertype.
 */
import { opcua, textHex, type VectorCase, type VectorPair } from './vector.ts'

const timeMs = 1_795_458_600_123
const { byte, byteString, double, float, int16, int32, string, time, uint16, uint32 } = opcua

/** Mask bits. Bit 0 is Location of ScanResult in every subtype. */
const bit = { location: 1, grade: 2, position: 4, symbology: 8, imageId: 16, font: 2, decodingTime: 4 } as const

const asText = (text: string): string => uint32(2) + string(text)
const asBytes = (hex: string): string => uint32(1) + byteString(hex)
const epcHex = '3074257bf7194e4000001a85'
const asEpc = uint32(3) + uint16(0x3000) + byteString(epcHex) + uint16(0x0201) + uint16(0x8000)

/** Mask, CodeType, ScanData, Timestamp: what every result begins with. */
const base = (mask: number, codeType: string, data: string): string => uint32(mask) + string(codeType) + data + time(timeMs)
const gs1 = '0109521234543213\u001d21A1'
const baseResult = { codeType: 'RAW:STRING', data: { type: 'text', text: gs1 }, timeMs }
const optical = (mask: number, fields: string): string => base(mask, 'RAW:STRING', asText(gs1)) + fields

const position = int32(120) + int32(-80) + int32(640) + int32(480) + int32(-90)
const positionResult = { x: 120, y: -80, width: 640, height: 480, rotationDegrees: -90 }
const grade = float(3.5)
const symbology = string(']d2')
const imageId = `02${uint16(3)}${uint32(70_000)}`

const locations = {
  nmea: { hex: uint32(1) + string('$GPGLL,3113.8,N,12128.4,E'), result: { type: 'nmea', sentence: '$GPGLL,3113.8,N,12128.4,E' } },
  local: {
    hex: uint32(2) + double(1.5) + double(-2.25) + double(0) + time(timeMs) + double(0.5) + int32(2),
    result: { type: 'local', x: 1.5, y: -2.25, z: 0, timeMs, dilutionOfPrecision: 0.5, usefulPrecision: 2 }
  },
  wgs84: {
    hex: uint32(3) + string('S') + double(33.75) + string('W') + double(70.5) + double(12) + time(null) + double(1) + int32(6) + int32(1),
    result: {
      type: 'wgs84',
      latitude: -33.75,
      longitude: -70.5,
      altitudeM: 12,
      dilutionOfPrecision: 1,
      usefulPrecisionLatLon: 6,
      usefulPrecisionAlt: 1
    }
  },
  name: { hex: uint32(4) + string('闸口 3'), result: { type: 'name', name: '闸口 3' } }
} as const

const taken = (name: string, type: string, hex: string, result: object): VectorCase => ({ name, type, hex, result })

/** Each optional field of an optical result by its bit; the order of the list is that of the encoding. */
const optionalFields = [
  [bit.location, locations.name.hex, { location: locations.name.result }],
  [bit.grade, grade, { grade: 3.5 }],
  [bit.position, position, { position: positionResult }],
  [bit.symbology, symbology, { symbology: ']d2' }],
  [bit.imageId, imageId, { imageId: 'ns=3;i=70000' }]
] as const

/** All 32 sets of optional fields: only the right order of bits and fields reads every one of them. */
const opticalSets: readonly VectorCase[] = Array.from({ length: 32 }, (_, mask) => {
  const present = optionalFields.filter(([own]) => (mask & own) !== 0)
  return taken(
    `OpticalScanResult with mask 0x${mask.toString(16).padStart(2, '0')}`,
    'OpticalScanResult',
    optical(mask, present.map(([, hex]) => hex).join('')),
    Object.assign({ ...baseResult }, ...present.map(([, , result]) => result))
  )
})

const scanData: readonly VectorCase[] = [
  taken('a string', 'ScanResult', base(0, 'RAW:STRING', asText(gs1)), baseResult),
  taken('an empty string', 'ScanResult', base(0, 'RAW:STRING', asText('')), { ...baseResult, data: { type: 'text', text: '' } }),
  taken('a string in UTF-8', 'ScanResult', base(0, 'RAW:STRING', asText('冷库 🧊')), {
    ...baseResult,
    data: { type: 'text', text: '冷库 🧊' }
  }),
  taken('bytes', 'ScanResult', base(0, 'RAW:BYTES', asBytes(textHex(gs1))), {
    codeType: 'RAW:BYTES',
    data: { type: 'bytes', hex: textHex(gs1) },
    timeMs
  }),
  taken('a null byte string', 'ScanResult', base(0, 'RAW:BYTES', uint32(1) + byteString(null)), {
    codeType: 'RAW:BYTES',
    data: { type: 'bytes', hex: '' },
    timeMs
  }),
  taken('a union without a field', 'ScanResult', base(0, 'RAW:BYTES', uint32(0)), {
    codeType: 'RAW:BYTES',
    data: { type: 'bytes', hex: '' },
    timeMs
  }),
  taken('an EPC with its control words', 'ScanResult', base(0, 'EPC', asEpc), {
    codeType: 'EPC',
    data: { type: 'epc', pc: 0x3000, hex: epcHex, xpcW1: 0x0201, xpcW2: 0x8000 },
    timeMs
  }),
  taken('a custom string', 'ScanResult', base(0, 'CUSTOM:acme', uint32(4) + byte(12) + string('x')), {
    codeType: 'CUSTOM:acme',
    data: { type: 'custom', hex: '78' },
    timeMs
  }),
  taken('a null code type', 'ScanResult', uint32(0) + string(null) + asText(gs1) + time(timeMs), { ...baseResult, codeType: '' }),
  taken('a null time', 'ScanResult', uint32(0) + string('RAW:STRING') + asText(gs1) + time(null), {
    codeType: 'RAW:STRING',
    data: { type: 'text', text: gs1 }
  }),
  ...Object.entries(locations).map(([kind, { hex, result }]) =>
    taken(`location ${kind}`, 'ScanResult', base(bit.location, 'RAW:STRING', asText(gs1)) + hex, { ...baseResult, location: result })
  )
]

const nodeIds: readonly VectorCase[] = (
  [
    ['two bytes', '0005', 'i=5'],
    ['four bytes', `0102${uint16(1025)}`, 'ns=2;i=1025'],
    ['a string', `03${uint16(2)}${string('Images/7')}`, 'ns=2;s=Images/7'],
    ['a GUID', `04${uint16(2)}913a82725d3b0b4c8d1e0a1b2c3d4e5f`, 'ns=2;g=72823a91-3b5d-4c0b-8d1e-0a1b2c3d4e5f'],
    ['opaque bytes', `05${uint16(2)}${byteString('0001feff')}`, 'ns=2;b=AAH+/w==']
  ] as const
).map(([name, hex, text]) =>
  taken(`an image id of ${name}`, 'OpticalScanResult', optical(bit.imageId, hex), { ...baseResult, imageId: text })
)

const epcBase = { codeType: 'EPC', data: { type: 'epc', pc: 0x3000, hex: epcHex, xpcW1: 0x0201, xpcW2: 0x8000 }, timeMs }
const rfid = (mask: number, fields: string): string => base(mask, 'EPC', asEpc) + fields
const sighting = (antenna: number, strength: number): string => int32(antenna) + int32(strength) + time(timeMs) + int32(27)
const sightingResult = (antenna: number, strengthDbm: number) => ({ antenna, strengthDbm, timeMs, powerLevel: 27 })

const others: readonly VectorCase[] = [
  taken('one sighting', 'RfidScanResult', rfid(0, int32(1) + sighting(1, -58)), { ...epcBase, sightings: [sightingResult(1, -58)] }),
  taken('three sightings', 'RfidScanResult', rfid(0, int32(3) + sighting(1, -58) + sighting(2, -71) + sighting(0, 0)), {
    ...epcBase,
    sightings: [sightingResult(1, -58), sightingResult(2, -71), sightingResult(0, 0)]
  }),
  taken('no sighting', 'RfidScanResult', rfid(0, int32(0)), { ...epcBase, sightings: [] }),
  taken('a null array of sightings', 'RfidScanResult', rfid(0, int32(-1)), { ...epcBase, sightings: [] }),
  taken('a location before the sightings', 'RfidScanResult', rfid(bit.location, locations.local.hex + int32(1) + sighting(4, -40)), {
    ...epcBase,
    location: locations.local.result,
    sightings: [sightingResult(4, -40)]
  }),
  taken('a recognised text', 'OcrScanResult', base(0, 'RAW:STRING', asText('ABCU 123456 0')) + imageId + byte(97) + position, {
    ...baseResult,
    data: { type: 'text', text: 'ABCU 123456 0' },
    imageId: 'ns=3;i=70000',
    position: positionResult,
    ocr: { quality: 97 }
  }),
  taken(
    'a recognised text with font and time: bits 1 and 2',
    'OcrScanResult',
    base(bit.font | bit.decodingTime, 'RAW:STRING', asText('A')) + imageId + byte(0) + position + string('OCR-B') + time(timeMs),
    {
      ...baseResult,
      data: { type: 'text', text: 'A' },
      imageId: 'ns=3;i=70000',
      position: positionResult,
      ocr: { quality: 0, font: 'OCR-B', decodedAtMs: timeMs }
    }
  ),
  taken(
    'a verified code: the figures follow the optional fields of the supertype',
    'OpticalVerifierScanResult',
    optical(bit.grade | bit.symbology, grade + symbology) +
      string('3.5/06/660') +
      [70, 80, 60, 75, 90, 85, 100, -3].map((figure) => int16(figure)).join(''),
    {
      ...baseResult,
      grade: 3.5,
      symbology: ']d2',
      verifier: {
        isoGrade: '3.5/06/660',
        rMin: 70,
        symbolContrast: 80,
        ecMin: 60,
        modulation: 75,
        defects: 90,
        decodability: 85,
        decode: 100,
        printGain: -3
      }
    }
  ),
  taken(
    'a moving tag',
    'RtlsLocationResult',
    base(bit.location, 'RAW:STRING', asText('T1')) +
      locations.wgs84.hex +
      [1.5, 270, 0, 0.25, -0.25].map((value) => double(value)).join('') +
      time(timeMs),
    {
      ...baseResult,
      data: { type: 'text', text: 'T1' },
      location: locations.wgs84.result,
      movement: { speedMps: 1.5, headingDegrees: 270, yaw: 0, pitch: 0.25, roll: -0.25, receivedAtMs: timeMs }
    }
  )
]

const refused = (name: string, type: string, hex: string, reason = 'AUTOID_UNREADABLE'): VectorCase => ({ name, type, hex, reason })
const whole = optical(31, locations.wgs84.hex + grade + position + symbology + imageId)
/** One byte less than each field needs: no reader may make up the rest. */
const cuts = [0, 2, 3, 4, 8, 14, 18, 20, 22, 60, whole.length / 2 - 1]

export const autoIdVectors: VectorPair = {
  valid: {
    kind: 'autoid',
    about: 'Scan results of AutoID readers in OPC UA binary, and their fields.',
    cases: [...scanData, ...opticalSets, ...nodeIds, ...others]
  },
  invalid: {
    kind: 'autoid',
    about: 'Bytes that are no scan result. `reason` is what the edge agent answers.',
    cases: [
      ...cuts.map((bytes) => refused(`cut off after ${bytes} bytes`, 'OpticalScanResult', whole.slice(0, bytes * 2))),
      refused('the mask promises a grade that is not there', 'OpticalScanResult', optical(bit.grade, '')),
      refused('a string longer than the bytes', 'ScanResult', uint32(0) + int32(1_000) + textHex('RAW')),
      refused('a string of 2^31 - 1 bytes', 'ScanResult', `${uint32(0)}ffffff7f`),
      refused('a union of an unknown kind', 'ScanResult', base(0, 'RAW:STRING', uint32(5) + string('x')), 'AUTOID_DATA_UNKNOWN'),
      refused('a location of an unknown kind', 'ScanResult', base(bit.location, 'RAW:STRING', asText(gs1)) + uint32(5)),
      refused('a node id of an unknown encoding', 'OpticalScanResult', optical(bit.imageId, '0600')),
      refused('more sightings than bytes', 'RfidScanResult', rfid(0, int32(2) + sighting(1, -58))),
      refused('2^31 - 1 sightings', 'RfidScanResult', rfid(0, `ffffff7f${sighting(1, -58)}`)),
      refused('a sighting without its power level', 'RfidScanResult', rfid(0, int32(1) + sighting(1, -58).slice(0, -8))),
      refused('an OCR result without its position', 'OcrScanResult', base(0, 'RAW:STRING', asText('A')) + imageId + byte(1))
    ]
  }
}
