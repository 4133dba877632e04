/** What a scan means under each rule, and what it cannot mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapture } from './epcis/document.ts'
import { itemKey, lotKey, logisticKey } from './gs1/key.ts'
import { scanToEvent, type ScanContext, type ScanRule } from './scan-event.ts'

const gtin = '09521234543213'
const sscc = '006141411234567890'
const rule: ScanRule = {
  readPoint: 'https://id.gs1.org/414/9506000134338',
  bizLocation: 'https://id.gs1.org/414/9506000134345',
  bizStep: 'receiving',
  disposition: 'in_progress',
  action: 'OBSERVE',
  mode: 'observe'
}
const context: ScanContext = { point: 'gate', device: 'reader-1', timeMs: 1_763_900_000_000, timeZoneOffset: '+08:00' }
const item = { symbology: ']d2', data: `01${gtin}21A1`, antenna: 2, signalDbm: -61.5 }
const label = { symbology: ']C1', data: `00${sscc}` }

test('scanToEvent() makes an ObjectEvent that keeps the raw scan', () => {
  const made = scanToEvent(item, rule, context)
  assert.ok(made.ok)
  assert.deepEqual(made.value, {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { tracegate: 'https://tracegate.dev/epcis/' }],
    eventTime: '2025-11-23T12:13:20.000Z',
    eventTimeZoneOffset: '+08:00',
    type: 'ObjectEvent',
    epcList: [itemKey(gtin, 'A1')],
    action: 'OBSERVE',
    bizStep: 'receiving',
    disposition: 'in_progress',
    readPoint: { id: rule.readPoint },
    bizLocation: { id: rule.bizLocation },
    'tracegate:point': 'gate',
    'tracegate:device': 'reader-1',
    'tracegate:symbology': ']d2',
    'tracegate:data': `01${gtin}21A1`,
    'tracegate:antenna': 2,
    'tracegate:signalDbm': -61.5
  })
  assert.ok(parseCapture(made.value).ok)
})

test('scanToEvent() names a lot in the quantity list', () => {
  const made = scanToEvent({ symbology: ']Q3', data: `01${gtin}10L1` }, rule, context)
  assert.ok(made.ok && made.value.type === 'ObjectEvent')
  assert.deepEqual(made.value.quantityList, [{ epcClass: lotKey(gtin, 'L1') }])
  assert.equal(made.value.epcList, undefined)
})

test('scanToEvent() packs what was scanned before a label, each once', () => {
  const pending = [itemKey(gtin, 'A1'), itemKey(gtin, 'A2'), itemKey(gtin, 'A1')]
  const made = scanToEvent(label, { ...rule, mode: 'pack', bizStep: 'packing' }, { ...context, pending })
  assert.ok(made.ok && made.value.type === 'AggregationEvent')
  assert.equal(made.value.parentID, logisticKey(sscc))
  assert.equal(made.value.action, 'ADD')
  assert.deepEqual(made.value.childEPCs, [itemKey(gtin, 'A1'), itemKey(gtin, 'A2')])
})

test('scanToEvent() releases all of a label in mode unpack', () => {
  const made = scanToEvent(label, { ...rule, mode: 'unpack', bizStep: 'unpacking' }, context)
  assert.ok(made.ok && made.value.type === 'AggregationEvent')
  assert.equal(made.value.action, 'DELETE')
  assert.equal(made.value.childEPCs, undefined)
})

test('scanToEvent() refuses with a reason what it cannot mean', () => {
  const refusals = [
    [{ symbology: ']Q1', data: 'hello' }, rule, 'SCAN_NO_KEY'],
    [{ symbology: ']d2', data: '01' }, rule, 'GS1_EMPTY_VALUE'],
    [label, { ...rule, mode: 'pack' }, 'SCAN_NOTHING_TO_PACK']
  ] as const
  for (const [scan, scanRule, code] of refusals) {
    const made = scanToEvent(scan, scanRule, context)
    assert.equal(made.ok ? 'made' : made.reason.code, code)
  }
})
