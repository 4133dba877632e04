/** Rows of recordings in all layouts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceNameOf, type RecordingOptions } from './recording.ts'
import { splitCsv } from '../csv.ts'
import { createRowReader, timeOf } from './rows.ts'

const options: RecordingOptions = { format: 'auto', startMs: 1_000, intervalMs: 5_000 }

function reader(first: string, more: Partial<RecordingOptions> = {}) {
  return createRowReader({ file: 'f', first, deviceOfFile: 'ambient_temperature', options: { ...options, ...more } })
}

test('the layout is known by the first line', () => {
  const motes = reader('reading,mote_id,indoor,humidity,temperature,label').read('3,1,0,43.7,30.2,0')
  assert.ok(motes.ok)
  assert.deepEqual(motes.value, [
    { device: 'mote-1', metric: 'temperature', unit: 'Cel', timeMs: 11_000, value: 30.2, quality: 2 },
    { device: 'mote-1', metric: 'humidity', unit: '%', timeMs: 11_000, value: 43.7, quality: 2 }
  ])
  const nab = reader('timestamp,value').read('1970-01-01 00:00:07,69.5')
  assert.deepEqual(nab, {
    ok: true,
    value: [{ device: 'ambient_temperature', metric: 'temperature', unit: '[degF]', timeMs: 7_000, value: 69.5, quality: 2 }]
  })
  const json = reader('{"time":1}', { units: new Map([['t', 'K']]) }).read('{"ts":1700000000,"t":280.5,"note":"x"}')
  assert.deepEqual(json, {
    ok: true,
    value: [{ device: 'ambient_temperature', metric: 't', unit: 'K', timeMs: 1_700_000_000_000, value: 280.5, quality: 2 }]
  })
})

test('chosen columns are renamed, an empty cell is a missing value, and text is refused with its pointer', () => {
  const csv = reader('time,temp,door', { columns: new Map([['temp', 'temperature']]) })
  const missing = csv.read('2026-01-01T00:00:00Z,,open')
  assert.ok(missing.ok)
  assert.equal(missing.value[0]?.quality, 9)
  const text = csv.read('2026-01-01T00:00:00Z,warm,open')
  assert.deepEqual(text.ok ? '' : [text.reason.code, text.reason.pointer], ['ROW_VALUE', '/temp'])
  assert.equal(csv.read('2026-01-01T00:00:00Z,1').ok, false)
  assert.equal(csv.read('yesterday,1,open').ok, false)
})

test('a column that is not there is a wrong call', () => {
  assert.throws(() => reader('time,a', { columns: new Map([['b', 'b']]) }), /column "b" is not in the header/)
  assert.throws(() => reader('time,a', { timeColumn: 'when' }), /column "when" is not in the header/)
})

test('splitCsv() follows RFC 4180 within a line, and timeOf() takes UTC where no offset is given', () => {
  assert.deepEqual(splitCsv('a,"b,c","d""e",'), ['a', 'b,c', 'd"e', ''])
  assert.deepEqual(splitCsv('1;"2;3"; 4', ';'), ['1', '2;3', '4'])
  assert.equal(timeOf('2013-07-04 00:00:00'), Date.UTC(2013, 6, 4))
  assert.equal(timeOf('2013-07-04T02:00:00+02:00'), Date.UTC(2013, 6, 4))
  assert.equal(timeOf('1700000000'), 1_700_000_000_000)
  assert.equal(timeOf('04/07/2013'), undefined)
  assert.equal(deviceNameOf('/x/multi hop.v2.csv'), 'multi-hop-v2')
})
