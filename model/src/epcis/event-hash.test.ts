/** The quick way of writing members for the hash must give the very text of the tree, whatever is in them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCapture } from './document.ts'
import { eventHashId, eventPreHash, hashIdOf, ignoredFields } from './event-hash.ts'
import type { EpcisEvent } from './event.ts'

const context = [{ ext: 'https://ext.example/', other: 'urn:other:' }]
const uri = fc.constantFrom(
  'urn:epc:id:sgtin:4012345.011111.A%2F1',
  'https://id.gs1.org/01/04012345111118/21/A1',
  'https://shop.example/gtin/04012345111118/lot/L%201?x=1',
  'urn:epcglobal:cbv:bt:4012345000009:7',
  'https://example.com/a',
  'cbv:x',
  'ext:y',
  'urn:x:é'
)
const term = fc.constantFrom('https://ref.gs1.org/cbv/BizStep-shipping', 'urn:epcglobal:cbv:bizstep:shipping', 'https://example.com/step')
const event = fc.record(
  {
    type: fc.constant('TransactionEvent' as const),
    eventTime: fc.constantFrom('2026-11-23T10:00:00Z', '2026-11-23T18:00:00.1235+08:00', '2026-11-23T10:00:00.0005Z'),
    eventTimeZoneOffset: fc.constant('+08:00'),
    action: fc.constant('ADD' as const),
    bizStep: term,
    parentID: uri,
    certificationInfo: fc.oneof(uri, fc.array(uri)),
    epcList: fc.array(uri),
    quantityList: fc.array(
      fc.record(
        { epcClass: uri, quantity: fc.double({ noNaN: true, noDefaultInfinity: true }), uom: fc.constant('KGM') },
        { requiredKeys: ['epcClass'] }
      )
    ),
    readPoint: fc.record({ id: uri }),
    bizTransactionList: fc.array(fc.record({ type: term, bizTransaction: uri }, { requiredKeys: ['bizTransaction'] })),
    sourceList: fc.array(fc.record({ type: term, source: uri })),
    destinationList: fc.array(fc.record({ type: term, destination: uri })),
    'ext:list': fc.array(fc.constantFrom('b', 'a', 1, true)),
    'other:one': fc.oneof(fc.constantFrom(' text ', '', '007'), fc.record({ 'ext:b': uri, constructor: fc.constant('x') }))
  },
  { requiredKeys: ['type', 'eventTime', 'eventTimeZoneOffset', 'action', 'bizTransactionList'] }
)

/** The same event written so that no member is plain: comments, which mean nothing, and texts as `#text`. */
function roundabout(value: EpcisEvent): unknown {
  const wrap = (inner: unknown): unknown => (typeof inner === 'string' ? { '#text': inner } : inner)
  const commented = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map((item: unknown) => (typeof item === 'object' ? { ...item, comment: 'nothing' } : wrap(item)))
    return typeof inner === 'object' ? { ...inner, comment: 'nothing' } : wrap(inner)
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === 'type' ? inner : commented(inner)]))
}

function isEvent(value: unknown): value is EpcisEvent {
  return typeof value === 'object' && value !== null && 'type' in value
}

test('plain members give the text that their tree gives', () => {
  fc.assert(
    fc.property(event, (one) => {
      // Prefixes of GS1 are spelt out in plain values only.
      const plain: unknown = JSON.parse(JSON.stringify(one).replaceAll('"cbv:x"', '"urn:x:cbv"'))
      assert.ok(isEvent(plain))
      const other = roundabout(plain)
      assert.ok(isEvent(other))
      assert.equal(eventPreHash(plain, context), eventPreHash(other, context))
    }),
    { numRuns: 500 }
  )
})

test('extensions that a document asks to ignore are left out, by any prefix', () => {
  const capture = parseCapture({
    type: 'ObjectEvent',
    eventTime: '2026-11-23T10:00:00Z',
    eventTimeZoneOffset: '+00:00',
    action: 'ADD',
    epcList: ['urn:x:1'],
    'ext:secret': 1,
    'ext:open': 2
  })
  assert.ok(capture.ok)
  const [one] = capture.events
  assert.ok(one !== undefined)
  const names = ignoredFields({ 'x:ignoreFields': ['ext:secret'] })
  assert.deepEqual(ignoredFields({ 'x:ignoreFields': { 'ext:secret': '' } }), names)
  assert.deepEqual(ignoredFields({ ignoreFields: ['ext:secret'] }), [])
  const text = eventPreHash(one, context, names)
  assert.equal(text, eventPreHash(one, context, ['{https://ext.example/}secret']))
  const open: unknown = { ...one, 'ext:secret': undefined }
  assert.ok(isEvent(open))
  assert.equal(text, eventPreHash(open, context))
  assert.notEqual(text, eventPreHash(one, context))
  assert.equal(hashIdOf(eventPreHash(one, context)), eventHashId(one, context))
  assert.equal(
    eventHashId(one, context, () => 'abc'),
    'ni:///sha-256;abc?ver=CBV2.0'
  )
})
