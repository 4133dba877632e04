/**
 * Makes rows of the FSMA 204 spreadsheet out of one EPCIS event: a row for each traceability lot, and for a transformation one for each
 * pair of lots used and made. Pure. What the events and master data do not say is named in the column `missing`, never filled in.
 */
import {
  cteTitles,
  keyDataElements,
  type CriticalTrackingEvent,
  type FsmaEvent,
  type FsmaKnowledge,
  type FsmaRow,
  type KeyDataElement
} from './fsma.ts'
import { classify, originOf, type Classified, type LeftOutReason } from './fsma-classify.ts'
import { localDateOf, placeOf, recipientOf } from './fsma-facts.ts'
import type { Goods } from './fsma-goods.ts'
import { describeProduct, locationColumns, productOf } from './fsma-places.ts'
import { relatedColumns, type Cells } from './fsma-related.ts'
import { lastWord, valuesIn, type Word } from './fsma-words.ts'

/** Rows of one event; a transformation of hundreds of lots into hundreds is cut there and says so. */
export const rowsPerEventMax = 2_000

export interface FsmaOutcome {
  readonly rows: readonly FsmaRow[]
  readonly leftOut?: LeftOutReason
  /** Rows that the limit left out. */
  readonly cut: number
}

export function fsmaRowsOf(event: FsmaEvent, knowledge: FsmaKnowledge): FsmaOutcome {
  const classified = classify(event, knowledge)
  if ('leftOut' in classified) return { rows: [], leftOut: classified.leftOut, cut: 0 }
  const pairs = pairsOf(classified)
  const common = commonColumns(event, classified, knowledge)
  // A lot stands in many pairs; what is told of it is looked up once.
  const goodsCells = new Map(
    classified.goods.map((goods) => [
      goods,
      { ...goodsColumns(goods, event, knowledge), ...sourceColumns(classified.cte, goods, event, knowledge) }
    ])
  )
  const inputCells = new Map(classified.inputs.map((input) => [input, inputColumns(input, knowledge)]))
  const rows = pairs.slice(0, rowsPerEventMax).map(({ goods, input }) => {
    const own = { ...common, ...(goods && goodsCells.get(goods)), ...(input && inputCells.get(input)) }
    return rowOf({ event, cte: classified.cte, pair: { goods, input }, own, knowledge })
  })
  return { rows, cut: Math.max(0, pairs.length - rowsPerEventMax) }
}

interface Pair {
  readonly goods: Goods | undefined
  readonly input: Goods | undefined
}

function pairsOf({ goods, inputs }: Extract<Classified, { cte: string }>): readonly Pair[] {
  if (inputs.length === 0) return goods.map((one) => ({ goods: one, input: undefined }))
  if (goods.length === 0) return inputs.map((input) => ({ goods: undefined, input }))
  return goods.flatMap((one) => inputs.map((input) => ({ goods: one, input })))
}

interface RowParts {
  readonly event: FsmaEvent
  readonly cte: CriticalTrackingEvent
  readonly pair: Pair
  /** What the event and its lots say themselves. */
  readonly own: Cells
  readonly knowledge: FsmaKnowledge
}

function rowOf({ event, cte, pair, own, knowledge }: RowParts): FsmaRow {
  const { goods, input } = pair
  const related = relatedColumns({
    event,
    cte,
    knowledge,
    ...(goods === undefined ? {} : { goods }),
    ...(input === undefined ? {} : { input })
  })
  const cells: Cells = { ...own, ...related.cells }
  const missing = missingOf(cte, cells)
  const remarks = [...related.remarks, ...(goods?.unknownContent === true ? ['what is inside of the logistic unit is not recorded'] : [])]
  return {
    ...cells,
    cte: cteTitles[cte],
    ...(missing.length === 0 ? {} : { missing: missing.join('; ') }),
    ...(remarks.length === 0 ? {} : { remarks: remarks.join('; ') })
  }
}

function commonColumns(
  event: FsmaEvent,
  { cte, basis }: { readonly cte: CriticalTrackingEvent; readonly basis: string },
  knowledge: FsmaKnowledge
): Cells {
  const { fact, source } = event
  const documents = fact.bizTransactions.map(({ type, id }) => ({ type: documentType(type), number: documentNumber(id) }))
  const certification = [source['certificationInfo']].flat().filter((one): one is string => typeof one === 'string')
  return {
    eventDate: localDateOf(event),
    eventTime: fact.eventTimeMs,
    timeZoneOffset: fact.timeZoneOffset,
    ...locationColumns('location', placeOf(fact), knowledge),
    ...(cte === 'harvesting' || cte === 'cooling' || cte === 'shipping' ? locationColumns('recipient', recipientOf(fact), knowledge) : {}),
    ...(documents.length === 0
      ? {}
      : {
          referenceDocumentType: documents.map((one) => one.type).join('; '),
          referenceDocumentNumber: documents.map((one) => one.number).join('; ')
        }),
    ...(certification.length === 0 ? {} : { certification: certification.join('; ') }),
    eventId: fact.eventID,
    recordTime: fact.recordTimeMs,
    basis
  }
}

function goodsColumns(goods: Goods, event: FsmaEvent, knowledge: FsmaKnowledge): Cells {
  const origin = originOf(goods, knowledge)
  const told = (word: Word) =>
    valuesIn(event.source, word)[0] ?? (origin === undefined ? undefined : valuesIn(origin.event.source, word)[0])
  const product = productOf(goods.key, { master: knowledge, told })
  const { name: _name, ...words } = product
  const description = describeProduct(product)
  const species = valuesIn(event.source, 'species')
  return {
    ...lotColumns(goods),
    ...(goods.quantity === undefined ? {} : { quantity: goods.quantity }),
    ...(goods.unit === undefined ? {} : { unit: goods.unit }),
    ...words,
    ...(description === undefined ? {} : { productDescription: description }),
    ...(species.length === 0 ? {} : { species: species.join('; ') }),
    ...(goods.within === undefined ? {} : { logisticUnit: lastWord(goods.within) })
  }
}

function lotColumns(goods: Goods): Cells {
  if (goods.gtin === undefined) return goods.unknownContent === true ? {} : { traceabilityLotCode: goods.key }
  if (goods.lotNumber === undefined) return { gtin: goods.gtin }
  return { traceabilityLotCode: `(01)${goods.gtin}(10)${goods.lotNumber}`, gtin: goods.gtin, lotNumber: goods.lotNumber }
}

function inputColumns(input: Goods, knowledge: FsmaKnowledge): Cells {
  const origin = originOf(input, knowledge)
  const told = (word: Word) => (origin === undefined ? undefined : valuesIn(origin.event.source, word)[0])
  const product = productOf(input.key, { master: knowledge, told })
  const description = describeProduct(product)
  const { traceabilityLotCode, gtin, lotNumber } = lotColumns(input)
  const cells = {
    inputTraceabilityLotCode: traceabilityLotCode,
    inputGtin: gtin,
    inputLotNumber: lotNumber,
    inputQuantity: input.quantity,
    inputUnit: input.unit,
    inputProductDescription: description,
    inputCommodity: product.commodity,
    inputVariety: product.variety
  }
  return Object.fromEntries(Object.entries(cells).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

const assigning: ReadonlySet<CriticalTrackingEvent> = new Set(['initialPacking', 'firstLandBasedReceiving', 'transformation'])

/** The traceability lot code source is where the code was given (§1.1310). */
function sourceColumns(cte: CriticalTrackingEvent, goods: Goods, event: FsmaEvent, knowledge: FsmaKnowledge): Cells {
  if (cte === 'harvesting' || cte === 'cooling') return {}
  const origin = assigning.has(cte) ? { cte, event } : originOf(goods, knowledge)
  const given = origin !== undefined && assigning.has(origin.cte) ? origin.event : undefined
  const reference =
    valuesIn(event.source, 'tlcReference')[0] ?? (given === undefined ? undefined : valuesIn(given.source, 'tlcReference')[0])
  return {
    ...(given === undefined ? {} : locationColumns('tlcSource', placeOf(given.fact), knowledge)),
    ...(reference === undefined ? {} : { tlcSourceReference: reference })
  }
}

const documentTypes: Readonly<Record<string, string>> = {
  bol: 'bill of lading',
  cert: 'certificate',
  desadv: 'despatch advice (ASN)',
  inv: 'invoice',
  pedigree: 'pedigree',
  po: 'purchase order',
  poc: 'purchase order confirmation',
  prodorder: 'production order',
  recadv: 'receiving advice',
  rma: 'return authorisation',
  testprd: 'test procedure',
  testres: 'test result',
  upevt: 'upstream event'
}

function documentType(type: string | undefined): string {
  return type === undefined ? 'not named' : (documentTypes[type] ?? lastWord(type))
}

/** The part of a business transaction identifier that stands on the paper (CBV 2.0 §8.5); of another URI all of it. */
function documentNumber(id: string): string {
  return (
    /^urn:epcglobal:cbv:bt:[^:]*:(.+)$/.exec(id)?.[1] ?? (/^urn:epc:id:gdti:|^https:\/\/id\.gs1\.org\/253\//.test(id) ? lastWord(id) : id)
  )
}

/** The key data elements that the cells do not hold, each with its paragraph. */
export function missingOf(cte: CriticalTrackingEvent, cells: Cells): readonly string[] {
  return keyDataElements[cte].flatMap((element) => {
    const lacking = lackingOf(element, cells)
    return lacking === undefined ? [] : [`${element.paragraph} ${element.name}${lacking === '' ? '' : `: ${lacking}`}`]
  })
}

/** Undefined when nothing lacks; empty when all of it does. */
function lackingOf({ columns, location, or, product }: KeyDataElement, cells: Cells): string | undefined {
  if (or?.some((name) => cells[name] !== undefined) === true) return undefined
  if (location !== undefined) {
    const parts = ['Name', 'Phone', 'Address'].filter((part) => cells[location + part] === undefined)
    if (parts.length === 0) return undefined
    return parts.length === 3 && cells[`${location}Gln`] === undefined ? '' : parts.join(', ').toLowerCase()
  }
  if (product === true) {
    const parts = [
      ...(cells['productDescription'] === undefined ? ['name'] : []),
      ...(cells['packagingSize'] === undefined ? ['packaging size'] : []),
      ...(cells['packagingStyle'] === undefined ? ['packaging style'] : [])
    ]
    return parts.length === 0 ? undefined : parts.length === 3 ? '' : parts.join(', ')
  }
  return columns?.every((name) => cells[name] !== undefined) === true ? undefined : ''
}
