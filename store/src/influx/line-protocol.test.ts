/** Line protocol: what is written says the same to everyone. That a server reads it back is tested in `client.it.test.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  fieldTextOf,
  textOfField,
  floatFieldOf,
  integerFieldOf,
  lineStartOf,
  nanosTextOf,
  stringFieldOf,
  tagValueOf,
  textOfTag
} from './line-protocol.ts'
import { conditionsOfPrefix, seriesOfTags, tagsOfSeries } from './telemetry-model.ts'

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom('%', '\\', ',', '=', ' ', '"', '\n', '0', '\ud800') })) // prettier-ignore

test('any text comes back from its tag value, which is never empty and holds nothing that the protocol cannot', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const value = tagValueOf(text)
      assert.equal(textOfTag(value), text)
      assert.ok(value !== '' && !/[\\\p{C}]/u.test(value), JSON.stringify(value))
    })
  )
})

test('texts that differ have tag values that differ, and plain names stay as they are', () => {
  fc.assert(fc.property(anyText, anyText, (left, right) => assert.equal(tagValueOf(left) === tagValueOf(right), left === right)))
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/), (name) => assert.equal(tagValueOf(name), name)))
})

test('any sound text comes back from its string field, which is never empty and holds no control character', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const value = fieldTextOf(text)
      assert.equal(textOfField(value), text.toWellFormed())
      assert.ok(value !== '' && !/\p{Cc}/u.test(value), JSON.stringify(value))
    })
  )
  for (const plain of ['%', 'a b', '{"a":1}']) assert.equal(fieldTextOf(plain), plain)
  assert.equal(textOfField('\u241b{of others'), '\u241b{of others')
})

test('lines are written as the protocol has them', () => {
  assert.equal(lineStartOf('m m', { b: 'x y', a: 'k=v,w', c: '', d: 'a\nb' }), 'm\\ m,a=k\\=v\\,w,b=x\\ y,c=%,d=a%00000ab')
  assert.equal(floatFieldOf('value', 1e21), 'value=1e+21')
  assert.equal(floatFieldOf('value', -0.1), 'value=-0.1')
  for (const value of [NaN, Infinity, -Infinity]) assert.equal(floatFieldOf('value', value), undefined)
  assert.equal(integerFieldOf('up to', 7), 'up\\ to=7i')
  assert.throws(() => integerFieldOf('n', 2 ** 53), TypeError)
  assert.equal(stringFieldOf('s', 'a "b" \\'), 's="a \\"b\\" \\\\"')
  assert.deepEqual([nanosTextOf(0), nanosTextOf(0, 5), nanosTextOf(12, 34), nanosTextOf(1_700_000_000_000)], ['0', '5', '12000034', '1700000000000000000']) // prettier-ignore
})

test('a series and its tags are the same thing, and a prefix asks for no tag that it does not name whole', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 3, maxLength: 5 }), (parts) => {
      const series = parts.join('/')
      const tags = tagsOfSeries(series)
      assert.ok(tags !== undefined)
      assert.equal(seriesOfTags(tags), series)
      for (let length = 0; length <= series.length; length++)
        for (const condition of conditionsOfPrefix(series.slice(0, length)))
          assert.ok(
            'tag' in condition && (condition.tag === 'point' || condition.tag === 'device') && condition.anyOf[0] === tags[condition.tag]
          )
    })
  )
  assert.equal(tagsOfSeries('a/b'), undefined)
})
