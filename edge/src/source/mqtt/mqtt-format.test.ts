/** The pure parts of the MQTT source: payloads, topics, symbologies; and of its neighbour: status codes, addresses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { atPointer } from '../json-pointer.ts'
import { encodeCbor } from '@tracegate/model/cbor'
import type { PayloadContext } from './finding.ts'
import type { JsonReading, PayloadFormat, TimeFormat } from './format-config.ts'
import { compileFormat } from './mqtt-format.ts'
import { timeOf } from './values.ts'
import { numberOfValue, qualityOfStatus, timeOfValue } from '../opcua/opcua-value.ts'
import { withNamespaceIndexes } from '../opcua/node-address.ts'
import { identifySymbology } from '../symbology.ts'
import { compileTopicPattern, topicFault } from './topic-pattern.ts'

const context: PayloadContext = {
  device: { ok: true, value: 'd1' },
  metric: undefined,
  receivedAtMs: 1_000,
  deviceNamed: (name) => ({ ok: true, value: name })
}

function read(format: PayloadFormat, payload: string | Uint8Array, more: Partial<PayloadContext> = {}) {
  return compileFormat(format)(typeof payload === 'string' ? Buffer.from(payload) : payload, { ...context, ...more })
}

/** The readings as `device metric value unit quality timeMs`, and the code of what was refused. */
function told(result: ReturnType<typeof read>): (string | undefined)[] {
  const readings = result.findings.flatMap((finding) => (finding.type === 'readings' ? finding.readings : []))
  const lines: (string | undefined)[] = readings.map((one) =>
    [one.device, one.metric, one.value, one.unit, one.quality, one.timeMs].join(' ')
  )
  return result.refused === undefined ? lines : [...lines, result.refused.code]
}

const json = (...readings: JsonReading[]): PayloadFormat => ({ type: 'json', readings })
const celsius = { path: '/a/0', metric: 'm', unit: 'Cel' }

test('a json format scales numbers, numeric text and booleans, and takes null for a missing value', () => {
  const format = json({ ...celsius, scale: 2, offset: 1 })
  assert.deepEqual(told(read(format, '{"a":[2.5]}')), ['d1 m 6 Cel 2 1000'])
  assert.deepEqual(told(read(format, '{"a":["2.5"]}')), ['d1 m 6 Cel 2 1000'])
  assert.deepEqual(told(read(format, '{"a":[true]}')), ['d1 m 3 Cel 2 1000'])
  assert.deepEqual(told(read(format, '{"a":[null]}')), ['d1 m NaN Cel 9 1000'])
  assert.deepEqual(told(read(format, '{"a":["0x10"]}')), ['VALUE_NOT_NUMERIC'])
  assert.deepEqual(told(read(format, '{"b":1}')), ['VALUE_MISSING'])
})

test('a json format takes arrays with the time, metric and unit that stand beside each value', () => {
  const format = json({
    path: '$.e[*].v',
    metricPath: '$.e[*].n',
    unitPath: '$.e[*].u',
    time: { path: '$.e[*].t', format: 'epochSeconds' }
  })
  const payload = '{"e":[{"n":"temp","v":1.5,"u":"°C","t":7},{"n":"hum","v":40,"u":"%RH","t":8},{"n":"x","v":1,"u":"furlong","t":9}]}'
  assert.deepEqual(told(read(format, payload)), ['d1 temp 1.5 Cel 2 7000', 'd1 hum 40 % 2 8000', 'UNIT_UNKNOWN'])
})

test('a json format reads parts one by one, each with its own device', () => {
  const format: PayloadFormat = {
    type: 'json',
    each: '$.nodes[*]',
    devicePath: '$.id',
    time: { path: '$.at', format: 'iso' },
    readings: [{ path: '$.t', metric: 't', unit: 'Cel' }]
  }
  const at = '1970-01-01T00:00:09Z'
  const payload = JSON.stringify({
    nodes: [
      { id: 'n1', t: 1, at },
      { id: 'n2', t: 2, at },
      { id: 'n3', t: 3, at: 'now' },
      { t: 4, at }
    ]
  })
  assert.deepEqual(told(read(format, payload, { device: undefined })), ['n1 t 1 Cel 2 9000', 'n2 t 2 Cel 2 9000', 'TIME_UNREADABLE'])
  const two = read(format, payload, { device: undefined }).refused
  assert.match(two?.message ?? '', /\(and 1 more\)$/)
})

test('a json format takes the quality and the words of the device', () => {
  const format = json({
    path: '/v',
    metric: 'door',
    unit: '1',
    words: { open: 1, closed: 0 },
    quality: { path: '/q', good: ['ok'], fail: ['broken'], missing: ['off'] }
  })
  const cases: readonly (readonly [string, string])[] = [
    ['{"v":"open","q":"ok"}', 'd1 door 1 1 2 1000'],
    ['{"v":"closed","q":"odd"}', 'd1 door 0 1 3 1000'],
    ['{"v":1,"q":"broken"}', 'd1 door 1 1 4 1000'],
    ['{"v":1,"q":"off"}', 'd1 door NaN 1 9 1000']
  ]
  for (const [payload, expected] of cases) assert.deepEqual(told(read(format, payload)), [expected], payload)
})

test('times are taken in every format that is offered, and refused otherwise', () => {
  const cases: readonly (readonly [TimeFormat, unknown, number | undefined])[] = [
    [{ format: 'iso' }, '2026-01-01T08:00:00+08:00', 1_767_225_600_000],
    [{ format: 'iso' }, '2026-01-01T00:00:00,5Z', 1_767_225_600_500],
    [{ format: 'iso' }, '2026-01-01T00:00:00', undefined],
    [{ format: 'isoLocal', timeZone: '+08:00' }, '2026-01-01 08:00:00', 1_767_225_600_000],
    [{ format: 'isoLocal' }, '2026-01-01T00:00:00', 1_767_225_600_000],
    [{ format: 'isoLocal' }, '2026-13-01T00:00:00', undefined],
    [{ format: 'epochSeconds' }, 1_767_225_600.25, 1_767_225_600_250],
    [{ format: 'epochSeconds' }, '1767225600', 1_767_225_600_000],
    [{ format: 'epochMs' }, 1_767_225_600_000, 1_767_225_600_000],
    [{ format: 'epochMicros' }, 1_767_225_600_000_000, 1_767_225_600_000],
    [{ format: 'epochNanos' }, '1767225600000000000', 1_767_225_600_000],
    [{ format: 'epochMs' }, -1, undefined],
    [{ format: 'epochMs' }, true, undefined],
    [{ format: 'epochSeconds' }, 1e300, undefined]
  ]
  for (const [format, value, expected] of cases) assert.equal(timeOf(value, format), expected, `${format.format} ${String(value)}`)
})

test('a text format takes one value, with suffix, decimal comma, words, and the metric of the topic', () => {
  const plain: PayloadFormat = { type: 'text', metric: 't', unit: 'Cel' }
  assert.deepEqual(told(read(plain, '21.5')), ['d1 t 21.5 Cel 2 1000'])
  assert.deepEqual(told(read(plain, ' -3e1\n')), ['d1 t -30 Cel 2 1000'])
  assert.deepEqual(told(read(plain, 'NaN')), ['d1 t NaN Cel 9 1000'])
  assert.deepEqual(told(read(plain, '')), ['d1 t NaN Cel 9 1000'])
  assert.deepEqual(told(read(plain, 'warm')), ['VALUE_NOT_NUMERIC'])
  assert.deepEqual(told(read({ ...plain, suffix: ' °C', decimalComma: true }, '21,5 °C')), ['d1 t 21.5 Cel 2 1000'])
  assert.deepEqual(told(read({ ...plain, unit: '1', words: { ON: 1, OFF: 0 } }, 'ON')), ['d1 t 1 1 2 1000'])
  const named: PayloadFormat = { type: 'text', unit: '1', metrics: { T: { metric: 'temperature', unit: 'Cel', scale: 0.1 }, n: {} } }
  assert.deepEqual(told(read(named, '215', { metric: 'T' })), ['d1 temperature 21.5 Cel 2 1000'])
  assert.deepEqual(told(read(named, '7', { metric: 'n' })), ['d1 n 7 1 2 1000'])
  assert.deepEqual(told(read(named, '7', { metric: 'other' })), ['METRIC_UNKNOWN'])
})

test('a csv format takes lines of cells with their time, and says which cell it could not read', () => {
  const format: PayloadFormat = {
    type: 'csv',
    separator: ';',
    skipLines: 1,
    decimalComma: true,
    columns: [
      { column: 2, metric: 't', unit: 'Cel' },
      { column: 3, metric: 'h', unit: '%', scale: 0.1 }
    ],
    time: { column: 1, format: 'epochSeconds' }
  }
  const result = read(format, 'time;t;h\r\n7;1,5;400\r\n8;;410\r\n9;x;420\r\n')
  assert.deepEqual(told(result), [
    'd1 t 1.5 Cel 2 7000',
    'd1 h 40 % 2 7000',
    'd1 t NaN Cel 9 8000',
    'd1 h 41 % 2 8000',
    'd1 h 42 % 2 9000',
    'VALUE_NOT_NUMERIC'
  ])
  assert.match(result.refused?.message ?? '', /^cell 2 of line 4 is "x"/)
  assert.deepEqual(told(read(format, 'time;t;h\n')), ['VALUE_MISSING'])
})

test('a scan format takes several scans of one payload, and lines of plain text as a scanner types them', () => {
  const scans = (result: ReturnType<typeof read>) =>
    result.findings.flatMap((finding) => (finding.type === 'scans' ? finding.scans.map((scan) => `${scan.symbology} ${scan.data}`) : []))
  const format: PayloadFormat = { type: 'scan', dataPath: '$.codes[*].d', symbologyPath: '$.codes[*].s' }
  assert.deepEqual(scans(read(format, '{"codes":[{"d":"A","s":"QR"},{"d":"]C1B"}]}')), [']Q1 A', ']C1 B'])
  assert.deepEqual(scans(read({ type: 'scan', encoding: 'text', symbology: 'Code 128' }, ']d2\u001d01095\r\nLOCKER 7\r')), [
    ']d2 \u001d01095',
    ']C0 LOCKER 7'
  ])
  assert.equal(read({ type: 'scan', encoding: 'text' }, '\r\n').refused?.code, 'SCAN_DATA_MISSING')
})

test('TG-201: a payload may be CBOR, told by its first byte', () => {
  assert.deepEqual(told(read(json({ path: '$.t', metric: 't', unit: 'Cel' }), encodeCbor({ t: 4.5 }))), ['d1 t 4.5 Cel 2 1000'])
  const message = {
    v: 1,
    boot: 'b',
    seq: 0,
    timeMs: 5,
    timeQuality: 'unknown',
    readings: [{ metric: 'm', value: 1, unit: '1', quality: 1 }]
  }
  assert.deepEqual(told(read({ type: 'tracegate' }, encodeCbor(message))), ['d1 m 1 1 1 5'])
})

test('no format ever throws, whatever the bytes', () => {
  const formats: PayloadFormat[] = [
    { type: 'tracegate' },
    json(celsius, { path: '$[*]', metricPath: '$[*]', unitPath: '$[*]', quality: { path: '$' } }),
    { type: 'text', metric: 'm', unit: '1' },
    { type: 'csv', columns: [{ column: 1, metric: 'm', unit: '1' }], time: { column: 2, format: 'iso' } },
    { type: 'scan', dataPath: '$[*]' },
    { type: 'scan', encoding: 'text' }
  ]
  const readers = formats.map(compileFormat)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 100 }),
        fc.json().map((text) => new Uint8Array(Buffer.from(text)))
      ),
      (bytes) => {
        for (const reader of readers) {
          const { findings, refused } = reader(bytes, context)
          assert.ok(findings.length > 0 || refused !== undefined)
        }
      }
    )
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

test('compileTopicPattern() gives the filter, and finds device and metric', () => {
  const pattern = compileTopicPattern({ topic: 'yard/{device}/{metric}/#', devices: { 'A 1': 'a-1' } })
  assert.equal(pattern.filter, 'yard/+/+/#')
  assert.ok(pattern.matches('yard/A 1/up/x/y'))
  assert.ok(pattern.matches('yard/A 1/up'))
  assert.ok(!pattern.matches('yard/A 1'))
  assert.ok(!compileTopicPattern({ topic: '#', device: 'd' }).matches('$SYS/uptime'))
  assert.deepEqual(pattern.deviceOf('yard/A 1/up'), { ok: true, value: 'a-1' })
  assert.equal(pattern.metricOf('yard/A 1/up'), 'up')
  assert.equal(pattern.deviceOf('yard/B/up')?.ok, false)
  assert.equal(compileTopicPattern({ topic: 'yard/{device}' }).deviceOf('yard/no name')?.ok, false)
  assert.equal(compileTopicPattern({ topic: 'yard/+' }).deviceOf('yard/x'), undefined)
})

test('topicFault() says what is wrong with a topic', () => {
  assert.equal(topicFault('a/{device}/+/{metric}/#'), undefined)
  for (const topic of ['a/#/b', 'a+/b', 'a/{device}x', '{device}/{device}', 'a/{point}'])
    assert.notEqual(topicFault(topic), undefined, topic)
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
