/** What every driver of InfluxDB must do on a real server of its kind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { InfluxDatabase } from '../influx/client.ts'
import { floatFieldOf, integerFieldOf, lineStartOf, nanosTextOf, stringFieldOf } from '../influx/line-protocol.ts'
import { createLineWriter } from '../influx/line-writer.ts'
import type { Condition } from '../influx/selection.ts'

/** `database` gives the prepared one, once tests run. */
export function runInfluxClientSuite(name: string, database: () => InfluxDatabase): void {
  void test(`${name}: points come back as they were written, in every pick`, async () => {
    const line = (device: string, timeMs: number, nanos: number, fields: readonly (string | undefined)[]) =>
      `${lineStartOf('m', { device, empty: '' })} ${fields.filter(Boolean).join(',')} ${nanosTextOf(timeMs, nanos)}`
    const answer = await database().write(
      [
        line('one two', 5, 0, [integerFieldOf('q', 1), floatFieldOf('v', 0.1)]),
        line('one two', 6, 1, [integerFieldOf('q', 9)]),
        line("o'ne", 5, 7, [integerFieldOf('q', 2), floatFieldOf('v', -1e-9), stringFieldOf('s', 'a "b"\n\\')])
      ],
      'ns'
    )
    assert.deepEqual(answer, { type: 'stored' })
    const every = await database().select({
      measurement: 'm',
      fields: ['q', 'v', 's'],
      pick: { type: 'every', tags: ['device'], order: 'ascending', limit: 10 }
    })
    assert.deepEqual(every, {
      cut: false,
      rows: [
        { timeMs: 5, nanos: 0, tags: { device: 'one two' }, values: [1, 0.1, null] },
        { timeMs: 5, nanos: 7, tags: { device: "o'ne" }, values: [2, -1e-9, 'a "b"\n\\'] },
        { timeMs: 6, nanos: 1, tags: { device: 'one two' }, values: [9, null, null] }
      ]
    })
    const of = (type: 'newest' | 'oldest' | 'count') =>
      database().select({ measurement: 'm', fields: ['q', 'v'], where: [{ tag: 'device', anyOf: ['one two'] }], pick: { type } })
    const tags = { device: 'one two', empty: '' }
    assert.deepEqual((await of('newest')).rows, [{ timeMs: 6, nanos: 1, tags, values: [9, null] }])
    assert.deepEqual((await of('oldest')).rows, [{ timeMs: 5, nanos: 0, tags, values: [1, 0.1] }])
    assert.deepEqual((await of('count')).rows[0]?.values, [2])
    const found = await database().select({
      measurement: 'm',
      fields: ['q'],
      where: [{ field: 's', anyOf: ['none', 'a "b"\n\\'] }],
      span: { fromNanos: '0', toNanos: nanosTextOf(5, 7) },
      pick: { type: 'every', tags: [], order: 'descending', limit: 1 }
    })
    assert.deepEqual(found.rows, [{ timeMs: 5, nanos: 7, tags: {}, values: [2] }])
  })

  void test(`${name}: a deletion takes exactly the points of its tags and time`, async () => {
    const line = (device: string, timeMs: number) => `${lineStartOf('gone', { device })} v=1 ${timeMs}`
    await database().write([line('a', 1), line('a', 2), line('b', 1)], 'ms')
    await database().remove({ measurement: 'gone', tags: { device: 'a' }, span: { fromNanos: '0', toNanos: '1999999' } })
    const left = await database().select({
      measurement: 'gone',
      fields: ['v'],
      wholeMs: true,
      pick: { type: 'every', tags: ['device'], order: 'ascending', limit: 9 }
    })
    assert.deepEqual(
      left.rows.map(({ timeMs, tags }) => [timeMs, tags['device']]),
      [
        [1, 'b'],
        [2, 'a']
      ]
    )
  })

  void test(`${name}: the line writer finds each line that the server refuses, and the others are stored`, async () => {
    const writer = createLineWriter({ database: database() })
    await database().write(['t,k=0 v=1 1'], 'ms')
    const lines = Array.from({ length: 40 }, (_, index) => `t,k=${index} v=${index === 7 ? '"text"' : index === 30 ? 'nothing' : index} 2`)
    const refused = await writer.write(lines, 'ms')
    assert.deepEqual(
      refused.map(({ index }) => index),
      [7, 30]
    )
    assert.match(refused[0]?.detail ?? '', /field type conflict/)
    const counted = await database().select({ measurement: 't', fields: ['v'], pick: { type: 'count' } })
    assert.equal(
      counted.rows.reduce((sum, { values }) => sum + Number(values[0]), 0),
      39
    )
  })

  void test(`${name}: a type conflict within one new batch costs only the lines at fault`, async () => {
    const writer = createLineWriter({ database: database() })
    const refused = await writer.write(['fresh v=1 1', 'fresh v=2 2', 'fresh v="text" 3', 'fresh v=4 4'], 'ms')
    assert.deepEqual(
      refused.map(({ index }) => index),
      [2]
    )
    const counted = await database().select({ measurement: 'fresh', fields: ['v'], pick: { type: 'count' } })
    assert.deepEqual(counted.rows[0]?.values, [3])
  })

  void test(`${name}: any text is found again by itself and by nothing else, as tag and as field`, async () => {
    const texts = [
    "'", '"', '\\', "\\'", "' OR 1=1 --", '"; DROP DATABASE x', '%', ' ', '', 'a\nb', '\r', '\t', '\0', 'a\r\nb', "x'\\", '\u2028', 'é漢😀', '=,', '/.*/', '$x', '#',
    ...fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { numRuns: 60, seed: 7 }),
    ...fc.sample(fc.string({ unit: fc.constantFrom("'", '"', '\\', ' ', 'n', '\n', ',', '=') }), { numRuns: 60, seed: 7 })
  ] // prettier-ignore
    const wanted = [...new Set(texts)]
    const lines = wanted.map((text, index) => `${lineStartOf('any "text"', { "k'": text })} ${stringFieldOf('s', text)} ${index + 1}`)
    assert.deepEqual(await database().write(lines, 'ms'), { type: 'stored' })
    const find = async (condition: Condition): Promise<(string | number | undefined)[]> => {
      const { rows } = await database().select({
        measurement: 'any "text"',
        fields: ['s'],
        where: [condition],
        wholeMs: true,
        pick: { type: 'every', tags: ["k'"], order: 'ascending', limit: 10 }
      })
      return rows.flatMap(({ timeMs, tags, values }) => [timeMs, tags["k'"], String(values[0])])
    }
    for (const [index, text] of wanted.entries()) {
      assert.deepEqual(await find({ tag: "k'", anyOf: [text] }), [index + 1, text, text])
      assert.deepEqual(await find({ field: 's', anyOf: [text] }), [index + 1, text, text])
    }
  })
}
