/** Places in JSON by pointer and by path. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { atPointer } from './json-pointer.ts'
import { compileJsonPath, jsonPathPattern, placesMax } from './json-path.ts'

const value = { a: { b: [{ c: 1 }, { c: 2, d: 3 }], 'x y': 4, 'p.q': 5 }, e: null }
const valuesAt = (path: string) =>
  compileJsonPath(path)
    .find(value)
    .map((place) => place.value)

test('a path may be a JSON pointer or the plain part of JSONPath', () => {
  assert.deepEqual(valuesAt('/a/b/0/c'), [1])
  assert.deepEqual(valuesAt('$.a.b[1].c'), [2])
  assert.deepEqual(valuesAt("$.a['x y']"), [4])
  assert.deepEqual(valuesAt('$["a"]["p.q"]'), [5])
  assert.deepEqual(valuesAt('$.e'), [null])
  assert.deepEqual(valuesAt('$'), [value])
  assert.deepEqual(valuesAt(''), [value])
  assert.deepEqual(valuesAt('$.a.none[0]'), [])
})

test('a wildcard finds every place, says where each is, and binds a second path to the same place', () => {
  const places = compileJsonPath('$.a.b[*].c').find(value)
  assert.deepEqual(
    places.map((place) => [place.value, place.pointer, place.wild]),
    [
      [1, '/a/b/0/c', ['0']],
      [2, '/a/b/1/c', ['1']]
    ]
  )
  assert.equal(compileJsonPath('$.a.b[*].d').at(value, ['1']), 3)
  assert.equal(compileJsonPath('$.a.b[*].d').at(value, ['0']), undefined)
  assert.deepEqual(valuesAt('$.a.b.*.c'), [1, 2])
})

test('the pattern of a configuration refuses what is not supported', () => {
  const pattern = new RegExp(jsonPathPattern)
  for (const good of ['', '/', '/a~1b/0', '$', '$.a', "$.a['b c'][0][*]", '$.温度', '$.a-b_c']) assert.ok(pattern.test(good), good)
  for (const bad of ['a', '$a', '$..a', '$.a[?(@.b)]', '$.a[-1]', '$.a[0:2]', '/~2', '$.', '$.a[']) assert.ok(!pattern.test(bad), bad)
})

test(`at most ${placesMax} places are found`, () => {
  assert.equal(compileJsonPath('$[*]').find(new Array(5_000).fill(0)).length, placesMax)
})

test('find() gives pointers that lead to the values, whatever the JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      for (const path of ['$[*]', '$[*][*]', '$.*.a'])
        for (const place of compileJsonPath(path).find(json)) assert.deepEqual(atPointer(json, place.pointer), place.value)
    })
  )
})
