/** The AutoID decoder on bytes written by hand after OPC 10000-6; `opcua.it.test.ts` has it on a real server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeAutoIdResult, sightingsMax } from './autoid-decoder.ts'
import { scanOfResult } from './autoid-scan.ts'
import { autoIdEncodings } from './autoid-types.ts'
import { BinaryWriter } from '../../testing/binary-writer.ts'

const timeMs = 1_700_000_000_123
const position = { x: 10, y: -20, width: 300, height: 40, rotationDegrees: -90 }

const head = (mask: number) => new BinaryWriter().uint32(mask).string('RAW:STRING').uint32(2).string('abc').time(timeMs)
const writePosition = (writer: BinaryWriter) => writer.int32(10).int32(-20).int32(300).int32(40).int32(-90)
const base = { codeType: 'RAW:STRING', data: { type: 'text', text: 'abc' }, timeMs }

test('TG-1004: optional fields are numbered over the inheritance: 0x0a is Grade and Symbology', () => {
  const decoded = decodeAutoIdResult(autoIdEncodings.OpticalScanResult, head(0x0a).float(3.5).string(']d2').end())
  assert.deepEqual(decoded, { ok: true, value: { ...base, grade: 3.5, symbology: ']d2' } })
})

test('TG-1004: each of the 32 masks of an optical result gives the fields of its bits, in their order', () => {
  for (let mask = 0; mask < 32; mask += 1) {
    const writer = head(mask)
    if (mask & 1) writer.uint32(4).string('dock 3')
    if (mask & 2) writer.float(2.5)
    if (mask & 4) writePosition(writer)
    if (mask & 8) writer.string('QR Code')
    if (mask & 16) writer.raw(3).uint16(2).string('image-7')
    assert.deepEqual(decodeAutoIdResult(autoIdEncodings.OpticalScanResult, writer.end()), {
      ok: true,
      value: {
        ...base,
        ...(mask & 1 ? { location: { type: 'name', name: 'dock 3' } } : {}),
        ...(mask & 2 ? { grade: 2.5 } : {}),
        ...(mask & 4 ? { position } : {}),
        ...(mask & 8 ? { symbology: 'QR Code' } : {}),
        ...(mask & 16 ? { imageId: 'ns=2;s=image-7' } : {})
      }
    })
  }
})

test('the nested unions: every kind of location is kept, and what follows stays in its place', () => {
  const kinds: readonly [(writer: BinaryWriter) => BinaryWriter, object | undefined][] = [
    [(writer) => writer.uint32(0), undefined],
    [(writer) => writer.uint32(1).string('$GPGGA,1'), { type: 'nmea', sentence: '$GPGGA,1' }],
    [
      (writer) => writer.uint32(2).double(1.5).double(-2).double(3).time(timeMs).double(0.5).int32(2),
      { type: 'local', x: 1.5, y: -2, z: 3, timeMs, dilutionOfPrecision: 0.5, usefulPrecision: 2 }
    ],
    [
      (writer) => writer.uint32(3).string('S').double(18.25).string('W').double(109.5).double(12).time(timeMs).double(1).int32(5).int32(1),
      {
        type: 'wgs84',
        latitude: -18.25,
        longitude: -109.5,
        altitudeM: 12,
        timeMs,
        dilutionOfPrecision: 1,
        usefulPrecisionLatLon: 5,
        usefulPrecisionAlt: 1
      }
    ],
    [(writer) => writer.uint32(4).string('gate'), { type: 'name', name: 'gate' }]
  ]
  for (const [write, location] of kinds) {
    const decoded = decodeAutoIdResult(autoIdEncodings.OpticalScanResult, write(head(0x09)).string(']C1').end())
    assert.deepEqual(decoded, { ok: true, value: { ...base, ...(location === undefined ? {} : { location }), symbology: ']C1' } })
  }
})

test('every kind of scan data is read, and the time after it', () => {
  const kinds: readonly [(writer: BinaryWriter) => BinaryWriter, object][] = [
    [(writer) => writer.uint32(0), { type: 'bytes', bytes: Uint8Array.of() }],
    [(writer) => writer.uint32(1).bytes(Uint8Array.of(1, 2)), { type: 'bytes', bytes: Buffer.of(1, 2) }],
    [(writer) => writer.uint32(2).string('冷链'), { type: 'text', text: '冷链' }],
    [
      (writer) => writer.uint32(3).uint16(0x3400).bytes(Uint8Array.of(0x30)).uint16(7).uint16(8),
      { type: 'epc', pc: 0x3400, bytes: Buffer.of(0x30), xpcW1: 7, xpcW2: 8 }
    ],
    // Custom: a variant with an extension object of a maker's own (OPC 10000-6 §5.2.2.15).
    [(writer) => writer.uint32(4).raw(22).raw(1, 4).uint16(99).raw(1).bytes(Uint8Array.of(5)), { type: 'custom', bytes: Buffer.of(5) }],
    [(writer) => writer.uint32(4).raw(11).double(1), { type: 'custom', bytes: Uint8Array.of() }]
  ]
  for (const [write, data] of kinds) {
    const decoded = decodeAutoIdResult(autoIdEncodings.ScanResult, write(new BinaryWriter().uint32(0).string('X')).time(timeMs).end())
    assert.ok(decoded.ok)
    assert.equal(decoded.value.timeMs, timeMs)
    assert.deepEqual({ ...decoded.value.data }, data)
  }
})

test('an OCR, a verifier and a locating result give their own fields', () => {
  const ocr = writePosition(head(0x06).raw(0, 9).raw(88)).string('OCR-B').time(timeMs).end()
  assert.deepEqual(decodeAutoIdResult(autoIdEncodings.OcrScanResult, ocr), {
    ok: true,
    value: { ...base, imageId: 'i=9', position, ocr: { quality: 88, font: 'OCR-B', decodedAtMs: timeMs } }
  })
  const verifier = head(0x08).string(']C1').string('A/05/660')
  for (let figure = 1; figure <= 8; figure += 1) verifier.uint16(figure)
  assert.deepEqual(decodeAutoIdResult(autoIdEncodings.OpticalVerifierScanResult, verifier.end()), {
    ok: true,
    value: {
      ...base,
      symbology: ']C1',
      verifier: {
        isoGrade: 'A/05/660',
        rMin: 1,
        symbolContrast: 2,
        ecMin: 3,
        modulation: 4,
        defects: 5,
        decodability: 6,
        decode: 7,
        printGain: 8
      }
    }
  })
  const located = head(0).double(1.5).double(90).double(1).double(2).double(3).time(timeMs).end()
  assert.deepEqual(decodeAutoIdResult(autoIdEncodings.RtlsLocationResult, located), {
    ok: true,
    value: { ...base, movement: { speedMps: 1.5, headingDegrees: 90, yaw: 1, pitch: 2, roll: 3, receivedAtMs: timeMs } }
  })
})

test('an RFID result keeps every sighting, and its scan names the antenna that heard it best', () => {
  const bytes = new BinaryWriter()
    .uint32(0)
    .string('EPC')
    .uint32(3)
    .uint16(0x3000)
    .bytes(Buffer.from('30f4', 'hex'))
    .uint16(0)
    .uint16(0)
    .time(timeMs)
    .int32(2)
  bytes.int32(1).int32(-70).time(timeMs).int32(27).int32(2).int32(-40).uint32(0).uint32(0).int32(30)
  const decoded = decodeAutoIdResult(autoIdEncodings.RfidScanResult, bytes.end())
  assert.ok(decoded.ok)
  assert.deepEqual(scanOfResult(decoded.value, 0), {
    ok: true,
    value: {
      scan: { symbology: 'epc', data: '30F4', timeMs, antenna: 2, signalDbm: -40 },
      details: {
        codeType: 'EPC',
        pc: 0x3000,
        sightings: [
          { antenna: 1, strengthDbm: -70, powerLevel: 27, time: new Date(timeMs).toISOString() },
          { antenna: 2, strengthDbm: -40, powerLevel: 30 }
        ]
      }
    }
  })
})

test('sightings past the limit are counted, not read', () => {
  const writer = new BinaryWriter().uint32(0).string('EPC').uint32(1).bytes(Uint8Array.of(1)).time(timeMs)
  writer.int32(sightingsMax + 3)
  for (let sighting = 0; sighting < sightingsMax + 3; sighting += 1) writer.int32(sighting).int32(-50).time(timeMs).int32(0)
  const decoded = decodeAutoIdResult(autoIdEncodings.RfidScanResult, writer.end())
  assert.ok(decoded.ok)
  assert.equal(decoded.value.sightings?.length, sightingsMax)
  assert.equal(decoded.value.sightingsLeftOut, 3)
})

test('a number of sightings that the bytes do not hold is a reason, not a wait', () => {
  const writer = new BinaryWriter().uint32(0).string('EPC').uint32(1).bytes(Uint8Array.of(1)).time(timeMs).int32(0x7fffffff)
  const decoded = decodeAutoIdResult(autoIdEncodings.RfidScanResult, writer.end())
  assert.ok(!decoded.ok)
  assert.equal(decoded.reason.code, 'AUTOID_UNREADABLE')
})

test('bytes of a newer model behind the known fields are let be', () => {
  const bytes = head(0x08).string(']d2').raw(1, 2, 3, 4, 5).end()
  assert.deepEqual(decodeAutoIdResult(autoIdEncodings.OpticalScanResult, bytes), { ok: true, value: { ...base, symbology: ']d2' } })
})

test('a result that is cut anywhere gives a reason, never a wrong field', () => {
  const bytes = writePosition(head(0x1f).uint32(4).string('gate').float(1)).string(']C1').raw(0, 9).end()
  for (let length = 0; length < bytes.length; length += 1) {
    const decoded = decodeAutoIdResult(autoIdEncodings.OpticalScanResult, bytes.subarray(0, length))
    assert.ok(!decoded.ok, `${length} of ${bytes.length} bytes`)
    assert.equal(decoded.reason.code, 'AUTOID_UNREADABLE')
  }
})

test('null strings and the null time are no values', () => {
  const bytes = new BinaryWriter().uint32(8).int32(-1).uint32(2).int32(-1).uint32(0).uint32(0).int32(-1).end()
  assert.deepEqual(decodeAutoIdResult(autoIdEncodings.OpticalScanResult, bytes), {
    ok: true,
    value: { codeType: '', data: { type: 'text', text: '' }, timeMs: undefined, symbology: '' }
  })
})

test('each of the six kinds of node id is read for the image', () => {
  const kinds: readonly [(writer: BinaryWriter) => BinaryWriter, string][] = [
    [(writer) => writer.raw(0, 200), 'i=200'],
    [(writer) => writer.raw(1, 3).uint16(4_000), 'ns=3;i=4000'],
    [(writer) => writer.raw(2).uint16(300).uint32(70_000), 'ns=300;i=70000'],
    [(writer) => writer.raw(3).uint16(2).string('ü'), 'ns=2;s=ü'],
    [
      (writer) =>
        writer.raw(4).uint16(2).raw(0x91, 0x2b, 0x96, 0x72, 0x75, 0xfa, 0xe6, 0x4a, 0x8d, 0x28, 0xb4, 0x04, 0xdc, 0x7d, 0xaf, 0x63),
      'ns=2;g=72962b91-fa75-4ae6-8d28-b404dc7daf63'
    ],
    [
      (writer) =>
        writer
          .raw(5)
          .uint16(2)
          .bytes(Uint8Array.of(1, 2, 3)),
      'ns=2;b=AQID'
    ]
  ]
  for (const [write, imageId] of kinds) {
    const decoded = decodeAutoIdResult(autoIdEncodings.OpticalScanResult, write(head(0x10)).end())
    assert.ok(decoded.ok)
    assert.equal(decoded.value.imageId, imageId)
  }
})

test('a symbology identifier inside the data wins and is taken off', () => {
  const taken = scanOfResult({ codeType: 'GS1', data: { type: 'text', text: ']d20109506000134352' }, timeMs: undefined }, 5)
  assert.deepEqual(taken, {
    ok: true,
    value: { scan: { symbology: ']d2', data: '0109506000134352', timeMs: 5 }, details: { codeType: 'GS1' } }
  })
})

test('a tag whose PC word says ISO data is no EPC', () => {
  const taken = scanOfResult({ codeType: 'EPC', data: { type: 'epc', pc: 0x3100, bytes: Uint8Array.of(1), xpcW1: 0, xpcW2: 0 }, timeMs }, 5)
  assert.ok(!taken.ok)
  assert.equal(taken.reason.code, 'AUTOID_NOT_EPC')
})

test('whatever the bytes, the decoder answers with a result or a reason, and its details are JSON', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<number>(...Object.values(autoIdEncodings), -1),
      fc.uint8Array({ maxLength: 200, size: 'max' }),
      fc.boolean(),
      (encoding, random, withHead) => {
        const bytes = withHead ? Buffer.concat([head(random[0] ?? 0).end(), random]) : random
        const decoded = decodeAutoIdResult(encoding, bytes)
        if (!decoded.ok) return assert.equal(decoded.reason.message === '', false)
        const taken = scanOfResult(decoded.value, 0)
        if (taken.ok) assert.deepEqual(JSON.parse(JSON.stringify(taken.value)), structuredClone(taken.value))
      }
    ),
    { numRuns: 2_000 }
  )
})
