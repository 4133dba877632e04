/** The goods of the EPCIS bench as documents: consignments of 1 to 20 items with six events each, a tree of 10,000 items, a made product. */

const startMs = Date.UTC(2026, 0, 1)
export const eventsPerDocument = 500
const stepsPerConsignment = 6
/** Consignments that take one step before the next one is taken: their keys are long out of every cache when they come again. */
const consignmentsPerBlock = 5_000
const documentsPerBlock = (consignmentsPerBlock * stepsPerConsignment) / eventsPerDocument

const steps = [
  { bizStep: 'commissioning', disposition: 'active', action: 'ADD', place: 1, hour: 0 },
  { bizStep: 'inspecting', disposition: 'conformant', action: 'OBSERVE', place: 1, hour: 2 },
  { bizStep: 'shipping', disposition: 'in_transit', action: 'OBSERVE', place: 2, hour: 20 },
  { bizStep: 'receiving', disposition: 'in_progress', action: 'OBSERVE', place: 3, hour: 90 },
  { bizStep: 'storing', disposition: 'sellable_not_accessible', action: 'OBSERVE', place: 3, hour: 92 },
  { bizStep: 'stocking', disposition: 'sellable_accessible', action: 'OBSERVE', place: 4, hour: 200 }
] as const

const gtin = '09506000134352'
/** Serial numbers that do not come in order, as from many makers. */
const scramble = (number: number): number => (number * 2_654_435_761) % 4_294_967_291
export const itemKey = (consignment: number, at: number): string => `https://id.gs1.org/01/${gtin}/21/${scramble(consignment * 32 + at)}`
export const itemsOf = (consignment: number): number => 1 + ((consignment * 7) % 20)
const place = (number: number): string => `https://id.gs1.org/414/${String(9_506_000_000_000 + number)}`
const unit = (number: number): string => `https://id.gs1.org/00/${String(number).padStart(18, '0')}`
export const lotKey = (number: number | string): string => `https://id.gs1.org/01/${gtin}/10/${number}`

function documentOf(events: readonly object[]): string {
  return JSON.stringify({
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-01-01T00:00:00Z',
    epcisBody: { eventList: events }
  })
}

/** About 900 bytes with ten items; no eventID, so the hash becomes it. */
function consignmentEvent(consignment: number, step: number): object {
  const { bizStep, disposition, action, place: at, hour } = steps[step] ?? steps[0]
  const site = place((consignment % 40) * 10 + at)
  return {
    type: 'ObjectEvent',
    action,
    eventTime: new Date(startMs + consignment * 60_000 + hour * 3_600_000).toISOString(),
    eventTimeZoneOffset: '+08:00',
    bizStep,
    disposition,
    readPoint: { id: site },
    bizLocation: { id: site },
    epcList: Array.from({ length: itemsOf(consignment) }, (_, index) => itemKey(consignment, index)),
    bizTransactionList: [{ type: 'po', bizTransaction: `urn:epcglobal:cbv:bt:9506000134338:${consignment}` }],
    sourceList: [{ type: 'possessing_party', source: `https://id.gs1.org/417/9506000134352` }],
    destinationList: [{ type: 'possessing_party', destination: 'https://id.gs1.org/417/9506000134369' }]
  }
}

/** Consignments that so many documents tell of in full. */
export const consignmentsIn = (documents: number): number => Math.floor(documents / documentsPerBlock) * consignmentsPerBlock
export const wholeDocuments = (documents: number): number => Math.max(1, Math.round(documents / documentsPerBlock)) * documentsPerBlock

export function documentAt(number: number): string {
  const block = Math.floor(number / documentsPerBlock)
  const inside = number % documentsPerBlock
  const perStep = documentsPerBlock / stepsPerConsignment
  const first = block * consignmentsPerBlock + (inside % perStep) * eventsPerDocument
  const step = Math.floor(inside / perStep)
  return documentOf(Array.from({ length: eventsPerDocument }, (_, index) => consignmentEvent(first + index, step)))
}

const event = (minute: number, members: object): object => ({
  eventTime: new Date(startMs + minute * 60_000).toISOString(),
  eventTimeZoneOffset: '+08:00',
  ...members
})

export const treeItems = 10_000
const itemsPerCase = 20
const casesPerPallet = 20
/** The shipping unit that holds all 25 pallets. */
export const treeTop = unit(9_000_000)

/** Items packed in cases, cases on pallets, pallets in one container that was shipped; half of the pallets were taken out and received. */
export function treeDocuments(): string[] {
  const cases = treeItems / itemsPerCase
  const pallets = cases / casesPerPallet
  const item = (number: number) => itemKey(50_000_000 + number, 0)
  const events: object[] = []
  const pack = (minute: number, parentID: string, childEPCs: string[]) =>
    events.push(
      event(minute, { type: 'AggregationEvent', action: 'ADD', parentID, childEPCs, bizStep: 'packing', bizLocation: { id: place(1) } })
    )
  for (let at = 0; at < cases; at += 1) {
    const epcList = Array.from({ length: itemsPerCase }, (_, index) => item(at * itemsPerCase + index))
    events.push(event(at, { type: 'ObjectEvent', action: 'ADD', epcList, bizStep: 'commissioning', bizLocation: { id: place(1) } }))
    pack(1_000 + at, unit(9_100_000 + at), epcList)
  }
  for (let at = 0; at < pallets; at += 1)
    pack(
      2_000 + at,
      unit(9_200_000 + at),
      Array.from({ length: casesPerPallet }, (_, index) => unit(9_100_000 + at * casesPerPallet + index))
    )
  pack(
    3_000,
    treeTop,
    Array.from({ length: pallets }, (_, at) => unit(9_200_000 + at))
  )
  events.push(
    event(3_100, {
      type: 'ObjectEvent',
      action: 'OBSERVE',
      epcList: [treeTop],
      bizStep: 'shipping',
      disposition: 'in_transit',
      readPoint: { id: place(1) }
    })
  )
  const out = Array.from({ length: Math.floor(pallets / 2) }, (_, at) => unit(9_200_000 + at))
  events.push(
    event(5_000, {
      type: 'AggregationEvent',
      action: 'DELETE',
      parentID: treeTop,
      childEPCs: out,
      bizStep: 'unpacking',
      bizLocation: { id: place(9) }
    })
  )
  events.push(event(5_010, { type: 'ObjectEvent', action: 'OBSERVE', epcList: out, bizStep: 'receiving', bizLocation: { id: place(9) } }))
  return Array.from({ length: Math.ceil(events.length / eventsPerDocument) }, (_, at) =>
    documentOf(events.slice(at * eventsPerDocument, (at + 1) * eventsPerDocument))
  )
}

export const madeTransformations = 6
export const madeInputs = 500
export const madeProduct = lotKey('MADE6')

/** A product of six transformations in a row, with 500 lots as inputs besides what each takes from the one before. */
export function madeDocument(): string {
  const perStep = Math.ceil(madeInputs / madeTransformations)
  const lots = Array.from({ length: madeInputs }, (_, at) => lotKey(`IN${at}`))
  const events = Array.from({ length: madeTransformations }, (_, step) => {
    const inputs = lots.slice(step * perStep, (step + 1) * perStep)
    const before = step === 0 ? [] : [lotKey(`MADE${step}`)]
    return event(10_000 + step * 100, {
      type: 'TransformationEvent',
      inputQuantityList: [...inputs, ...before].map((epcClass) => ({ epcClass, quantity: 10, uom: 'KGM' })),
      outputQuantityList: [{ epcClass: lotKey(`MADE${step + 1}`), quantity: 500, uom: 'KGM' }],
      bizStep: 'creating_class_instance',
      bizLocation: { id: place(5) }
    })
  })
  const made = lots.map((epcClass, at) =>
    event(at, {
      type: 'ObjectEvent',
      action: 'ADD',
      quantityList: [{ epcClass, quantity: 10, uom: 'KGM' }],
      bizStep: 'commissioning',
      bizLocation: { id: place(6) }
    })
  )
  return documentOf([...made, ...events])
}
