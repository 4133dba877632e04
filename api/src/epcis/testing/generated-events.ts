/** Valid EPCIS 2.0 events and documents at random, for properties and fuzz runs. Nothing of the product imports it. */
import fc from 'fast-check'

const gtin = '9506000.013435'
const serial = fc.integer({ min: 1, max: 40 })
/** The same items in either syntax. */
const item = serial.chain((number) =>
  fc.constantFrom(
    `urn:epc:id:sgtin:${gtin}.${number}`,
    `https://id.gs1.org/01/09506000134352/21/${number}`,
    `https://example.com/01/09506000134352/21/${number}`
  )
)
const container = fc.integer({ min: 1, max: 9 }).map((number) => `urn:epc:id:sscc:9506000.134352000${number}`)
const lot = fc.integer({ min: 1, max: 9 }).map((number) => `urn:epc:class:lgtin:${gtin}.L${number}`)
const place = fc.constantFrom(
  'urn:epc:id:sgln:9506000.13433.0',
  'https://id.gs1.org/414/9506000134345',
  'https://id.gs1.org/414/9506000134338/254/CH1'
)
const party = fc.constantFrom('urn:epc:id:pgln:9506000.13435', 'https://id.gs1.org/417/9506000134369')
const items = fc.uniqueArray(item, { minLength: 1, maxLength: 6 })
/** At least a day ago, in seconds or milliseconds. */
const time = fc.integer({ min: 0, max: 300 * 86_400 }).chain((second) => {
  const text = new Date(Date.UTC(2025, 11, 1) + second * 1_000).toISOString()
  return fc.constantFrom(text, text.replace('.000Z', 'Z'), text.replace('.000Z', '+00:00'))
})
const quantity = fc.record({
  epcClass: lot,
  quantity: fc.double({ min: 0.001, max: 1e6, noNaN: true, noDefaultInfinity: true }),
  uom: fc.constantFrom('KGM', 'LTR')
})
const optional: { requiredKeys: never[] } = { requiredKeys: [] }

const sensorElement = fc.record({
  sensorMetadata: fc.record({ time, deviceID: fc.constant('urn:epc:id:giai:9506000.1') }, optional),
  sensorReport: fc.array(
    fc.record({
      type: fc.constantFrom('Temperature', 'RelativeHumidity'),
      value: fc.double({ min: -50, max: 100, noNaN: true, noDefaultInfinity: true }),
      uom: fc.constantFrom('CEL', 'A93')
    }),
    { minLength: 1, maxLength: 3 }
  )
})

const why = {
  eventTime: time,
  eventTimeZoneOffset: fc.constantFrom('+08:00', '-05:30', '+00:00')
}
const maybe = {
  bizStep: fc.constantFrom('shipping', 'receiving', 'packing', 'storing', 'inspecting'),
  disposition: fc.constantFrom('in_transit', 'in_progress', 'active'),
  readPoint: fc.record({ id: place }),
  bizLocation: fc.record({ id: place }),
  bizTransactionList: fc.array(
    fc.record({
      type: fc.constantFrom('po', 'inv'),
      bizTransaction: fc.integer({ min: 1, max: 99 }).map((number) => `urn:epcglobal:cbv:bt:9506000134338:${number}`)
    }),
    { minLength: 1, maxLength: 2 }
  ),
  sourceList: fc.array(fc.record({ type: fc.constant('owning_party'), source: party }), { minLength: 1, maxLength: 1 }),
  destinationList: fc.array(fc.record({ type: fc.constant('owning_party'), destination: party }), { minLength: 1, maxLength: 1 }),
  sensorElementList: fc.array(sensorElement, { minLength: 1, maxLength: 2 }),
  eventID: fc.uuid({ version: 4 }).map((id) => `urn:uuid:${id}`),
  'example:note': fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.record({ 'example:inner': fc.string({ maxLength: 5 }) }))
}
const event = <Members extends object>(members: { [Name in keyof Members]: fc.Arbitrary<Members[Name]> }) =>
  fc.tuple(fc.record(why), fc.record(members), fc.record(maybe, optional)).map(([base, own, more]) => ({ ...base, ...own, ...more }))

export const epcisEvent: fc.Arbitrary<object> = fc.oneof(
  event({ type: fc.constant('ObjectEvent'), action: fc.constantFrom('ADD', 'OBSERVE', 'DELETE'), epcList: items }),
  event({
    type: fc.constant('ObjectEvent'),
    action: fc.constant('ADD'),
    quantityList: fc.array(quantity, { minLength: 1, maxLength: 2 }),
    ilmd: fc.record({ 'cbvmda:lotNumber': fc.constantFrom('L1', 'L2') })
  }),
  event({
    type: fc.constant('AggregationEvent'),
    action: fc.constantFrom('ADD', 'OBSERVE', 'DELETE'),
    parentID: container,
    childEPCs: items
  }),
  event({
    type: fc.constant('TransformationEvent'),
    inputEPCList: items,
    outputQuantityList: fc.array(quantity, { minLength: 1, maxLength: 1 })
  }),
  event({
    type: fc.constant('AssociationEvent'),
    action: fc.constantFrom('ADD', 'DELETE'),
    parentID: fc.constant('urn:epc:id:grai:9506000.12345.1'),
    childEPCs: items
  })
)

export const epcisDocument: fc.Arbitrary<object> = fc.array(epcisEvent, { maxLength: 6 }).map((eventList) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { example: 'https://example.com/vocabulary/' }],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-20T08:00:00Z',
  epcisBody: { eventList }
}))
