/**
 * Key data elements that another event of the same goods tells: farm and harvest date of what is packed, where it was cooled, where a pallet
 * came from. Pure; what comes from another event is remarked with the event that said it.
 */
import type { CriticalTrackingEvent, FsmaEvent, FsmaKnowledge } from './fsma.ts'
import { classify, originOf } from './fsma-classify.ts'
import { localDateOf, partyOf, placeOf, recipientOf, senderOf } from './fsma-facts.ts'
import { historyOfGoods, type Goods } from './fsma-goods.ts'
import { locationColumns } from './fsma-places.ts'
import { attributeOf, valuesIn } from './fsma-words.ts'

export type Cells = Readonly<Record<string, string | number>>

export interface Related {
  readonly cells: Cells
  readonly remarks: readonly string[]
}

export interface RelatedQuestion {
  readonly event: FsmaEvent
  readonly cte: CriticalTrackingEvent
  readonly goods?: Goods
  readonly input?: Goods
  readonly knowledge: FsmaKnowledge
}

const nothing: Related = { cells: {}, remarks: [] }

export function relatedColumns(question: RelatedQuestion): Related {
  switch (question.cte) {
    case 'harvesting':
      return join(harvestOf(question.event, question), nextRecipient(question))
    case 'cooling':
      return join(farmOfLot(question, question.goods, ['farm']), nextRecipient(question))
    case 'initialPacking':
      return join(farmOfLot(question, question.input, ['farm', 'growingArea', 'harvester', 'harvestDate']), beforePacking(question))
    case 'firstLandBasedReceiving':
      return { cells: catchOf(question.event), remarks: [] }
    case 'shipping':
      return join(nextRecipient(question), voided(question))
    case 'receiving':
      return previousSource(question)
    case 'transformation':
      return nothing
    default:
      return question.cte
  }
}

function join(...parts: readonly Related[]): Related {
  return { cells: Object.assign({}, ...parts.map(({ cells }) => cells)), remarks: parts.flatMap(({ remarks }) => remarks) }
}

function said(what: string, by: FsmaEvent): string {
  return `${what} as told by event ${by.fact.eventID}`
}

/** The read point is the farm, the business location its field (GS1 US, harvesting). */
function harvestOf(event: FsmaEvent, { goods, knowledge }: Pick<RelatedQuestion, 'goods' | 'knowledge'>): Related {
  const { fact } = event
  const farm = fact.readPoint ?? fact.bizLocation
  const field = fact.bizLocation !== undefined && fact.bizLocation !== farm ? fact.bizLocation : undefined
  const growingArea = valuesIn(event.source, 'growingArea')[0] ?? (field === undefined ? undefined : nameOf(field, knowledge))
  const own = partyOf(fact.sources)
  const later =
    own !== undefined || goods === undefined
      ? undefined
      : after(event, goods, knowledge).find((one) => partyOf(one.fact.sources) !== undefined)
  const harvester = own ?? (later === undefined ? undefined : partyOf(later.fact.sources))
  return {
    cells: {
      ...locationColumns('farm', farm, knowledge),
      ...(growingArea === undefined ? {} : { growingArea }),
      ...locationColumns('harvester', harvester, knowledge),
      harvestDate: valuesIn(event.source, 'harvestStart')[0] ?? localDateOf(event)
    },
    remarks: later === undefined ? [] : [said('harvester', later)]
  }
}

function nameOf(key: string, knowledge: FsmaKnowledge): string {
  const columns = locationColumns('', key, knowledge)
  return attributeOf(knowledge.attributesOf(key), 'name') ?? columns['Gln'] ?? key
}

/** The columns with one of the given beginnings, of the harvest that the lot came from. */
function farmOfLot({ knowledge }: RelatedQuestion, lot: Goods | undefined, wanted: readonly string[]): Related {
  const origin = lot === undefined ? undefined : originOf(lot, knowledge)
  if (lot === undefined || origin?.cte !== 'harvesting') return nothing
  const { cells } = harvestOf(origin.event, { goods: lot, knowledge })
  const kept = Object.entries(cells).filter(([name]) => wanted.some((start) => name.startsWith(start)))
  return { cells: Object.fromEntries(kept), remarks: [said('farm and harvest', origin.event)] }
}

function beforePacking({ event, input, knowledge }: RelatedQuestion): Related {
  if (input === undefined) return nothing
  const past = historyOfGoods(input, knowledge).filter(({ fact }) => fact.eventTimeMs <= event.fact.eventTimeMs)
  const received = past.findLast(
    ({ fact }) => fact.bizStep === 'receiving' && samePlace(fact.bizLocation ?? fact.readPoint, placeOf(event.fact))
  )
  const cooled = past.findLast((one) => one.fact.eventID !== event.fact.eventID && isCooling(one, knowledge))
  return {
    cells: {
      ...(received === undefined ? {} : { receivedDate: localDateOf(received) }),
      ...(cooled === undefined ? {} : { ...locationColumns('cooler', placeOf(cooled.fact), knowledge), coolingDate: localDateOf(cooled) })
    },
    remarks: [
      ...(received === undefined ? [] : [said('date received', received)]),
      ...(cooled === undefined ? [] : [said('cooling', cooled)])
    ]
  }
}

function isCooling(event: FsmaEvent, knowledge: FsmaKnowledge): boolean {
  const classified = classify(event, knowledge)
  return 'cte' in classified && classified.cte === 'cooling'
}

/** The same GLN, whatever its extension. */
function samePlace(left: string | undefined, right: string | undefined): boolean {
  const gln = (key: string) => /\/414\/(\d{13})/.exec(key)?.[1] ?? key
  return left !== undefined && right !== undefined && gln(left) === gln(right)
}

function catchOf({ source }: FsmaEvent): Cells {
  const [start, end] = [valuesIn(source, 'harvestStart')[0], valuesIn(source, 'harvestEnd')[0]]
  const area = valuesIn(source, 'catchArea')
  return {
    ...(start === undefined ? {} : { harvestDate: start }),
    ...(end === undefined ? {} : { harvestDateEnd: end }),
    ...(area.length === 0 ? {} : { harvestArea: area.join('; ') })
  }
}

/** Events of the goods from this one on, without it. */
function after(event: FsmaEvent, goods: Goods, knowledge: FsmaKnowledge): readonly FsmaEvent[] {
  const { eventTimeMs, eventID } = event.fact
  return historyOfGoods(goods, knowledge).filter(({ fact }) => fact.eventTimeMs >= eventTimeMs && fact.eventID !== eventID)
}

/** Where the event names no destination: that of the next leaving, or the place of the next receiving before any other shipping. */
function nextRecipient({ event, cte, goods, knowledge }: RelatedQuestion): Related {
  if (recipientOf(event.fact) !== undefined || goods === undefined) return nothing
  for (const next of after(event, goods, knowledge)) {
    const { fact } = next
    if (cte === 'shipping' && fact.bizStep === 'shipping') return nothing
    const leaves = cte !== 'shipping' && (fact.bizStep === 'transporting' || fact.bizStep === 'shipping')
    const to = leaves ? recipientOf(fact) : fact.bizStep === 'receiving' ? placeOf(fact) : undefined
    if (to !== undefined) return { cells: locationColumns('recipient', to, knowledge), remarks: [said('recipient', next)] }
  }
  return nothing
}

function previousSource({ event, goods, knowledge }: RelatedQuestion): Related {
  const own = senderOf(event.fact)
  if (own !== undefined) return { cells: locationColumns('previousSource', own, knowledge), remarks: [] }
  const { eventTimeMs, eventID } = event.fact
  const past = goods === undefined ? [] : historyOfGoods(goods, knowledge)
  const shipped = past.findLast(({ fact }) => fact.bizStep === 'shipping' && fact.eventTimeMs <= eventTimeMs && fact.eventID !== eventID)
  if (shipped === undefined) return nothing
  return { cells: locationColumns('previousSource', placeOf(shipped.fact), knowledge), remarks: [said('previous source', shipped)] }
}

function voided({ event, goods, knowledge }: RelatedQuestion): Related {
  const found = goods === undefined ? undefined : after(event, goods, knowledge).find(({ fact }) => fact.bizStep === 'void_shipping')
  return found === undefined ? nothing : { cells: {}, remarks: [`declared void by event ${found.fact.eventID}`] }
}
