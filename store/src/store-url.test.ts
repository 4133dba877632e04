/** Addresses of stores: what they say, and what is refused without showing a secret. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '@tracegate/model/errors'
import { parseStoreUrl } from './store-url.ts'

test('parseStoreUrl() reads every kind of address', () => {
  const cases: [string, object][] = [
    ['embedded:', { kind: 'embedded' }],
    ['memory:', { kind: 'memory' }],
    ['influx://db.example:8087/tracegate', { kind: 'influx1', origin: 'http://db.example:8087', database: 'tracegate' }],
    ['influx://localhost/a%20b', { kind: 'influx1', origin: 'http://localhost:8086', database: 'a b' }],
    ['influxs://[::1]/t', { kind: 'influx1', origin: 'https://[::1]:8086', database: 't' }],
    ['influx2://h:1/org/bucket', { kind: 'influx2', origin: 'http://h:1', organization: 'org', database: 'bucket' }],
    ['influx2s://h/o%2Fo/b', { kind: 'influx2', origin: 'https://h:8086', organization: 'o/o', database: 'b' }],
    ['influx3://h/d', { kind: 'influx3', origin: 'http://h:8181', database: 'd' }]
  ]
  for (const [text, wanted] of cases) assert.deepEqual(parseStoreUrl(text), wanted, text)
})

test('parseStoreUrl() refuses what is no address of a store, and shows no secret', () => {
  for (const text of [
    'influx://user:se-cret@host/db',
    'influx2://se-cret@host/o/b',
    'influx://host/db?token=se-cret',
    'influx://host/db#se-cret',
    'http://user:se-cret@host/db',
    '//user:se-cret@host',
    'influx://user:se-cret@host:99999/db',
    'embedded:/some/where',
    'influx://host',
    'influx://host/',
    'influx://host/a/b',
    'influx2://host/only-one',
    'influx2://host/org/',
    'influx:///db',
    'influx://host/%zz',
    'postgres://host/db',
    ''
  ])
    assert.throws(
      () => parseStoreUrl(text),
      (error) => error instanceof CodedError && error.code === 'STORE_URL' && !JSON.stringify([error.message, error]).includes('se-cret'),
      text
    )
})
