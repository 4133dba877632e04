/** What a scan means under each rule, and what it cannot mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapture } from './epcis/document.ts'
import { itemKey, lotKey, logisticKey } from './gs1/key.ts'
import { scanDefaults, scanMemory, scanModes, scanToEvent, type ScanContext, type ScanRule } from './scan-event.ts'
import { bizSteps, dispositions } from './epcis/vocabulary.ts'

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

const container = { symbology: 'epc', data: '3474257BF40000000000162E' }
const containerKey = 'https://id.gs1.org/8004/06141415678'
const readPoint = 'https://id.gs1.org/414/9506000134338'

test('every mode has a CBV step and disposition of its own, and needs no more than a read point', () => {
  for (const mode of scanModes) {
    const { bizStep, disposition } = scanDefaults[mode]
    assert.ok(
      bizSteps.some((one) => one === bizStep),
      bizStep
    )
    assert.ok(disposition === undefined || dispositions.some((one) => one === disposition), disposition)
    const made = scanToEvent(item, { readPoint, mode }, context)
    assert.ok(made.ok && made.value.type === 'ObjectEvent' && made.value.action === 'OBSERVE', mode)
    assert.equal(made.value.bizStep, bizStep)
    assert.ok(parseCapture(made.value).ok)
  }
})

test('mode load: an asset takes in goods and pallets scanned before it', () => {
  const rule: ScanRule = { readPoint, mode: 'load' }
  const pallet = scanToEvent(label, rule, context)
  assert.ok(pallet.ok && pallet.value.type === 'ObjectEvent')
  assert.deepEqual(scanMemory(label, rule, pallet.value), { type: 'keep', keys: [logisticKey(sscc)] })
  const made = scanToEvent(container, rule, { ...context, pending: [logisticKey(sscc), lotKey(gtin, 'L1')] })
  assert.ok(made.ok && made.value.type === 'AggregationEvent')
  const { parentID, action, bizStep, disposition, childEPCs, childQuantityList } = made.value
  assert.deepEqual(
    { parentID, action, bizStep, disposition, childEPCs, childQuantityList },
    {
      parentID: containerKey,
      action: 'ADD',
      bizStep: 'loading',
      disposition: 'in_transit',
      childEPCs: [logisticKey(sscc)],
      childQuantityList: [{ epcClass: lotKey(gtin, 'L1') }]
    }
  )
  assert.deepEqual(scanMemory(container, rule, made.value), { type: 'clear' })
  const empty = scanToEvent(container, rule, context)
  assert.equal(empty.ok ? '' : empty.reason.code, 'SCAN_NOTHING_TO_LOAD')
})

test('mode load: a vehicle that is known takes in each scan at once', () => {
  const rule: ScanRule = { readPoint, mode: 'load', parentID: containerKey }
  const made = scanToEvent(label, rule, context)
  assert.ok(made.ok && made.value.type === 'AggregationEvent')
  assert.deepEqual([made.value.parentID, made.value.childEPCs], [containerKey, [logisticKey(sscc)]])
  assert.deepEqual(scanMemory(label, rule, made.value), { type: 'none' })
})

test('mode inspect: the result is scanned after the goods, and becomes their disposition', () => {
  const rule: ScanRule = { readPoint, mode: 'inspect', results: { PASS: 'conformant', 'NG-01': 'non_conformant' } }
  const seen = scanToEvent(item, rule, context)
  assert.ok(seen.ok && seen.value.type === 'ObjectEvent' && seen.value.disposition === 'in_progress')
  assert.deepEqual(scanMemory(item, rule, seen.value), { type: 'keep', keys: [itemKey(gtin, 'A1')] })
  const card = { symbology: ']Q0', data: 'NG-01' }
  const made = scanToEvent(card, rule, { ...context, pending: [itemKey(gtin, 'A1'), lotKey(gtin, 'L1')] })
  assert.ok(made.ok && made.value.type === 'ObjectEvent')
  const { bizStep, disposition, epcList, quantityList } = made.value
  assert.deepEqual(
    { bizStep, disposition, epcList, quantityList },
    {
      bizStep: 'inspecting',
      disposition: 'non_conformant',
      epcList: [itemKey(gtin, 'A1')],
      quantityList: [{ epcClass: lotKey(gtin, 'L1') }]
    }
  )
  assert.deepEqual(scanMemory(card, rule, made.value), { type: 'clear' })
  const early = scanToEvent(card, rule, context)
  assert.equal(early.ok ? '' : early.reason.code, 'SCAN_NOTHING_TO_INSPECT')
})
