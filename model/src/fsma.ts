/**
 * What 21 CFR Part 1 Subpart S (FSMA 204) asks to be told: the critical tracking events, the key data elements of each with their
 * paragraphs, and the columns of the sortable spreadsheet (§1.1455(c)(3)). Tables only; `fsma-rows.ts` fills them.
 */
import type { TraceFact } from './trace-event.ts'

export const criticalTrackingEvents = [
  'harvesting',
  'cooling',
  'initialPacking',
  'firstLandBasedReceiving',
  'shipping',
  'receiving',
  'transformation'
] as const
export type CriticalTrackingEvent = (typeof criticalTrackingEvents)[number]

export const cteTitles: Readonly<Record<CriticalTrackingEvent, string>> = {
  harvesting: 'Harvesting',
  cooling: 'Cooling',
  initialPacking: 'Initial packing',
  firstLandBasedReceiving: 'First land-based receiving',
  shipping: 'Shipping',
  receiving: 'Receiving',
  transformation: 'Transformation'
}

/** An event with its own text parsed, for what the trace does not keep of it (ILMD, certification). */
export interface FsmaEvent {
  readonly fact: TraceFact
  readonly source: Readonly<Record<string, unknown>>
}

/** Attributes by name; where they come from is told by who gives them. */
export type Attributes = Readonly<Record<string, readonly string[]>>

/** What stands beside an event: the other events of the same goods, and master data. */
export interface FsmaKnowledge {
  /** Every event that names the key, oldest first, declared-wrong ones left out. */
  historyOf(key: string): readonly FsmaEvent[]
  /** Names in any spelling that ends in a word known here (`cbvmda:streetAddressOne`, `gs1:brandName`). */
  attributesOf(key: string): Attributes
}

/** text and date (`YYYY-MM-DD`) are strings; number and time (milliseconds) are numbers. A missing value is no member. */
export type FsmaRow = Readonly<Record<string, string | number>> & { readonly cte: string }

export const columnTypes = ['text', 'number', 'date', 'time'] as const
export interface FsmaColumn {
  readonly name: string
  readonly title: string
  readonly type: (typeof columnTypes)[number]
  /** Missing: of all. */
  readonly of?: readonly CriticalTrackingEvent[]
}

type Of = readonly CriticalTrackingEvent[]
const packed: Of = ['initialPacking', 'firstLandBasedReceiving', 'shipping', 'receiving', 'transformation']
const made: Of = ['initialPacking', 'transformation']
const raw: Of = ['harvesting', 'cooling', 'initialPacking']
const forwarded: Of = ['harvesting', 'cooling', 'shipping']

function text(name: string, title: string, of?: Of): FsmaColumn {
  return { name, title, type: 'text', ...(of === undefined ? {} : { of }) }
}
function typed(type: FsmaColumn['type'], name: string, title: string, of?: Of): FsmaColumn {
  return { name, title, type, ...(of === undefined ? {} : { of }) }
}
/** A location description (§1.1310): business name, telephone, address; the GLN beside them. */
function location(prefix: string, title: string, of?: Of): FsmaColumn[] {
  return [
    text(`${prefix}Name`, `${title}: business name`, of),
    text(`${prefix}Phone`, `${title}: phone`, of),
    text(`${prefix}Address`, `${title}: address`, of),
    text(`${prefix}Gln`, `${title}: GLN`, of)
  ]
}

export const fsmaColumns: readonly FsmaColumn[] = [
  text('cte', 'Critical tracking event'),
  typed('date', 'eventDate', 'Date (local)'),
  typed('time', 'eventTime', 'Time (UTC)'),
  text('timeZoneOffset', 'Offset from UTC'),
  text('traceabilityLotCode', 'Traceability lot code'),
  text('gtin', 'GTIN'),
  text('lotNumber', 'Lot number'),
  typed('number', 'quantity', 'Quantity'),
  text('unit', 'Unit of measure (UN/ECE Rec 20/21)'),
  text('productDescription', 'Product description'),
  text('brand', 'Brand'),
  text('commodity', 'Commodity'),
  text('variety', 'Variety'),
  text('packagingSize', 'Packaging size'),
  text('packagingStyle', 'Packaging style'),
  text('species', 'Species or market name', ['firstLandBasedReceiving']),
  text('inputTraceabilityLotCode', 'Input: traceability lot code', made),
  text('inputGtin', 'Input: GTIN', made),
  text('inputLotNumber', 'Input: lot number', made),
  typed('number', 'inputQuantity', 'Input: quantity', made),
  text('inputUnit', 'Input: unit of measure', made),
  text('inputProductDescription', 'Input: product description', made),
  text('inputCommodity', 'Input: commodity', made),
  text('inputVariety', 'Input: variety', made),
  typed('date', 'receivedDate', 'Input: date received', ['initialPacking']),
  ...location('location', 'Where it happened'),
  ...location('tlcSource', 'Traceability lot code source', packed),
  text('tlcSourceReference', 'Traceability lot code source reference', packed),
  ...location('previousSource', 'Immediate previous source', ['receiving']),
  ...location('recipient', 'Immediate subsequent recipient', forwarded),
  ...location('farm', 'Farm', raw),
  text('growingArea', 'Field, growing area or aquaculture container', raw),
  ...location('harvester', 'Harvester', ['harvesting', 'initialPacking']),
  typed('date', 'harvestDate', 'Harvest date (first)', ['initialPacking', 'firstLandBasedReceiving']),
  typed('date', 'harvestDateEnd', 'Harvest date (last)', ['firstLandBasedReceiving']),
  text('harvestArea', 'Harvest locations', ['firstLandBasedReceiving']),
  ...location('cooler', 'Cooling location', ['initialPacking']),
  typed('date', 'coolingDate', 'Date of cooling', ['initialPacking']),
  text('referenceDocumentType', 'Reference document type'),
  text('referenceDocumentNumber', 'Reference document number'),
  text('certification', 'Certification'),
  text('logisticUnit', 'Logistic unit (SSCC)', ['shipping', 'receiving']),
  text('eventId', 'EPCIS event ID'),
  typed('time', 'recordTime', 'Recorded (UTC)'),
  text('basis', 'Taken as this event because'),
  text('missing', 'Missing key data elements'),
  text('remarks', 'Remarks')
]

export function columnsOf(cte: CriticalTrackingEvent): readonly FsmaColumn[] {
  return fsmaColumns.filter(({ of }) => of === undefined || of.includes(cte))
}

/** One key data element: its paragraph, its name, and the columns that hold it. */
export interface KeyDataElement {
  readonly paragraph: string
  readonly name: string
  /** All of them are needed. */
  readonly columns?: readonly string[]
  /** A location description under this prefix. */
  readonly location?: string
  /** Any of these columns will do in the place of the location. */
  readonly or?: readonly string[]
  /** Name, brand, commodity or variety, packaging size and style (§1.1310, product description). */
  readonly product?: true
}

const quantity = ['quantity', 'unit']
const document = ['referenceDocumentType', 'referenceDocumentNumber']
const tlc = ['traceabilityLotCode']
const kde = (paragraph: string, name: string, rest: Omit<KeyDataElement, 'paragraph' | 'name'>): KeyDataElement => ({
  paragraph,
  name,
  ...rest
})
const tlcSource = (paragraph: string) =>
  kde(paragraph, 'traceability lot code source or its reference', { location: 'tlcSource', or: ['tlcSourceReference'] })

export const keyDataElements: Readonly<Record<CriticalTrackingEvent, readonly KeyDataElement[]>> = {
  harvesting: [
    kde('1.1325(a)(1)(i)', 'immediate subsequent recipient', { location: 'recipient' }),
    kde('1.1325(a)(1)(ii)', 'commodity', { columns: ['commodity'] }),
    kde('1.1325(a)(1)(iii)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1325(a)(1)(iv)', 'farm', { location: 'farm' }),
    kde('1.1325(a)(1)(v)-(vi)', 'field, growing area or container (produce, aquaculture)', { columns: ['growingArea'] }),
    kde('1.1325(a)(1)(vii)', 'date of harvesting', { columns: ['eventDate'] }),
    kde('1.1325(a)(1)(viii)', 'reference document type and number', { columns: document }),
    kde('1.1325(a)(2)', 'harvester business name and phone', { columns: ['harvesterName', 'harvesterPhone'] })
  ],
  cooling: [
    kde('1.1325(b)(1)(i)', 'immediate subsequent recipient', { location: 'recipient' }),
    kde('1.1325(b)(1)(ii)', 'commodity', { columns: ['commodity'] }),
    kde('1.1325(b)(1)(iii)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1325(b)(1)(iv)', 'cooling location', { location: 'location' }),
    kde('1.1325(b)(1)(v)', 'date of cooling', { columns: ['eventDate'] }),
    kde('1.1325(b)(1)(vi)', 'farm', { location: 'farm' }),
    kde('1.1325(b)(1)(vii)', 'reference document type and number', { columns: document })
  ],
  initialPacking: [
    kde('1.1330(a)(1)', 'commodity received', { columns: ['inputCommodity'] }),
    kde('1.1330(a)(2)', 'date received', { columns: ['receivedDate'] }),
    kde('1.1330(a)(3)', 'quantity and unit of measure received', { columns: ['inputQuantity', 'inputUnit'] }),
    kde('1.1330(a)(4)', 'farm', { location: 'farm' }),
    kde('1.1330(a)(5)-(6)', 'field, growing area or container (produce, aquaculture)', { columns: ['growingArea'] }),
    kde('1.1330(a)(7)', 'harvester business name and phone', { columns: ['harvesterName', 'harvesterPhone'] }),
    kde('1.1330(a)(8)', 'date of harvesting', { columns: ['harvestDate'] }),
    kde('1.1330(a)(11)', 'traceability lot code', { columns: tlc }),
    kde('1.1330(a)(12)', 'product description', { product: true }),
    kde('1.1330(a)(13)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1330(a)(14)', 'packing location (traceability lot code source)', { location: 'tlcSource', or: ['tlcSourceReference'] }),
    kde('1.1330(a)(15)', 'date of initial packing', { columns: ['eventDate'] }),
    kde('1.1330(a)(16)', 'reference document type and number', { columns: document })
  ],
  firstLandBasedReceiving: [
    kde('1.1335(a)', 'traceability lot code', { columns: tlc }),
    kde('1.1335(b)', 'species or market name, or product description', { columns: ['species'], or: ['species', 'productDescription'] }),
    kde('1.1335(c)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1335(d)', 'harvest date range and locations', { columns: ['harvestDate', 'harvestArea'] }),
    kde('1.1335(e)', 'first land-based receiver (traceability lot code source)', { location: 'tlcSource', or: ['tlcSourceReference'] }),
    kde('1.1335(f)', 'date landed', { columns: ['eventDate'] }),
    kde('1.1335(g)', 'reference document type and number', { columns: document })
  ],
  shipping: [
    kde('1.1340(a)(1)', 'traceability lot code', { columns: tlc }),
    kde('1.1340(a)(2)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1340(a)(3)', 'product description', { product: true }),
    kde('1.1340(a)(4)', 'immediate subsequent recipient', { location: 'recipient' }),
    kde('1.1340(a)(5)', 'location shipped from', { location: 'location' }),
    kde('1.1340(a)(6)', 'date shipped', { columns: ['eventDate'] }),
    tlcSource('1.1340(a)(7)'),
    kde('1.1340(a)(8)', 'reference document type and number', { columns: document })
  ],
  receiving: [
    kde('1.1345(a)(1)', 'traceability lot code', { columns: tlc }),
    kde('1.1345(a)(2)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1345(a)(3)', 'product description', { product: true }),
    kde('1.1345(a)(4)', 'immediate previous source', { location: 'previousSource' }),
    kde('1.1345(a)(5)', 'location received at', { location: 'location' }),
    kde('1.1345(a)(6)', 'date received', { columns: ['eventDate'] }),
    tlcSource('1.1345(a)(7)'),
    kde('1.1345(a)(8)', 'reference document type and number', { columns: document })
  ],
  transformation: [
    kde('1.1350(a)(1)(i)', 'traceability lot code of the food used', { columns: ['inputTraceabilityLotCode'] }),
    kde('1.1350(a)(1)(ii)', 'product description of the food used', { columns: ['inputProductDescription'] }),
    kde('1.1350(a)(1)(iii)', 'quantity and unit of measure of the food used', { columns: ['inputQuantity', 'inputUnit'] }),
    kde('1.1350(a)(2)(i)', 'new traceability lot code', { columns: tlc }),
    kde('1.1350(a)(2)(ii)', 'transformation location (traceability lot code source)', {
      location: 'tlcSource',
      or: ['tlcSourceReference']
    }),
    kde('1.1350(a)(2)(iii)', 'date completed', { columns: ['eventDate'] }),
    kde('1.1350(a)(2)(iv)', 'product description', { product: true }),
    kde('1.1350(a)(2)(v)', 'quantity and unit of measure', { columns: quantity }),
    kde('1.1350(a)(2)(vi)', 'reference document type and number', { columns: document })
  ]
}
