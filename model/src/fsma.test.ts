/** The FSMA 204 mapping: one chain from field to shop in the pattern of GS1 US, and what is said where something lacks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEvent } from './epcis/event.ts'
import { toTraceEvent } from './epcis/normalise.ts'
import {
  columnsOf,
  criticalTrackingEvents,
  fsmaColumns,
  keyDataElements,
  type Attributes,
  type FsmaEvent,
  type FsmaKnowledge
} from './fsma.ts'
import { contentOf } from './fsma-goods.ts'
import { fsmaRowsOf, rowsPerEventMax } from './fsma-rows.ts'

const gln = (number: string) => `https://id.gs1.org/414/${number}`
const farm = gln('9506000134338')
const field = `${farm}/254/NORTH-7`
const cooler = gln('9506000134345')
const packer = gln('9506000134352')
const shop = gln('9506000134369')
const rawLot = 'https://id.gs1.org/01/09506000134352/10/RAW1'
const packedLot = 'https://id.gs1.org/01/09506000134369/10/PK1'
const otherLot = 'https://id.gs1.org/01/09506000134376/10/CROUTONS'
const saladLot = 'https://id.gs1.org/01/09506000134383/10/SALAD1'
const pallet = 'https://id.gs1.org/00/095060001343520006'

let made = 0
function event(hour: number, rest: object): FsmaEvent {
  made += 1
  const value = {
    type: 'ObjectEvent',
    eventID: `urn:uuid:00000000-0000-4000-8000-${String(made).padStart(12, '0')}`,
    eventTime: new Date(Date.UTC(2026, 3, 17, hour)).toISOString(),
    eventTimeZoneOffset: '-04:00',
    ...rest
  }
  const checked = checkEvent(value)
  assert.ok(checked.ok, JSON.stringify(checked))
  const { json: _json, ...fact } = toTraceEvent(checked.event, { recordTimeMs: Date.UTC(2026, 3, 18) })
  return { fact, source: value }
}
const lots = (epcClass: string, quantity: number, uom: string) => [{ epcClass, quantity, uom }]
const bt = (type: string, number: string) => ({
  bizTransactionList: [{ type, bizTransaction: `urn:epcglobal:cbv:bt:9506000134352:${number}` }]
})
const at = (key: string) => ({ readPoint: { id: key }, bizLocation: { id: key } })
const between = (from: string, to: string) => ({
  sourceList: [{ type: 'location', source: from }],
  destinationList: [{ type: 'location', destination: to }]
})

const harvest = event(0, {
  action: 'ADD',
  bizStep: 'creating_class_instance',
  readPoint: { id: farm },
  bizLocation: { id: field },
  quantityList: lots(rawLot, 25_000, 'LBR'),
  ...bt('prodorder', 'HARVEST-1')
})
const carried = event(2, {
  action: 'OBSERVE',
  bizStep: 'transporting',
  readPoint: { id: farm },
  quantityList: lots(rawLot, 25_000, 'LBR'),
  sourceList: [{ type: 'owning_party', source: 'https://id.gs1.org/417/9506000134338' }],
  destinationList: [{ type: 'location', destination: cooler }]
})
const cooled = event(5, {
  action: 'OBSERVE',
  bizStep: 'other',
  ...at(cooler),
  quantityList: lots(rawLot, 25_000, 'LBR'),
  sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: 36, uom: 'FAH' }] }]
})
const onward = event(6, {
  action: 'OBSERVE',
  bizStep: 'shipping',
  readPoint: { id: cooler },
  quantityList: lots(rawLot, 25_000, 'LBR'),
  ...between(cooler, packer)
})
const taken = event(8, { action: 'OBSERVE', bizStep: 'receiving', ...at(packer), quantityList: lots(rawLot, 25_000, 'LBR') })
const packed = event(30, {
  type: 'TransformationEvent',
  bizStep: 'creating_class_instance',
  ...at(packer),
  inputQuantityList: lots(rawLot, 25_000, 'LBR'),
  outputQuantityList: lots(packedLot, 500, 'CS'),
  ...bt('prodorder', 'PACK-1')
})
const onPallet = event(31, {
  type: 'AggregationEvent',
  action: 'ADD',
  bizStep: 'packing',
  parentID: pallet,
  readPoint: { id: packer },
  childQuantityList: lots(packedLot, 25, 'CS')
})
const shipped = event(31, {
  action: 'OBSERVE',
  bizStep: 'shipping',
  epcList: [pallet],
  readPoint: { id: packer },
  ...bt('bol', 'BOL-7'),
  ...between(packer, shop)
})
const received = event(40, {
  type: 'AggregationEvent',
  action: 'OBSERVE',
  bizStep: 'receiving',
  parentID: pallet,
  ...at(shop),
  childQuantityList: lots(packedLot, 25, 'CS'),
  ...bt('recadv', '861-1')
})
const salad = event(50, {
  type: 'TransformationEvent',
  bizStep: 'creating_class_instance',
  ...at(shop),
  inputQuantityList: [...lots(packedLot, 10, 'CS'), ...lots(otherLot, 5, 'CS')],
  outputQuantityList: lots(saladLot, 200, 'CS'),
  ...bt('prodorder', 'BATCH-1')
})
const landed = event(3, {
  action: 'ADD',
  bizStep: 'creating_class_instance',
  readPoint: { id: packer },
  quantityList: lots('https://id.gs1.org/01/09506000134390/10/SWF', 1_000, 'LBR'),
  bizTransactionList: [
    { type: 'cert', bizTransaction: 'urn:epcglobal:cbv:bt:9506000134352:cert-1' },
    { type: 'po', bizTransaction: 'urn:epcglobal:cbv:bt:9506000134352:850-1' }
  ],
  ilmd: {
    'gs1:catchZone': ['21.4R', '27.14.a'],
    'gs1:harvestDateStart': '2026-02-16',
    'gs1:harvestDateEnd': '2026-02-18',
    'gs1:fishType': 'SWORDFISH'
  }
})
const chain = [harvest, carried, cooled, onward, taken, packed, onPallet, shipped, received, salad, landed]

const address = (name: string) => ({
  'cbvmda:name': [name],
  'urn:epcglobal:cbv:mda#streetAddressOne': ['1 Road'],
  city: ['Salinas'],
  state: ['CA'],
  postalCode: ['93901'],
  countryCode: ['US'],
  'schema:telephone': ['+1 555 0100']
})
const product = (name: string) => ({
  tradeItemDescription: [name],
  brandName: ['Green'],
  commodity: ['Lettuce'],
  netContentDescription: ['12 x 340 g'],
  packagingStyle: ['carton']
})
const master: Readonly<Record<string, Attributes>> = {
  [farm]: address('Farm'),
  [field]: { name: ['North field 7'] },
  'https://id.gs1.org/417/9506000134338': { name: ['Farm Ltd'], telephone: ['+1 555 0101'] },
  [cooler]: address('Cooler'),
  [packer]: address('Packer'),
  [shop]: address('Shop'),
  'https://id.gs1.org/01/09506000134352': product('Lettuce, raw'),
  'https://id.gs1.org/01/09506000134369': product('Romaine hearts'),
  'https://id.gs1.org/01/09506000134376': product('Croutons'),
  'https://id.gs1.org/01/09506000134383': product('Caesar salad')
}

function knowledge(events: readonly FsmaEvent[], attributes = master): FsmaKnowledge {
  return {
    historyOf: (key) => events.filter(({ fact }) => fact.subjects.some((subject) => subject.key === key || subject.lot === key)),
    attributesOf: (key) => attributes[key] ?? {}
  }
}
const rowsOf = (one: FsmaEvent, events = chain, attributes = master) => fsmaRowsOf(one, knowledge(events, attributes)).rows
const pick = (row: object | undefined, ...names: string[]) =>
  names.map((name) => Object.entries(row ?? {}).find(([key]) => key === name)?.[1])

test('a harvest tells farm, field and day, and who takes the food next', () => {
  const [row] = rowsOf(harvest)
  assert.deepEqual(pick(row, 'cte', 'traceabilityLotCode', 'quantity', 'unit', 'eventDate'), [
    'Harvesting',
    '(01)09506000134352(10)RAW1',
    25_000,
    'LBR',
    '2026-04-16'
  ])
  assert.deepEqual(pick(row, 'farmName', 'growingArea', 'recipientGln', 'harvesterName', 'referenceDocumentNumber'), [
    'Farm',
    'North field 7',
    '9506000134345',
    'Farm Ltd',
    'HARVEST-1'
  ])
  assert.equal(row?.['farmAddress'], '1 Road, Salinas, CA 93901, US')
  assert.equal(row?.['missing'], undefined)
  assert.match(String(row?.['remarks']), new RegExp(carried.fact.eventID))
})

test('cooling names the farm, and what it lacks by its paragraph', () => {
  const [row] = rowsOf(cooled)
  assert.deepEqual(pick(row, 'cte', 'locationName', 'farmName', 'recipientName'), ['Cooling', 'Cooler', 'Farm', 'Packer'])
  assert.equal(row?.['missing'], '1.1325(b)(1)(vii) reference document type and number')
})

test('initial packing brings harvest, harvester, cooling and the day of receipt along', () => {
  const [row, ...more] = rowsOf(packed)
  assert.equal(more.length, 0)
  assert.deepEqual(pick(row, 'cte', 'traceabilityLotCode', 'quantity', 'unit', 'inputLotNumber', 'inputQuantity', 'inputUnit'), [
    'Initial packing',
    '(01)09506000134369(10)PK1',
    500,
    'CS',
    'RAW1',
    25_000,
    'LBR'
  ])
  assert.deepEqual(
    pick(row, 'farmName', 'growingArea', 'harvesterName', 'harvestDate', 'coolerName', 'coolingDate', 'receivedDate', 'tlcSourceName'),
    ['Farm', 'North field 7', 'Farm Ltd', '2026-04-16', 'Cooler', '2026-04-17', '2026-04-17', 'Packer']
  )
  assert.equal(row?.['missing'], undefined)
})

test('landing tells catch areas, dates and species of the ILMD', () => {
  const [row] = rowsOf(landed)
  assert.deepEqual(
    pick(
      row,
      'cte',
      'species',
      'harvestArea',
      'harvestDate',
      'harvestDateEnd',
      'tlcSourceGln',
      'referenceDocumentType',
      'referenceDocumentNumber'
    ),
    [
      'First land-based receiving',
      'SWORDFISH',
      '21.4R; 27.14.a',
      '2026-02-16',
      '2026-02-18',
      '9506000134352',
      'certificate; purchase order',
      'cert-1; 850-1'
    ]
  )
  assert.equal(row?.['missing'], undefined)
})

test('a pallet that is shipped gives a row for each lot inside of it, with the source of its code', () => {
  const [row] = rowsOf(shipped)
  assert.deepEqual(pick(row, 'cte', 'lotNumber', 'quantity', 'unit', 'logisticUnit', 'locationName', 'recipientName', 'tlcSourceName'), [
    'Shipping',
    'PK1',
    25,
    'CS',
    '095060001343520006',
    'Packer',
    'Shop',
    'Packer'
  ])
  assert.deepEqual(pick(row, 'referenceDocumentType', 'referenceDocumentNumber', 'missing'), ['bill of lading', 'BOL-7', undefined])
})

test('receiving finds where the goods came from in the event that shipped them', () => {
  const [row] = rowsOf(received)
  assert.deepEqual(pick(row, 'cte', 'lotNumber', 'quantity', 'previousSourceName', 'locationName', 'missing'), [
    'Receiving',
    'PK1',
    25,
    'Packer',
    'Shop',
    undefined
  ])
  assert.match(String(row?.['remarks']), new RegExp(shipped.fact.eventID))
})

test('a transformation gives a row for each lot that was used, under the new code', () => {
  const rows = rowsOf(salad)
  assert.deepEqual(
    rows.map((row) => pick(row, 'cte', 'inputLotNumber', 'inputQuantity', 'inputProductDescription', 'lotNumber', 'missing')),
    [
      ['Transformation', 'PK1', 10, 'Green, Romaine hearts, 12 x 340 g, carton', 'SALAD1', undefined],
      ['Transformation', 'CROUTONS', 5, 'Green, Croutons, 12 x 340 g, carton', 'SALAD1', undefined]
    ]
  )
})

test('what moves before initial packing is no tracking event, and neither is carrying', () => {
  for (const one of [onward, taken]) assert.equal(fsmaRowsOf(one, knowledge(chain)).leftOut, 'beforeInitialPacking')
  for (const one of [carried, onPallet]) assert.equal(fsmaRowsOf(one, knowledge(chain)).leftOut, 'notTracked')
})

test('without master data and history nothing is made up: it is named as missing', () => {
  const [row] = rowsOf(shipped, [shipped], {})
  assert.deepEqual(pick(row, 'traceabilityLotCode', 'quantity', 'productDescription', 'tlcSourceGln'), [
    undefined,
    undefined,
    undefined,
    undefined
  ])
  for (const element of ['1.1340(a)(1) ', '(a)(2)', '(a)(3)', '(a)(4) immediate subsequent recipient: name, phone, address', '(a)(7)'])
    assert.ok(String(row?.['missing']).includes(element), `${element} in ${row?.['missing']}`)
  assert.match(String(row?.['remarks']), /not recorded/)
})

test('serials of one lot are counted, and a voided shipping says so', () => {
  const items = ['A', 'B', 'C'].map((serial) => `https://id.gs1.org/01/09506000134369/21/${serial}`)
  const commissioned = event(1, {
    action: 'ADD',
    bizStep: 'commissioning',
    epcList: items,
    readPoint: { id: packer },
    ilmd: { 'cbvmda:lotNumber': 'L9' }
  })
  const sent = event(2, { action: 'OBSERVE', bizStep: 'shipping', epcList: items.slice(1), readPoint: { id: packer } })
  const undone = event(3, { action: 'OBSERVE', bizStep: 'void_shipping', epcList: items.slice(1), readPoint: { id: packer } })
  const all = [commissioned, sent, undone]
  assert.deepEqual(pick(rowsOf(commissioned, all)[0], 'cte', 'lotNumber', 'quantity', 'unit'), ['Transformation', 'L9', 3, 'EA'])
  assert.deepEqual(pick(rowsOf(sent, all)[0], 'cte', 'lotNumber', 'quantity', 'tlcSourceName'), ['Shipping', 'L9', 2, 'Packer'])
  assert.match(String(rowsOf(sent, all)[0]?.['remarks']), /declared void/)
})

test('a reused pallet holds at each time what was on it then', () => {
  const load = (hour: number, action: string, lot: string, quantity: number) =>
    event(hour, { type: 'AggregationEvent', action, parentID: pallet, childQuantityList: lots(lot, quantity, 'CS') })
  const emptied = event(4, { type: 'AggregationEvent', action: 'DELETE', parentID: pallet })
  const all = knowledge([
    load(1, 'ADD', packedLot, 10),
    load(2, 'ADD', packedLot, 5),
    load(3, 'DELETE', packedLot, 4),
    emptied,
    load(5, 'ADD', saladLot, 7)
  ])
  const held = (hour: number) => contentOf(pallet, Date.UTC(2026, 3, 17, hour), all).map(({ key, quantity }) => [key, quantity])
  assert.deepEqual([held(0), held(2), held(3), held(4), held(6)], [[], [[packedLot, 15]], [[packedLot, 11]], [], [[saladLot, 7]]])
})

test('a lot that was reworked under its own code is a transformation like any other', () => {
  const circle = event(1, {
    type: 'TransformationEvent',
    bizStep: 'repackaging',
    inputQuantityList: lots(packedLot, 10, 'CS'),
    outputQuantityList: lots(packedLot, 9, 'CS')
  })
  assert.deepEqual(pick(rowsOf(circle, [circle])[0], 'cte', 'inputQuantity', 'quantity'), ['Transformation', 10, 9])
})

test('a transformation of very many lots is cut at the limit and says how many rows went', () => {
  const many = (gtin: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({ epcClass: `https://id.gs1.org/01/${gtin}/10/L${at}`, quantity: 1 }))
  const big = event(1, {
    type: 'TransformationEvent',
    inputQuantityList: many('09506000134352', 60),
    outputQuantityList: many('09506000134369', 50)
  })
  const outcome = fsmaRowsOf(big, knowledge([big]))
  assert.deepEqual([outcome.rows.length, outcome.cut], [rowsPerEventMax, 60 * 50 - rowsPerEventMax])
})

test('every key data element stands in a column of its event', () => {
  for (const cte of criticalTrackingEvents) {
    const names = new Set(columnsOf(cte).map(({ name }) => name))
    for (const { columns = [], location, or = [] } of keyDataElements[cte]) {
      const wanted = [
        ...columns,
        ...or,
        ...(location === undefined ? [] : ['Name', 'Phone', 'Address', 'Gln'].map((part) => location + part))
      ]
      for (const name of wanted) assert.ok(names.has(name), `${cte}: ${name}`)
    }
  }
  const known = new Set(fsmaColumns.map(({ name }) => name))
  for (const one of chain) for (const row of rowsOf(one)) for (const name of Object.keys(row)) assert.ok(known.has(name), name)
})
