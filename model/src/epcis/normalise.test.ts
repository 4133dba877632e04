/** What the stored form of an event must say, and that its hash does not depend on how the event is written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCapture } from './document.ts'
import { eventHashId } from './event-hash.ts'
import type { EpcisEvent } from './event.ts'
import { parseTimeMs, toTraceEvent } from './normalise.ts'
import { bareTerm } from './vocabulary.ts'

const recordTimeMs = 1_795_430_000_000
const context = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { ext: 'https://example.com/', unused: 'https://unused.example/' }
]

function eventOf(value: unknown): EpcisEvent {
  const capture = parseCapture(value)
  assert.ok(capture.ok, JSON.stringify(capture))
  const [event] = capture.events
  assert.ok(event !== undefined)
  return event
}

const shipping = {
  type: 'ObjectEvent',
  eventID: 'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8',
  eventTime: '2026-11-23T18:00:00.1239+08:00',
  eventTimeZoneOffset: '+08:00',
  action: 'OBSERVE',
  bizStep: 'https://ref.gs1.org/cbv/BizStep-shipping',
  disposition: 'in_transit',
  epcList: ['https://shop.example/01/04012345111118/10/L1/21/A1', 'urn:epc:id:sscc:4012345.3111111111', 'urn:uuid:1'],
  quantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.Lot987', quantity: 5, uom: 'KGM' }],
  readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0' },
  sourceList: [{ type: 'owning_party', source: 'urn:epc:id:pgln:4000001.00000' }],
  destinationList: [{ type: 'location', destination: 'urn:epc:id:sgln:4012345.00012.7' }],
  bizTransactionList: [{ type: 'po', bizTransaction: 'urn:x:po:1' }],
  'ext:colour': 'red'
}

test('toTraceEvent() writes canonical keys, bare words and integer times', () => {
  const { json, ...stored } = toTraceEvent(eventOf(shipping), { recordTimeMs, context })
  assert.deepEqual(stored, {
    eventID: shipping.eventID,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTimeMs: Date.UTC(2026, 10, 23, 10, 0, 0, 123),
    recordTimeMs,
    timeZoneOffset: '+08:00',
    bizStep: 'shipping',
    disposition: 'in_transit',
    readPoint: 'https://id.gs1.org/414/4012345000054',
    subjects: [
      {
        key: 'https://id.gs1.org/01/04012345111118/21/A1',
        kind: 'item',
        role: 'object',
        lot: 'https://id.gs1.org/01/04012345111118/10/L1'
      },
      { key: 'https://id.gs1.org/00/340123451111111111', kind: 'logistic', role: 'object' },
      { key: 'urn:uuid:1', kind: 'other', role: 'object' },
      { key: 'https://id.gs1.org/01/04012345123456/10/Lot987', kind: 'lot', role: 'object', quantity: 5, uom: 'KGM' }
    ],
    sources: [{ type: 'owning_party', key: 'https://id.gs1.org/417/4000001000005' }],
    destinations: [{ type: 'location', key: 'https://id.gs1.org/414/4012345000122/254/7' }],
    bizTransactions: [{ type: 'po', id: 'urn:x:po:1' }]
  })
  assert.deepEqual(JSON.parse(json), {
    '@context': { ext: 'https://example.com/' },
    ...shipping,
    recordTime: new Date(recordTimeMs).toISOString()
  })
})

test('toTraceEvent() keeps the prefixes of the document beside those of the event', () => {
  const event = eventOf({ ...shipping, '@context': [{ own: 'https://own.example/' }], 'own:size': 1 })
  const stored: unknown = JSON.parse(toTraceEvent(event, { recordTimeMs, context }).json)
  assert.ok(typeof stored === 'object' && stored !== null && '@context' in stored)
  assert.deepEqual(stored['@context'], [{ own: 'https://own.example/' }, { ext: 'https://example.com/' }])
})

test('toTraceEvent() tells parents from children and inputs from outputs', () => {
  const rolesOf = (event: unknown) =>
    toTraceEvent(eventOf(event), { recordTimeMs }).subjects.map(({ role, key }) => `${role} ${key.slice(19)}`)
  const { type: _, epcList: __, quantityList, ...members } = shipping
  const packed = { ...members, type: 'AggregationEvent', parentID: 'urn:epc:id:sscc:4012345.3111111111', childQuantityList: quantityList }
  assert.deepEqual(rolesOf(packed), ['parent 00/340123451111111111', 'child 01/04012345123456/10/Lot987'])
  const { action: ___, ...made } = members
  const transformed = {
    ...made,
    type: 'TransformationEvent',
    inputQuantityList: quantityList,
    outputEPCList: ['urn:epc:id:sgtin:4012345.011111.1'],
    ilmd: { 'cbvmda:lotNumber': 'L9' }
  }
  assert.deepEqual(rolesOf(transformed), ['input 01/04012345123456/10/Lot987', 'output 01/04012345111118/21/1'])
  assert.equal(toTraceEvent(eventOf(transformed), { recordTimeMs }).subjects[1]?.lot, 'https://id.gs1.org/01/04012345111118/10/L9')
})

test('toTraceEvent() keeps an error declaration and gives an event without id its hash', () => {
  const { eventID: _, ...anonymous } = shipping
  const declared = { ...anonymous, errorDeclaration: { declarationTime: '2026-11-24T00:00:00Z', reason: 'incorrect_data' } }
  const stored = toTraceEvent(eventOf(declared), { recordTimeMs, context })
  assert.match(stored.eventID, /^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/)
  assert.equal(stored.eventID, eventHashId(eventOf(anonymous), context), 'a declaration repeats the id of what it declares wrong')
  assert.deepEqual(stored.errorDeclaration, { declarationTimeMs: Date.UTC(2026, 10, 24), reason: 'incorrect_data', correctiveEventIDs: [] })
})

test('the hash does not depend on the order of members and lists, on syntax of keys, numbers and times', () => {
  const first = eventHashId(eventOf(shipping), context)
  const other = {
    'colours:colour': 'red',
    ...Object.fromEntries(
      Object.entries(shipping)
        .toReversed()
        .filter(([name]) => name !== 'ext:colour')
    ),
    eventID: 'urn:uuid:2',
    eventTime: '2026-11-23T10:00:00.124Z',
    bizStep: 'shipping',
    epcList: ['urn:uuid:1', 'https://id.gs1.org/00/340123451111111111', 'urn:epc:id:sgtin:4012345.011111.A1'],
    quantityList: [{ uom: 'KGM', quantity: 5.0, epcClass: 'https://id.gs1.org/01/04012345123456/10/Lot987' }],
    readPoint: { id: 'https://example.org/414/4012345000054' }
  }
  assert.equal(eventHashId(eventOf(other), { colours: 'https://example.com/' }), first)
  assert.notEqual(eventHashId(eventOf({ ...shipping, 'ext:colour': 'blue' }), context), first)
})

test('eventHashId() never throws for an event with any extension', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.match(eventHashId(eventOf({ ...shipping, 'ext:any': value }), context), /^ni:/)
    })
  )
})

test('parseTimeMs() cuts digits past the millisecond and takes leap seconds', () => {
  assert.equal(parseTimeMs('2026-11-23T10:00:00.1239999Z'), Date.UTC(2026, 10, 23, 10, 0, 0, 123))
  assert.equal(parseTimeMs('2026-11-23t18:00:00+08:00'), Date.UTC(2026, 10, 23, 10))
  assert.equal(parseTimeMs('2016-12-31T23:59:60Z'), Date.UTC(2016, 11, 31, 23, 59, 59))
})

test('bareTerm() knows a CBV word in all its forms and leaves other terms as they are', () => {
  for (const term of [
    'shipping',
    'https://ref.gs1.org/cbv/BizStep-shipping',
    'https://ns.gs1.org/voc/Bizstep-shipping',
    'cbv:BizStep-shipping',
    'urn:epcglobal:cbv:bizstep:shipping'
  ])
    assert.equal(bareTerm('bizStep', term), 'shipping', term)
  for (const term of ['https://ref.gs1.org/cbv/Disp-recalled', 'https://example.com/BizStep-shipping', 'urn:epcglobal:cbv:bizstep:flying'])
    assert.equal(bareTerm('bizStep', term), term, term)
})
