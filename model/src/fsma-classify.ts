/**
 * Which critical tracking event an EPCIS event is, and why it is taken as that. The mapping is the one of GS1 US for FSMA 204: EPCIS has no
 * business step for harvesting, cooling or landing, so the form of the event and the history of its lots decide. Pure.
 */
import type { CriticalTrackingEvent, FsmaEvent, FsmaKnowledge } from './fsma.ts'
import { goodsOf, historyOfGoods, type Goods } from './fsma-goods.ts'
import { lastWord, valuesIn } from './fsma-words.ts'
import type { SubjectRole } from './trace-event.ts'

/** Why an event gives no row. */
export type LeftOutReason = 'notTracked' | 'beforeInitialPacking' | 'beforeLanding' | 'noGoods'

export type Classified =
  | { readonly cte: CriticalTrackingEvent; readonly basis: string; readonly goods: readonly Goods[]; readonly inputs: readonly Goods[] }
  | { readonly leftOut: LeftOutReason }

type History = Pick<FsmaKnowledge, 'historyOf'>

/** Business steps that name the event themselves; a partner may use a vocabulary of its own. Letters only, lower case. */
const stepWords: Readonly<Record<string, CriticalTrackingEvent>> = {
  harvest: 'harvesting',
  harvesting: 'harvesting',
  cooling: 'cooling',
  precooling: 'cooling',
  initialpacking: 'initialPacking',
  landing: 'firstLandBasedReceiving',
  firstlandbasedreceiving: 'firstLandBasedReceiving',
  firstlandbasedreceiver: 'firstLandBasedReceiving'
}
const makingSteps: ReadonlySet<string> = new Set(['creating_class_instance', 'commissioning', 'packing', 'repackaging'])

export function classify(event: FsmaEvent, history: History): Classified {
  const { fact } = event
  if (fact.type === 'TransformationEvent') return withGoods(making(event, history), event, history)
  const named = stepWords[stepWord(fact.bizStep)]
  if (named !== undefined) return withGoods({ cte: named, basis: `business step ${fact.bizStep ?? ''}` }, event, history)
  const created = creation(event)
  if (created !== undefined) return withGoods(created, event, history)
  if (isCooling(event, history))
    return withGoods({ cte: 'cooling', basis: 'step "other" with a temperature before packing' }, event, history)
  if (fact.bizStep === 'shipping' || fact.bizStep === 'receiving') return moved(event, fact.bizStep, history)
  return { leftOut: 'notTracked' }
}

function stepWord(bizStep: string | undefined): string {
  return bizStep === undefined
    ? ''
    : lastWord(bizStep)
        .toLowerCase()
        .replaceAll(/^bizstep|[^a-z]/g, '')
}

type Found = Pick<Extract<Classified, { cte: CriticalTrackingEvent }>, 'cte' | 'basis'>

function withGoods(found: Found, event: FsmaEvent, history: History): Classified {
  const { type } = event.fact
  const isMaking = type === 'TransformationEvent'
  const inputs = isMaking ? goodsOf(event, ['input'], history) : []
  const named = goodsOf(event, isMaking ? ['output'] : rolesOf(event), history)
  const parent = event.fact.subjects.find(({ role, kind }) => role === 'parent' && kind === 'logistic')?.key
  const goods = parent === undefined ? named : named.map((one) => ({ ...one, within: one.within ?? parent }))
  return goods.length === 0 && inputs.length === 0 ? { leftOut: 'noGoods' } : { ...found, goods, inputs }
}

/** An aggregation tells of what is inside; without children it tells of the unit. */
function rolesOf({ fact }: FsmaEvent): readonly SubjectRole[] {
  if (fact.type === 'ObjectEvent') return ['object']
  if (fact.type === 'TransactionEvent') return fact.subjects.some(({ role }) => role === 'object') ? ['object'] : ['parent']
  return fact.subjects.some(({ role }) => role === 'child') ? ['child'] : ['parent']
}

/** A new lot or new pieces without an input. */
function creation({ fact, source }: FsmaEvent): Found | undefined {
  if (fact.type !== 'ObjectEvent' || fact.action !== 'ADD') return undefined
  const caught = valuesIn(source, 'catchArea').length > 0 || valuesIn(source, 'species').length > 0
  const harvested = valuesIn(source, 'harvestStart').length > 0 || valuesIn(source, 'growingArea').length > 0
  const step = fact.bizStep
  if (step === 'packing') return { cte: 'initialPacking', basis: 'a new lot made by packing' }
  if (step !== 'creating_class_instance' && step !== 'commissioning') return undefined
  if (caught) return { cte: 'firstLandBasedReceiving', basis: 'a new lot with catch attributes' }
  if (harvested) return { cte: 'harvesting', basis: 'a new lot with harvest attributes' }
  if (step === 'creating_class_instance') return { cte: 'harvesting', basis: 'a new lot without an input (GS1 US pattern)' }
  return { cte: 'transformation', basis: 'commissioning without harvest attributes: taken as the making of the food' }
}

/** A transformation of lots that were harvested and never packed is their initial packing. */
function making(event: FsmaEvent, history: History): Found {
  const named = stepWords[stepWord(event.fact.bizStep)]
  if (named === 'initialPacking' || named === 'firstLandBasedReceiving')
    return { cte: named, basis: `business step ${event.fact.bizStep ?? ''}` }
  const origins = goodsOf(event, ['input'], history).map((goods) => originEventOf(goods, history))
  const isPacking = event.fact.bizStep !== undefined && makingSteps.has(event.fact.bizStep)
  if (isPacking && origins.length > 0 && origins.every((origin) => origin !== undefined && birthOf(origin) === 'harvesting'))
    return { cte: 'initialPacking', basis: 'all inputs were harvested and not packed before' }
  const isKnown = origins.length > 0 && origins.every((origin) => origin !== undefined)
  const basis = isKnown ? 'the inputs had a traceability lot code' : 'a transformation; how its inputs came about is not recorded'
  return { cte: 'transformation', basis }
}

export interface Origin {
  readonly cte: CriticalTrackingEvent
  readonly event: FsmaEvent
}

/** The event that gave a lot its code. */
export function originOf(goods: Goods, history: History): Origin | undefined {
  const event = originEventOf(goods, history)
  if (event === undefined) return undefined
  const cte = event.fact.type === 'TransformationEvent' ? making(event, history).cte : birthOf(event)
  return cte === undefined ? undefined : { cte, event }
}

/** It asks nothing of other lots, so that goods that went into themselves (reworked under the same code) lead nowhere twice. */
function originEventOf(goods: Goods, history: History): FsmaEvent | undefined {
  const keys = new Set([...goods.historyKeys, goods.key])
  const names = (event: FsmaEvent, role: SubjectRole) =>
    event.fact.subjects.some((one) => one.role === role && (keys.has(one.key) || one.lot === goods.key))
  return historyOfGoods({ ...goods, historyKeys: [...keys] }, history).find((event) =>
    event.fact.type === 'TransformationEvent' ? names(event, 'output') : birthOf(event) !== undefined && names(event, 'object')
  )
}

/** What an event that is no transformation makes of the lots it names, when it makes them. */
function birthOf(event: FsmaEvent): CriticalTrackingEvent | undefined {
  if (event.fact.type !== 'ObjectEvent') return undefined
  const named = stepWords[stepWord(event.fact.bizStep)]
  return named === undefined ? creation(event)?.cte : named === 'cooling' ? undefined : named
}

function isCooling(event: FsmaEvent, history: History): boolean {
  const { fact, source } = event
  if (fact.type !== 'ObjectEvent' || fact.bizStep !== 'other' || !hasTemperature(source)) return false
  const goods = goodsOf(event, ['object'], history)
  return goods.length > 0 && goods.every((one) => isRaw(one, history))
}

function hasTemperature(source: Readonly<Record<string, unknown>>): boolean {
  const list = source['sensorElementList']
  return Array.isArray(list) && /"type":"(?:[^"]*[:/#-])?(?:Absolute)?Temperature"/i.test(JSON.stringify(list))
}

/** Harvested, and not packed under this code. Of unknown origin counts as raw for cooling, which nothing else is asked of. */
function isRaw(goods: Goods, history: History): boolean {
  const origin = originOf(goods, history)
  return origin === undefined || origin.cte === 'harvesting'
}

/** Shipping and receiving count from initial packing on (§1.1340(c), §1.1345(c)). */
function moved(event: FsmaEvent, cte: 'shipping' | 'receiving', history: History): Classified {
  const found = withGoods({ cte, basis: `business step ${cte}` }, event, history)
  if (!('cte' in found)) return found
  const origins = found.goods.map((goods) => originOf(goods, history))
  if (origins.every((origin) => origin?.cte === 'harvesting')) return { leftOut: 'beforeInitialPacking' }
  const landsLater = (origin: Origin | undefined) =>
    origin?.cte === 'firstLandBasedReceiving' && event.fact.eventTimeMs < origin.event.fact.eventTimeMs
  return origins.every(landsLater) ? { leftOut: 'beforeLanding' } : found
}
