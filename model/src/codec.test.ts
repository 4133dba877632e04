/** Decodes messages, broken bytes and messages with faults. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileValidator, decodeJson, decodeMessage, encodeMessage } from './codec.ts'
import { ScanMessage } from './scan.ts'
import { State } from './state.ts'
import { readingsOf, seriesKeyOf, Telemetry } from './telemetry.ts'

const telemetry = compileValidator(Telemetry)
const state = compileValidator(State)
const head = { v: 1, boot: 'b1', seq: 7, timeMs: 1_763_900_000_000, timeQuality: 'synchronized' } as const

test('decodeJson() never throws, whatever the bytes', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof decodeJson(bytes).ok === 'boolean'))
})

test('decodeJson() tells bytes that are no UTF-8 from text that is no JSON', () => {
  const refusals = [
    [Uint8Array.of(0xff, 0xfe), 'PAYLOAD_NOT_UTF8'],
    [new TextEncoder().encode('{'), 'PAYLOAD_NOT_JSON'],
    [new Uint8Array(0), 'PAYLOAD_NOT_JSON']
  ] as const
  for (const [bytes, code] of refusals) {
    const decoded = decodeJson(bytes)
    assert.equal(decoded.ok ? 'decoded' : decoded.reason.code, code)
  }
  assert.deepEqual(decodeJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)), { ok: true, value: 1 })
})

test('decodeJson() refuses nesting that would exhaust the stack later', () => {
  for (const depth of [65, 100_000]) {
    const decoded = decodeJson(new TextEncoder().encode('['.repeat(depth) + ']'.repeat(depth)))
    assert.equal(decoded.ok ? 'decoded' : decoded.reason.code, 'PAYLOAD_TOO_DEEP', String(depth))
  }
  assert.ok(decodeJson(new TextEncoder().encode('['.repeat(64) + ']'.repeat(64))).ok)
  const disguised = `${'["]\\"]",'.repeat(100)}1${']'.repeat(100)}`
  assert.ok(!decodeJson(new TextEncoder().encode(disguised)).ok, 'brackets inside strings do not count')
  assert.ok(decodeJson(new TextEncoder().encode(JSON.stringify('['.repeat(1_000)))).ok)
})

test('a message that was encoded is decoded back', () => {
  const reading = fc.record(
    {
      metric: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
      value: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        fc.boolean(),
        fc.constant(null)
      ),
      unit: fc.constantFrom('Cel', '%', '1'),
      quality: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 9 as const)
    },
    { noNullPrototype: true }
  )
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1, maxLength: 20 }), fc.nat(Number.MAX_SAFE_INTEGER), (readings, seq) => {
      const message = { ...head, seq, readings }
      assert.deepEqual(decodeMessage(telemetry, encodeMessage(message)), { ok: true, value: message })
    })
  )
})

test('a refused message names the member, the value found and the value wanted', () => {
  const refusals = [
    [{ ...head }, '', 'the value has no member "readings", expected it'],
    [{ ...head, readings: [] }, '/readings', '/readings is an empty array, expected to not have fewer than 1 items'],
    [{ ...head, v: 2, readings: [{ metric: 'a', value: 1, unit: 'Cel', quality: 1 }] }, '/v', '/v is 2, expected 1'],
    [
      { ...head, readings: [{ metric: 'a', value: '1', unit: 'Cel', quality: 1 }] },
      '/readings/0/value',
      '/readings/0/value is "1", expected null exactly when quality is 9 (missing)'
    ],
    [
      { ...head, readings: [{ metric: 'a', value: 1, unit: 'Cel', quality: 5 }] },
      '/readings/0/quality',
      '/readings/0/quality is 5, expected one of 1, 2, 3, 4, 9'
    ],
    [{ ...head, readings: [{ metric: 'a', value: 1, unit: 'Cel', quality: 1, x: 1 }] }, '/readings/0/x', undefined]
  ] as const
  for (const [message, pointer, text] of refusals) {
    const decoded = decodeMessage(telemetry, encodeMessage(message))
    assert.ok(!decoded.ok)
    assert.equal(decoded.reason.pointer, pointer)
    if (text !== undefined) assert.equal(decoded.reason.message, text)
  }
})

test('a refused birth is explained as a birth, a refused death as a death', () => {
  const death = state.reasons({ v: 1, online: false })
  assert.deepEqual(
    death.map(({ pointer, message }) => [pointer, message]),
    [['', 'the value has no member "boot", expected it']]
  )
  const birth = state.reasons({ v: 1, online: true, boot: 'b', timeMs: 0, timeQuality: 'synchronized', capabilities: [], metrics: [] })
  assert.deepEqual(
    birth.map(({ message }) => message),
    ['the value has no member "identity", expected it']
  )
})

test('reasons() never gives more than asked for', () => {
  const bad = { ...head, readings: Array.from({ length: 50 }, () => ({ metric: 'a' })) }
  assert.equal(telemetry.reasons(bad, 3).length, 3)
  assert.equal(telemetry.reasons(bad).length, 10)
})

test('a scan names its symbology as ISO/IEC 15424 spells it', () => {
  const scan = compileValidator(ScanMessage)
  for (const symbology of [']C1', ']d2', ']Q3', 'epc']) assert.ok(scan.check({ ...head, scans: [{ symbology, data: '1' }] }).ok, symbology)
  for (const symbology of ['C1', ']C', 'EPC', '']) assert.ok(!scan.check({ ...head, scans: [{ symbology, data: '1' }] }).ok, symbology)
})

test('readingsOf() spells readings out: times, booleans and missing values', () => {
  const message = telemetry.check({
    ...head,
    readings: [
      { metric: 'temperature', value: -18.5, unit: 'Cel', quality: 1, timeMs: 5 },
      { metric: 'door.open', value: true, unit: '1', quality: 2 },
      { metric: 'humidity', value: null, unit: '%', quality: 1 }
    ]
  })
  assert.ok(message.ok)
  const readings = readingsOf(message.value, { point: 'store', device: 'plc' })
  assert.deepEqual(
    readings.map((reading) => [seriesKeyOf(reading), reading.timeMs, reading.value, reading.quality]),
    [
      ['store/plc/temperature', 5, -18.5, 1],
      ['store/plc/door.open', head.timeMs, 1, 2],
      ['store/plc/humidity', head.timeMs, Number.NaN, 9]
    ]
  )
})
