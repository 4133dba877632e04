/**
 * Which lots an event speaks of and how much of each: by class, by serials counted, or by what the events say was packed into a logistic
 * unit at that time. Pure; what was not recorded stays unknown.
 */
import type { FsmaEvent, FsmaKnowledge } from './fsma.ts'
import { keyParts, lotKeyOf, parentKeyOf } from './gs1/key.ts'
import type { SubjectRole, TraceSubject } from './trace-event.ts'

export interface Goods {
  /** Key of the lot, or of what is known in its place: the product, the item. */
  readonly key: string
  /** Keys under which the history of these goods is found. */
  readonly historyKeys: readonly string[]
  readonly gtin?: string
  readonly lotNumber?: string
  readonly quantity?: number
  /** Without one in the event it is a count of pieces (EPCIS 2.0 §7.3.3.3): EA. */
  readonly unit?: string
  /** The logistic unit they were inside of. */
  readonly within?: string
  /** A logistic unit of which nobody told what is inside. */
  readonly unknownContent?: true
}

const nestingMax = 8
const itemsKept = 3

/** The goods in the given roles, lots with the same unit taken together, in the order of the event. */
export function goodsOf(event: FsmaEvent, roles: readonly SubjectRole[], knowledge: Pick<FsmaKnowledge, 'historyOf'>): readonly Goods[] {
  const subjects = event.fact.subjects.filter(({ role }) => roles.includes(role))
  const loose = subjects.filter(({ kind }) => kind !== 'logistic' && kind !== 'asset')
  const units = subjects.filter(({ kind }) => kind === 'logistic' || kind === 'asset')
  const found = loose.map((subject) => toGoods(subject, knowledge))
  for (const { key } of units) {
    const content = contentOf(key, event.fact.eventTimeMs, knowledge, 0)
    if (content.length === 0) found.push({ key, historyKeys: [key], within: key, unknownContent: true })
    else found.push(...content.map((subject) => ({ ...toGoods(subject, knowledge), within: key })))
  }
  return together(found)
}

/** What the aggregations up to `atMs` left inside of a logistic unit. */
export function contentOf(key: string, atMs: number, knowledge: Pick<FsmaKnowledge, 'historyOf'>, depth = 0): readonly TraceSubject[] {
  if (depth >= nestingMax) return []
  const inside = new Map<string, TraceSubject>()
  for (const { fact } of knowledge.historyOf(key)) {
    const isParent = fact.subjects.some((subject) => subject.role === 'parent' && subject.key === key)
    if (fact.eventTimeMs > atMs || !isParent || (fact.type !== 'AggregationEvent' && fact.type !== 'AssociationEvent')) continue
    const children = fact.subjects.filter(({ role }) => role === 'child')
    // A disaggregation without children means all of them (EPCIS 2.0 §7.4.3).
    if (fact.action === 'DELETE' && children.length === 0) inside.clear()
    for (const child of children) change(inside, child, fact.action)
  }
  return [...inside.values()].flatMap((subject) =>
    subject.kind === 'logistic' || subject.kind === 'asset' ? contentOf(subject.key, atMs, knowledge, depth + 1) : [subject]
  )
}

function change(inside: Map<string, TraceSubject>, child: TraceSubject, action: string | undefined): void {
  const id = `${child.key} ${child.uom ?? ''}`
  const held = inside.get(id)
  const sum = (sign: 1 | -1) => (held?.quantity ?? 0) + sign * (child.quantity ?? 0)
  if (action === 'ADD') inside.set(id, held?.quantity === undefined ? child : { ...child, quantity: sum(1) })
  if (action !== 'DELETE' || held === undefined) return
  if (child.quantity === undefined || held.quantity === undefined || sum(-1) <= 0) inside.delete(id)
  else inside.set(id, { ...held, quantity: sum(-1) })
}

function toGoods(subject: TraceSubject, knowledge: Pick<FsmaKnowledge, 'historyOf'>): Goods {
  const lot = subject.lot ?? lotKeyOf(subject.key) ?? (subject.kind === 'item' ? lotTold(subject.key, knowledge) : undefined)
  const key = lot ?? (subject.kind === 'item' ? (parentKeyOf(subject.key) ?? subject.key) : subject.key)
  const parts = keyParts(key)
  const isItem = subject.kind === 'item'
  const quantity = subject.quantity ?? (isItem ? 1 : undefined)
  return {
    key,
    historyKeys: isItem ? [subject.key, ...(lot === undefined ? [] : [lot])] : [key],
    ...(parts?.primary === '01' ? { gtin: parts.value } : {}),
    ...(parts?.qualifier === '10' && parts.qualifierValue !== undefined ? { lotNumber: parts.qualifierValue } : {}),
    ...(quantity === undefined ? {} : { quantity, unit: subject.uom ?? 'EA' })
  }
}

/** The lot of an item, where another event told it. */
function lotTold(key: string, knowledge: Pick<FsmaKnowledge, 'historyOf'>): string | undefined {
  for (const { fact } of knowledge.historyOf(key))
    for (const subject of fact.subjects) if (subject.key === key && subject.lot !== undefined) return subject.lot
  return undefined
}

function together(list: readonly Goods[]): readonly Goods[] {
  const byLot = new Map<string, Goods>()
  for (const goods of list) {
    const id = `${goods.key} ${goods.unit ?? ''} ${goods.within ?? ''}`
    const held = byLot.get(id)
    if (held === undefined) byLot.set(id, goods)
    else
      byLot.set(id, {
        ...held,
        ...(held.quantity === undefined || goods.quantity === undefined ? {} : { quantity: held.quantity + goods.quantity }),
        historyKeys: [...new Set([...held.historyKeys, ...goods.historyKeys])].slice(0, itemsKept)
      })
  }
  return [...byLot.values()]
}

/** Every event of the goods that the knowledge has, oldest first, each once. */
export function historyOfGoods(goods: Goods, knowledge: Pick<FsmaKnowledge, 'historyOf'>): readonly FsmaEvent[] {
  const keys = [...goods.historyKeys, ...(goods.within === undefined ? [] : [goods.within])]
  if (keys.length === 1) return knowledge.historyOf(keys[0] ?? '')
  const byId = new Map(keys.flatMap((key) => knowledge.historyOf(key)).map((event) => [event.fact.eventID, event]))
  return [...byId.values()].toSorted((left, right) => left.fact.eventTimeMs - right.fact.eventTimeMs)
}
