/** The AutoID decoder on bytes written by hand; `opcua.it.test.ts` has it on a real server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { autoIdEncodings, decodeAutoIdResult, scanOfResult } from './autoid-decoder.ts'

/** Writes the binary encoding, independently of the reader. */
class Writer {
  private readonly parts: Buffer[] = []
  uint32(value: number) {
    const part = Buffer.alloc(4)
    part.writeUInt32LE(value)
    this.parts.push(part)
    return this
  }
  int32(value: number) {
    const part = Buffer.alloc(4)
    part.writeInt32LE(value)
    this.parts.push(part)
    return this
  }
  uint16(value: number) {
    const part = Buffer.alloc(2)
    part.writeUInt16LE(value)
    this.parts.push(part)
    return this
  }
  float(value: number) {
    const part = Buffer.alloc(4)
    part.writeFloatLE(value)
    this.parts.push(part)
    return this
  }
  time(timeMs: number) {
    const part = Buffer.alloc(8)
    part.writeBigInt64LE(BigInt(timeMs) * 10_000n + 116_444_736_000_000_000n)
    this.parts.push(part)
    return this
  }
  bytes(value: Uint8Array) {
    this.int32(value.length)
    this.parts.push(Buffer.from(value))
    return this
  }
  string(value: string) {
    return this.bytes(Buffer.from(value))
  }
  raw(...values: number[]) {
    this.parts.push(Buffer.from(values))
    return this
  }
  end() {
    return Buffer.concat(this.parts)
  }
}

const timeMs = 1_700_000_000_123

test('optional fields are numbered over the inheritance: 0x0a is Grade and Symbology', () => {
  const bytes = new Writer().uint32(0x0a).string('RAW:STRING').uint32(2).string('(01)…').time(timeMs).float(3.5).string(']d2').end()
  const decoded = decodeAutoIdResult(autoIdEncodings.OpticalScanResult, bytes)
  assert.deepEqual(decoded, {
    ok: true,
    value: { codeType: 'RAW:STRING', data: { type: 'text', text: '(01)…' }, timeMs, grade: 3.5, symbology: ']d2' }
  })
})

test('all optional fields together, with every kind of location, leave the symbology in its place', () => {
  const locations: readonly ((writer: Writer) => Writer)[] = [
    (writer) => writer.uint32(1).string('$GPGGA'),
    (writer) => writer.uint32(2).raw(...new Array<number>(44).fill(7)),
    (writer) =>
      writer
        .uint32(3)
        .string('N')
        .raw(...new Array<number>(8).fill(1))
        .string('E')
        .raw(...new Array<number>(40).fill(1)),
    (writer) => writer.uint32(4).string('gate'),
    (writer) => writer.uint32(0)
  ]
  for (const location of locations) {
    const writer = new Writer().uint32(0x1f).string('GS1').uint32(2).string('x').time(timeMs)
    const bytes = location(writer)
      .float(1)
      .raw(...new Array<number>(20).fill(9))
      .string(']C1')
      .raw(3, 2, 0)
      .string('image')
      .end()
    const decoded = decodeAutoIdResult(autoIdEncodings.OpticalScanResult, bytes)
    assert.ok(decoded.ok)
    assert.equal(decoded.value.symbology, ']C1')
    assert.equal(decoded.value.imageId, 'ns=2;s=image')
  }
})

test('an RFID result gives the EPC in hex and the antenna that heard it best', () => {
  const writer = new Writer()
    .uint32(0)
    .string('EPC')
    .uint32(3)
    .uint16(0x3000)
    .bytes(Buffer.from('30f4', 'hex'))
    .uint16(0)
    .uint16(0)
    .time(timeMs)
  const bytes = writer.int32(2).int32(1).int32(-70).time(timeMs).int32(0).int32(2).int32(-40).time(timeMs).int32(0).end()
  const decoded = decodeAutoIdResult(autoIdEncodings.RfidScanResult, bytes)
  assert.ok(decoded.ok)
  assert.deepEqual(scanOfResult(decoded.value, 0), {
    ok: true,
    value: { symbology: 'epc', data: '30F4', timeMs, antenna: 2, signalDbm: -40 }
  })
})

test('a symbology identifier inside the data wins and is taken off', () => {
  const scan = scanOfResult({ codeType: 'GS1', data: { type: 'text', text: ']d20109506000134352' }, timeMs: undefined }, 5)
  assert.deepEqual(scan, { ok: true, value: { symbology: ']d2', data: '0109506000134352', timeMs: 5 } })
})

test('whatever the bytes, the decoder answers with a result or a reason', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(autoIdEncodings), -1),
      fc.uint8Array({ maxLength: 200, size: 'max' }),
      (encoding, bytes) => {
        const decoded = decodeAutoIdResult(encoding, bytes)
        assert.equal(typeof decoded.ok, 'boolean')
      }
    )
  )
})
