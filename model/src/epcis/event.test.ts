/** Breaks each rule of each event type, and says what must be found where. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventsPerDocumentMax, parseCapture, validateDocument } from './document.ts'
import { entriesPerListMax } from './schema-parts.ts'

const head = { eventTime: '2026-11-23T10:00:00+08:00', eventTimeZoneOffset: '+08:00' }
const epc = 'urn:epc:id:sgtin:4012345.011111.1'
const sscc = 'urn:epc:id:sscc:4012345.3111111111'
const lot = { epcClass: 'urn:epc:class:lgtin:4012345.012345.Lot987', quantity: 5, uom: 'KGM' }
const object = { type: 'ObjectEvent', ...head, action: 'OBSERVE', epcList: [epc] }

function codesOf(value: unknown): string[] {
  const capture = parseCapture(value)
  return capture.ok ? [] : capture.findings.map(({ code, pointer }) => `${code} ${pointer}`)
}

test('each event type is taken in its shortest form', () => {
  const events = [
    object,
    { type: 'ObjectEvent', ...head, action: 'ADD', quantityList: [lot], ilmd: { 'cbvmda:lotNumber': 'Lot987' } },
    { type: 'AggregationEvent', ...head, action: 'ADD', parentID: sscc, childEPCs: [epc] },
    { type: 'AggregationEvent', ...head, action: 'DELETE', parentID: sscc },
    { type: 'AggregationEvent', ...head, action: 'OBSERVE', childEPCs: [epc] },
    { type: 'AssociationEvent', ...head, action: 'ADD', parentID: sscc, childEPCs: [epc] },
    { type: 'TransactionEvent', ...head, action: 'ADD', bizTransactionList: [{ bizTransaction: 'urn:x:1' }], epcList: [epc] },
    { type: 'TransformationEvent', ...head, inputQuantityList: [lot], outputEPCList: [epc] },
    { type: 'TransformationEvent', ...head, inputQuantityList: [lot], transformationID: 'urn:x:1' }
  ]
  for (const event of events) assert.deepEqual(codesOf(event), [], JSON.stringify(event))
})

test('what the members must be together is checked', () => {
  const { epcList: _, ...empty } = object
  const broken: [unknown, string][] = [
    [empty, 'EPCIS_NO_OBJECT '],
    [{ ...object, ilmd: {} }, 'EPCIS_ILMD_ACTION /ilmd'],
    [{ type: 'AggregationEvent', ...head, action: 'ADD', childEPCs: [epc] }, 'EPCIS_NO_PARENT '],
    [{ type: 'AggregationEvent', ...head, action: 'ADD', parentID: sscc }, 'EPCIS_NO_CHILDREN '],
    [{ type: 'AssociationEvent', ...head, action: 'ADD', childEPCs: [epc] }, 'SCHEMA_REQUIRED '],
    [{ type: 'AssociationEvent', ...head, action: 'ADD', parentID: sscc, childEPCs: [] }, 'EPCIS_NO_CHILDREN '],
    [
      { type: 'TransactionEvent', ...head, action: 'ADD', bizTransactionList: [], epcList: [epc] },
      'EPCIS_NO_TRANSACTION /bizTransactionList'
    ],
    [{ type: 'TransformationEvent', ...head, inputEPCList: [epc] }, 'EPCIS_NO_TRANSFORMATION ']
  ]
  for (const [event, code] of broken) assert.deepEqual(codesOf(event), [code], JSON.stringify(event))
})

test('members, formats and terms are checked with their place', () => {
  const broken: [object, string][] = [
    [{ colour: 'red' }, 'SCHEMA_UNKNOWN_MEMBER /colour'],
    [{ eventTime: '2026-11-23T10:00:00' }, 'SCHEMA_FORMAT /eventTime'],
    [{ eventTime: '2026-11-23T10:00:00+08:00[Asia/Shanghai]' }, 'SCHEMA_PATTERN /eventTime'],
    [{ eventTimeZoneOffset: '+15:00' }, 'SCHEMA_PATTERN /eventTimeZoneOffset'],
    [{ epcList: ['42'] }, 'SCHEMA_FORMAT /epcList/0'],
    [{ epcList: ['urn:x:1', epc, epc] }, 'EPCIS_REPEATED_EPC /epcList/2'],
    [{ epcList: Array.from({ length: entriesPerListMax + 1 }, (_, index) => `urn:x:${index}`) }, 'SCHEMA_MAXITEMS /epcList'],
    [{ bizStep: 'teleporting' }, 'SCHEMA_PATTERN /bizStep'],
    [{ bizStep: 'urn:epcglobal:cbv:bizstep:teleporting' }, 'SCHEMA_PATTERN /bizStep'],
    [{ bizStep: 'urn:epcglobal:cbv:disp:in_transit' }, 'SCHEMA_PATTERN /bizStep'],
    [{ disposition: 'sold' }, 'SCHEMA_PATTERN /disposition'],
    [{ readPoint: {} }, 'SCHEMA_REQUIRED /readPoint'],
    [{ readPoint: { id: 'urn:x:1', name: 'gate' } }, 'SCHEMA_UNKNOWN_MEMBER /readPoint/name'],
    [{ persistentDisposition: {} }, 'SCHEMA_MINPROPERTIES /persistentDisposition'],
    [{ sensorElementList: [{ sensorReport: [{ value: '1' }] }] }, 'SCHEMA_TYPE /sensorElementList/0/sensorReport/0/value'],
    [{ errorDeclaration: { reason: 'did_not_occur' } }, 'SCHEMA_REQUIRED /errorDeclaration']
  ]
  for (const [members, code] of broken) assert.deepEqual(codesOf({ ...object, ...members }), [code])
})

test('attributes that metadata and report share stand in one of them (TCR-53)', () => {
  const metadata = { time: '2026-11-23T10:00:00Z', deviceID: 'urn:epc:id:giai:4000001.111', bizRules: 'https://example.com/rules' }
  const elementOf = (report: object) => ({ ...object, sensorElementList: [{ sensorMetadata: metadata, sensorReport: [report] }] })
  const report = { type: 'Temperature', value: 4, uom: 'CEL', bizRules: 'https://example.com/rules' }
  assert.deepEqual(codesOf(elementOf(report)), [])
  const at = 'EPCIS_SENSOR_ATTRIBUTE_TWICE /sensorElementList/0/sensorReport/0'
  assert.deepEqual(codesOf(elementOf({ ...report, deviceID: metadata.deviceID })), [`${at}/deviceID`])
  assert.deepEqual(codesOf(elementOf({ ...report, time: '2026-11-23T18:00:00+08:00', deviceID: 'urn:x:other' })), [
    `${at}/time`,
    `${at}/deviceID`
  ])
  assert.deepEqual(codesOf(elementOf({ ...report, time: '2026-11-23T10:05:00Z', deviceID: metadata.deviceID })), [], 'another observation')
})

test('one event with many faults has all of them found, up to ten', () => {
  const members = {
    colour: 1,
    size: 2,
    eventTime: 'x',
    eventTimeZoneOffset: 'x',
    epcList: ['x'],
    bizStep: 'x',
    disposition: 'x',
    action: 'x',
    readPoint: {}
  }
  assert.equal(codesOf({ ...object, ...members }).length, 9)
  assert.equal(codesOf({ ...object, ...members, bizLocation: {}, eventID: 'x' }).length, 10)
})

test('extensions with a prefix and terms as URIs are taken', () => {
  const extended = {
    ...object,
    'ext:colour': { deep: [1] },
    bizStep: 'https://example.com/step',
    disposition: 'ext:frozen',
    readPoint: { id: 'urn:x:1', 'ext:name': 'gate' }
  }
  assert.deepEqual(codesOf(extended), [])
})

test('a document gives at most ten findings, each with the place of its event', () => {
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-11-23T10:00:00Z',
    epcisBody: { eventList: Array.from({ length: 30 }, () => ({ ...object, bizStep: 'x' })) }
  }
  const found = codesOf(document)
  assert.equal(found.length, 10)
  assert.equal(found[9], 'SCHEMA_PATTERN /epcisBody/eventList/9/bizStep')
  const { '@context': _, ...withoutContext } = document
  assert.deepEqual(codesOf(withoutContext).slice(0, 2), ['SCHEMA_REQUIRED ', 'SCHEMA_PATTERN /epcisBody/eventList/0/bizStep'])
  const tooMany = { ...document, epcisBody: { eventList: Array.from({ length: eventsPerDocumentMax + 1 }, () => object) } }
  assert.deepEqual(codesOf(tooMany), ['EPCIS_TOO_MANY_EVENTS /epcisBody/eventList'])
})

test('an event whose extensions nest without end is refused', () => {
  const deep: unknown = JSON.parse(`${'{"ext:a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
  assert.deepEqual(codesOf({ ...object, 'ext:deep': deep }), ['EPCIS_TOO_DEEP '])
})

test('a long list of bad EPCs costs no more than a glance', () => {
  const startedAtMs = performance.now()
  codesOf({ ...object, epcList: Array.from({ length: entriesPerListMax }, () => 'x') })
  assert.ok(performance.now() - startedAtMs < 2_000)
})

test('validateDocument() refuses a bare event, parseCapture() takes it', () => {
  const validated = validateDocument(object)
  assert.equal(validated.ok ? 'taken' : validated.findings[0]?.code, 'EPCIS_DOCUMENT_TYPE')
  assert.ok(parseCapture(object).ok)
})

test('parseCapture() never throws, whatever the value', () => {
  const type = fc.constantFrom('ObjectEvent', 'EPCISDocument', 'EPCISQueryDocument', 'AssociationEvent', 'x')
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ type, epcisBody: fc.jsonValue() })),
      (value) => typeof parseCapture(value).ok === 'boolean'
    )
  )
})
