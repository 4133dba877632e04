/** Sparkplug B bytes: against bytes written by hand, against the examples of the specification, and round and round. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { readArray, writeArray } from './arrays.ts'
import { integerTypes, type SparkplugType, sparkplugTypes, typeNamed, typeNumber } from './datatypes.ts'
import { decodeSparkplug, metricsMax } from './decode.ts'
import { encodeSparkplug, type MetricInput } from './encode.ts'
import { metricValue, rawValue, type SparkplugMetric } from './payload.ts'
import type { Scalar } from './scalar.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function decode(bytes: Uint8Array) {
  const decoded = decodeSparkplug(bytes)
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason.message)
  return decoded.value
}

function onlyMetric(bytes: Uint8Array): SparkplugMetric {
  const [metric] = decode(bytes).metrics
  assert.ok(metric !== undefined)
  return metric
}

function valueOf(metric: SparkplugMetric, type: SparkplugType) {
  const value = metricValue(metric, type)
  assert.ok(value.ok, value.ok ? '' : value.reason.message)
  return value.value
}

test('a payload written by hand is read field by field', () => {
  // timestamp 1000; metric {name "t", alias 7, timestamp 999, datatype Float, historical, properties {engUnit: "C"}, float -1.5}; seq 255
  const bytes = hex(
    '08 e807  12 25  0a 01 74  10 07  18 e707  20 09  28 01  4a 12 0a 07 65 6e 67 55 6e 69 74 12 07 08 0c 10 00 42 01 43  65 0000c0bf  18 ff01'
  )
  const payload = decode(bytes)
  assert.equal(payload.timeMs, 1_000)
  assert.equal(payload.seq, 255)
  const [metric] = payload.metrics
  assert.ok(metric !== undefined)
  assert.deepEqual([metric.name, metric.alias, metric.timeMs, metric.datatype, metric.isHistorical], ['t', 7, 999, 9, true])
  assert.equal(valueOf(metric, 'Float'), -1.5)
  assert.deepEqual(metric.properties?.get('engUnit'), { type: 12, isNull: false, value: { field: 'string', value: 'C' } })
})

test('what is written is what protobuf says, byte by byte', () => {
  const written = encodeSparkplug({
    timeMs: 1_000,
    seq: 1,
    metrics: [{ name: 't', alias: 7, timeMs: 999, type: 'Int32', value: -2 }]
  })
  assert.equal(hexOf(written), hexOf(hex('08e807 1210 0a0174 1007 18e707 2003 50feffffff0f 1801')))
})

test('signed integers are two complements, with the sign extended or not; others are refused, not bent', () => {
  const cases: readonly (readonly [SparkplugType, 'int' | 'long', bigint, number | bigint | undefined])[] = [
    ['Int8', 'int', 0xffn, -1],
    ['Int8', 'int', 0xffff_ffffn, -1],
    ['Int8', 'int', 0x80n, -128],
    ['Int8', 'int', 0x7fn, 127],
    ['Int8', 'int', 0x100n, undefined],
    ['Int16', 'int', 0xffff_8000n, -32_768],
    ['Int16', 'int', 0x8000n, -32_768],
    ['Int32', 'int', 0x8000_0000n, -2_147_483_648],
    ['Int32', 'long', 0xffff_ffff_ffff_fffen, -2],
    ['Int64', 'long', 0xffff_ffff_ffff_ffffn, -1],
    ['Int64', 'long', 0x8000_0000_0000_0000n, -(2n ** 63n)],
    ['UInt8', 'int', 0xffn, 255],
    ['UInt8', 'int', 0x100n, undefined],
    ['UInt32', 'int', 0xffff_ffffn, 4_294_967_295],
    ['UInt32', 'long', 0xffff_ffffn, 4_294_967_295],
    ['UInt64', 'long', 0xffff_ffff_ffff_ffffn, 2n ** 64n - 1n],
    ['UInt64', 'long', 2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
    ['UInt64', 'long', 2n ** 53n, 2n ** 53n],
    ['DateTime', 'long', 1_656_107_875_000n, 1_656_107_875_000]
  ]
  for (const [type, field, value, expected] of cases) {
    const read = rawValue(field === 'int' ? { field, value: Number(value) } : { field, value }, type)
    assert.equal(read.ok ? read.value : undefined, expected, `${type} ${field} ${value}`)
  }
})

test('a value in the field of another type is refused', () => {
  for (const type of ['Int8', 'Boolean', 'Bytes', 'DataSet', 'Template', 'Float', 'Int8Array', 'PropertySet', 'Unknown'] as const) {
    const read = rawValue({ field: 'string', value: 'x' }, type)
    assert.equal(read.ok ? '' : read.reason.code, 'SPARKPLUG_VALUE', type)
  }
  assert.equal(rawValue({ field: 'double', value: 1 }, 'String').ok, false)
  assert.equal(rawValue({ field: 'int', value: 2 }, 'Boolean').ok, false)
  assert.deepEqual(rawValue({ field: 'int', value: 1 }, 'Boolean'), { ok: true, value: true })
  assert.deepEqual(rawValue({ field: 'int', value: 5 }, 'Double'), { ok: true, value: 5 })
})

test('arrays are as in the examples of the specification', () => {
  const cases: readonly (readonly [SparkplugType, readonly Scalar[], string])[] = [
    // The specification prints EF for -23, which is -17.
    ['Int8Array', [-23, 123], 'e97b'],
    ['Int16Array', [-30_000, 30_000], 'd08a3075'],
    ['Int32Array', [-1, 315_338_746], 'fffffffffaafcb12'],
    ['Int64Array', [-4_270_929_666_821_191_986n, -3_601_064_768_563_266_876n], 'ce0672ac189cbac4c4ba9c18ac7206ce'],
    ['UInt8Array', [23, 250], '17fa'],
    ['UInt16Array', [30, 52_360], '1e0088cc'],
    ['UInt32Array', [52, 3_293_969_225], '3400000049fb55c4'],
    ['FloatArray', [1.5, -2], '0000c03f000000c0'],
    ['DoubleArray', [1.5], '000000000000f83f'],
    ['BooleanArray', [false, false, true, true, false, true, false, false, true, true, false, true], '0c00000034d0'],
    ['StringArray', ['ABC', 'hello'], '4142430068656c6c6f00'],
    ['DateTimeArray', [1_256_102_875_335, 1_656_107_875_000], 'c7d0907524010000b8bab89781010000']
  ]
  for (const [type, values, bytes] of cases) {
    assert.equal(hexOf(writeArray(type, values)), bytes, type)
    assert.deepEqual(readArray(type, hex(bytes)), values, type)
  }
  for (const [type, bytes] of [
    ['Int16Array', '01'],
    ['BooleanArray', '0c0000'],
    ['BooleanArray', '0c00000034'],
    ['BooleanArray', 'ffffffff'],
    ['StringArray', '4142'],
    ['StringArray', 'ff00']
  ] as const)
    assert.equal(typeof readArray(type, hex(bytes)), 'string', `${type} ${bytes}`)
})

test('every data type survives being written and read', () => {
  const scalar: fc.Arbitrary<MetricInput> = fc.constantFrom(...sparkplugTypes).chain((type): fc.Arbitrary<MetricInput> => {
    const integer = integerTypes[type]
    const name = fc.string({ minLength: 1, maxLength: 20 })
    const of = (value: fc.Arbitrary<MetricInput['value']>) =>
      fc.record({ name, value }).map((parts) => ({ ...parts, type, alias: 3, timeMs: 5 }))
    if (integer !== undefined) {
      const { bits, signed } = integer
      const min = signed ? -(2n ** BigInt(bits - 1)) : 0n
      const max = signed ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n
      return of(fc.bigInt({ min, max }))
    }
    const values: Partial<Record<SparkplugType, fc.Arbitrary<MetricInput['value']>>> = {
      Float: fc.float({ noNaN: true }),
      Double: fc.double({ noNaN: true }),
      Boolean: fc.boolean(),
      String: fc.string(),
      Text: fc.string(),
      UUID: fc.uuid(),
      Bytes: fc.uint8Array(),
      File: fc.uint8Array(),
      BooleanArray: fc.array(fc.boolean()),
      Int8Array: fc.array(fc.integer({ min: -128, max: 127 })),
      UInt64Array: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      FloatArray: fc.array(fc.float({ noNaN: true }))
    }
    return of(values[type] ?? fc.constant(null))
  })
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 5 }), fc.nat(255), (metrics, seq) => {
      const payload = decode(encodeSparkplug({ timeMs: 1_795_430_000_000, seq, metrics }))
      assert.equal(payload.seq, seq)
      assert.equal(payload.metrics.length, metrics.length)
      metrics.forEach((metric, index) => {
        const read = payload.metrics[index]
        assert.ok(read !== undefined)
        assert.equal(read.name, metric.name)
        assert.equal(read.datatype, typeNumber(metric.type))
        const value = valueOf(read, metric.type)
        const plain = (one: unknown) => (typeof one === 'bigint' && one <= 2n ** 53n - 1n && one >= -(2n ** 53n) + 1n ? Number(one) : one)
        const expected = Array.isArray(metric.value) ? metric.value.map(plain) : plain(metric.value)
        assert.deepEqual(value, expected)
      })
    })
  )
})

test('a data set, a template with its members, property sets and metadata are kept', () => {
  const dataSet = {
    columns: ['a', 'b'],
    types: [3, 12],
    rows: [
      [
        { field: 'int', value: 5 },
        { field: 'string', value: 'x' }
      ]
    ]
  } as const
  const set = onlyMetric(
    encodeSparkplug({ metrics: [{ name: 'd', type: 'DataSet', value: dataSet, metadata: { fileName: 'f', size: 3, description: 'x' } }] })
  )
  assert.deepEqual(valueOf(set, 'DataSet'), dataSet)
  assert.deepEqual(set.metadata, { fileName: 'f', size: 3, description: 'x' })
  // template {version "1", metrics [{name "m", datatype Int32, int 5}], parameters [{name "p", type Int32, int 9}], ref "R", is_definition}
  const template = onlyMetric(hex('12 1d 20 13 92 01 18 0a 01 31 12 07 0a 01 6d 20 03 50 05 1a 07 0a 01 70 10 03 18 09 22 01 52'))
  assert.deepEqual(valueOf(template, 'Template'), {
    version: '1',
    reference: 'R',
    isDefinition: false,
    metrics: [{ isHistorical: false, isTransient: false, isNull: false, name: 'm', datatype: 3, value: { field: 'int', value: 5 } }],
    parameters: [{ name: 'p', type: 3, value: { field: 'int', value: 9 } }]
  })
})

test('a metric without a data type keeps its value for the type of the birth', () => {
  const bytes = encodeSparkplug({ seq: 1, metrics: [{ alias: 3, type: 'Int16', withType: false, value: -7 }] })
  const metric = onlyMetric(bytes)
  assert.equal(metric.datatype, undefined)
  assert.equal(valueOf(metric, 'Int16'), -7)
})

test('an encoder refuses what its type cannot hold', () => {
  assert.throws(() => encodeSparkplug({ metrics: [{ name: 'a', type: 'UInt8', value: 256 }] }), RangeError)
  assert.throws(() => encodeSparkplug({ metrics: [{ name: 'a', type: 'Int8', value: [1] }] }), TypeError)
  assert.throws(() => encodeSparkplug({ metrics: [{ name: 'a', type: 'Int8Array', value: 1 }] }), TypeError)
})

test('decodeSparkplug() never throws, and keeps its bounds', () => {
  const whole = encodeSparkplug({
    timeMs: 1,
    seq: 0,
    metrics: [{ name: 'a', type: 'String', value: 'text', properties: { q: { type: 'Int32', value: 1 } } }]
  })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length), (noise, cut) => {
      assert.equal(typeof decodeSparkplug(noise).ok, 'boolean')
      assert.equal(typeof decodeSparkplug(new Uint8Array([...whole.subarray(0, cut), ...noise])).ok, 'boolean')
    })
  )
  for (let cut = 1; cut < whole.length - 2; cut += 1)
    if (cut !== 2) assert.equal(decodeSparkplug(whole.subarray(0, cut)).ok, false, `cut at ${cut}`)
  assert.equal(decodeSparkplug(new Uint8Array(300_000)).ok, false)
  assert.equal(decodeSparkplug(Uint8Array.from({ length: 2 * (metricsMax + 1) }, (_, index) => (index % 2 === 0 ? 0x12 : 0))).ok, false)
  // Property sets inside of property sets: 100 levels.
  let nested: Uint8Array = Uint8Array.of(0x08, 0x14)
  for (let level = 0; level < 100; level += 1) nested = wrap(0x4a, wrapProperty(nested))
  assert.equal(decodeSparkplug(wrap(0x12, wrap(0x4a, wrapProperty(nested)))).ok, false)
})

function wrapProperty(inner: Uint8Array): Uint8Array {
  return new Uint8Array([0x0a, 0x01, 0x6b, ...wrap(0x12, inner)])
}

function wrap(tag: number, inner: Uint8Array): Uint8Array {
  const length = inner.length < 128 ? [inner.length] : [(inner.length & 0x7f) | 0x80, inner.length >> 7]
  return new Uint8Array([tag, ...length, ...inner])
}

test('the codec makes no code from strings, so that it runs where that is forbidden', () => {
  const script = `import { encodeSparkplug } from ${JSON.stringify(new URL('encode.ts', import.meta.url).href)}
    import { decodeSparkplug } from ${JSON.stringify(new URL('decode.ts', import.meta.url).href)}
    process.stdout.write(String(decodeSparkplug(encodeSparkplug({ seq: 9, metrics: [{ name: 'a', type: 'Int64', value: -1 }] })).value.seq))`
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script]
  assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000 }), '9')
})

test('the numbers of the data types are those of the specification', () => {
  assert.deepEqual(
    [typeNumber('Int8'), typeNumber('UUID'), typeNumber('Template'), typeNumber('Int8Array'), typeNumber('DateTimeArray')],
    [1, 15, 19, 22, 34]
  )
  assert.equal(typeNamed(35), undefined)
})
