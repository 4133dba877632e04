/** The pure parts of both sources: payloads, pointers, topics, symbologies, status codes, addresses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { atPointer } from '../json-pointer.ts'
import { readPayload } from './mqtt-format.ts'
import { numberOfValue, qualityOfStatus, timeOfValue } from '../opcua/opcua-value.ts'
import { withNamespaceIndexes } from '../opcua/node-address.ts'
import { identifySymbology } from '../symbology.ts'
import { compileTopicPattern } from './topic-pattern.ts'

const format = { type: 'json', readings: [{ pointer: '/a/0', metric: 'm', unit: 'Cel', scale: 2 }] } as const
const context = { device: 'd1', receivedAtMs: 1_000 }

function read(payload: unknown) {
  return readPayload({ ...format, readings: [...format.readings] }, Buffer.from(JSON.stringify(payload)), context)
}

test('readPayload() scales numbers, numeric text and booleans, and takes null for a missing value', () => {
  const values: readonly (readonly [unknown, number, number])[] = [
    [2.5, 5, 2],
    ['2.5', 5, 2],
    [true, 2, 2],
    [null, Number.NaN, 9]
  ]
  for (const [value, expected, quality] of values)
    assert.deepEqual(read({ a: [value] }), {
      ok: true,
      value: { type: 'readings', readings: [{ device: 'd1', metric: 'm', unit: 'Cel', timeMs: 1_000, value: expected, quality }] }
    })
})

test('readPayload() never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(typeof readPayload({ type: 'tracegate' }, bytes, context).ok, 'boolean')
    })
  )
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.equal(typeof readPayload({ ...format, readings: [...format.readings] }, Buffer.from(text), context).ok, 'boolean')
    })
  )
})

test('atPointer() follows RFC 6901', () => {
  const value = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'm~n': 8, ' ': 7 }
  assert.equal(atPointer(value, '/foo/0'), 'bar')
  assert.equal(atPointer(value, '/'), 0)
  assert.equal(atPointer(value, '/a~1b'), 1)
  assert.equal(atPointer(value, '/m~0n'), 8)
  assert.equal(atPointer(value, '/foo/01'), undefined)
  assert.equal(atPointer(value, '/constructor'), undefined)
  assert.equal(atPointer(value, ''), value)
})

test('compileTopicPattern() gives the filter and finds the device', () => {
  const pattern = compileTopicPattern({ topic: 'yard/{device}/up/#', devices: { 'A 1': 'a-1' } })
  assert.equal(pattern.filter, 'yard/+/up/#')
  assert.ok(pattern.matches('yard/A 1/up/x/y'))
  assert.ok(!pattern.matches('yard/A 1/down'))
  assert.deepEqual(pattern.deviceOf('yard/A 1/up'), { ok: true, value: 'a-1' })
  assert.equal(pattern.deviceOf('yard/B/up').ok, false)
  assert.equal(compileTopicPattern({ topic: 'yard/{device}' }).deviceOf('yard/no name').ok, false)
})

test('identifySymbology() knows names, identifiers and identifiers inside the data', () => {
  assert.deepEqual(identifySymbology('GS1 DataMatrix', 'x'), { symbology: ']d2', data: 'x' })
  assert.deepEqual(identifySymbology(']C1', 'x'), { symbology: ']C1', data: 'x' })
  assert.deepEqual(identifySymbology('EAN-13', ']C1x'), { symbology: ']C1', data: 'x' })
  assert.deepEqual(identifySymbology(undefined, 'x'), { symbology: ']X0', data: 'x' })
})

test('OPC UA status codes, values, times and addresses', () => {
  assert.equal(qualityOfStatus(0), 2)
  assert.equal(qualityOfStatus(0x40900000), 3)
  assert.equal(qualityOfStatus(0x808c0000), 9)
  assert.equal(qualityOfStatus(0xc0000000), 9)
  assert.equal(numberOfValue([1, 5]), 4_294_967_301)
  assert.equal(numberOfValue('5'), undefined)
  const times = { source: new Date(5), server: new Date(9) }
  assert.equal(timeOfValue(times, { proof: false, receivedAtMs: 1 }), 5)
  assert.equal(timeOfValue(times, { proof: true, receivedAtMs: 1 }), 9)
  assert.equal(timeOfValue({ source: null, server: undefined }, { proof: false, receivedAtMs: 1 }), 1)
  assert.equal(withNamespaceIndexes('nsu=urn:b;s=x', ['a', 'urn:b']), 'ns=1;s=x')
  assert.equal(withNamespaceIndexes('/nsu=urn:b;X/nsu=urn:b;Y', ['a', 'urn:b']), '/1:X/1:Y')
  assert.equal(withNamespaceIndexes('nsu=urn:c;s=x', ['a', 'urn:b']), undefined)
})
