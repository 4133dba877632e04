/**
 * Whether the chain of an item, lot or product is whole: which stages of its life have evidence, and which key data are missing, judged
 * by the stage profile of its regime (`regulation/rules.md` §1, Trace). Pure; the facts come in.
 */
import { Type, type Static } from 'typebox'
import { regimes, type Product } from './registers.ts'
import { BilingualText } from './text.ts'
import { stages, type JourneyStep, type Stage } from './trace.ts'
import { TimeMs } from './wire.ts'

/** always; ifInspectionRequired: where the product says so; ifLaterSeen: once a later stage has evidence; never: does not apply. */
export const stageNeeds = ['always', 'ifInspectionRequired', 'ifLaterSeen', 'never'] as const
export const keyData = ['product', 'hsCode', 'manufacturer', 'origin', 'party', 'place', 'lot', 'expiry', 'readings'] as const
export type KeyDatum = (typeof keyData)[number]

export const StageProfile = Type.Object(
  {
    regime: Type.Enum(regimes),
    version: Type.Integer({ minimum: 0, description: '0: the default, which nobody changed' }),
    name: BilingualText,
    stages: Type.Object(Object.fromEntries(stages.map((stage) => [stage, Type.Enum(stageNeeds)])), { additionalProperties: false }),
    keyData: Type.Array(Type.Enum(keyData), { uniqueItems: true, description: 'Data that a whole chain has' }),
    receiptDueDays: Type.Number({ minimum: 0, maximum: 3_650, description: 'What was shipped must be received within so many days' }),
    source: Type.String({ maxLength: 512, description: 'Where the demands come from' })
  },
  { additionalProperties: false }
)
export type StageProfile = Static<typeof StageProfile>
export const StageProfileBody = Type.Omit(StageProfile, ['regime', 'version'])
export type StageProfileBody = Static<typeof StageProfileBody>

const source = 'Guofa [2017] No. 43, task 22, names the stages; which of them a regime needs is our default'

export const defaultStageProfiles: Readonly<Record<Product['regime'], StageProfile>> = {
  general: {
    regime: 'general',
    version: 0,
    name: { zh: '一般商品', en: 'General goods' },
    stages: {
      production: 'always',
      inspection: 'ifInspectionRequired',
      logistics: 'always',
      sale: 'ifLaterSeen',
      use: 'ifLaterSeen',
      maintenance: 'never',
      end: 'never'
    },
    keyData: ['product', 'hsCode', 'manufacturer', 'origin', 'party', 'place', 'readings'],
    receiptDueDays: 30,
    source
  },
  food: {
    regime: 'food',
    version: 0,
    name: { zh: '食品', en: 'Food' },
    stages: {
      production: 'always',
      inspection: 'always',
      logistics: 'always',
      sale: 'ifLaterSeen',
      use: 'never',
      maintenance: 'never',
      end: 'never'
    },
    keyData: ['product', 'hsCode', 'manufacturer', 'origin', 'party', 'place', 'lot', 'expiry', 'readings'],
    receiptDueDays: 14,
    source
  }
}

export const demandCodes = [
  'STAGE_PRODUCTION',
  'STAGE_INSPECTION',
  'STAGE_LOGISTICS',
  'STAGE_SALE',
  'STAGE_USE',
  'STAGE_MAINTENANCE',
  'STAGE_END',
  'RECEIPT_AFTER_SHIPPING',
  'SHIPPING_BEFORE_RECEIPT',
  'PRODUCT_REGISTERED',
  'HS_CODE',
  'MANUFACTURER',
  'ORIGIN',
  'PARTY',
  'PLACE',
  'PLACE_REGISTERED',
  'LOT',
  'EXPIRY',
  'READINGS'
] as const
export type DemandCode = (typeof demandCodes)[number]

/** What a demand that is not met says. */
export const demandTexts: Readonly<Record<DemandCode, BilingualText>> = {
  STAGE_PRODUCTION: { zh: '缺少生产环节的记录', en: 'No evidence of production' },
  STAGE_INSPECTION: { zh: '缺少检验环节的记录', en: 'No evidence of the inspection that is required' },
  STAGE_LOGISTICS: { zh: '缺少物流环节的记录', en: 'No evidence of logistics' },
  STAGE_SALE: { zh: '缺少销售环节的记录', en: 'No evidence of the sale' },
  STAGE_USE: { zh: '缺少使用环节的记录', en: 'No evidence of use' },
  STAGE_MAINTENANCE: { zh: '缺少维修保养环节的记录', en: 'No evidence of maintenance' },
  STAGE_END: { zh: '缺少报废或销毁的记录', en: 'No evidence of the end of life' },
  RECEIPT_AFTER_SHIPPING: { zh: '已发运但逾期无收货记录', en: 'Shipped, and not received in time' },
  SHIPPING_BEFORE_RECEIPT: { zh: '有收货记录但无发运记录', en: 'Received without having been shipped' },
  PRODUCT_REGISTERED: { zh: '产品未登记', en: 'The product is not registered' },
  HS_CODE: { zh: '产品缺少海关编码', en: 'The product has no HS code' },
  MANUFACTURER: { zh: '产品缺少生产商', en: 'The product has no manufacturer' },
  ORIGIN: { zh: '缺少原产国', en: 'No country of origin, neither of the product nor in its events' },
  PARTY: { zh: '事件未指明任何参与方', en: 'No event tells of a party' },
  PLACE: { zh: '部分事件没有地点', en: 'Events without a place' },
  PLACE_REGISTERED: { zh: '部分事件的地点未登记', en: 'Events at places that nobody registered or tells of' },
  LOT: { zh: '缺少批次号', en: 'No lot is known' },
  EXPIRY: { zh: '缺少保质期', en: 'No best-before or expiry date in its events' },
  READINGS: { zh: '冷链产品缺少温度记录', en: 'Goods to be kept at a temperature, and no readings of the places they stayed at' }
}

export const Demand = Type.Object({
  code: Type.Enum(demandCodes),
  met: Type.Boolean(),
  text: Type.Optional(BilingualText),
  events: Type.Array(Type.String(), { description: 'eventID of the events concerned: the evidence, or what lacks something; at most 100' }),
  eventsTotal: Type.Integer({ minimum: 0 })
})
export type Demand = Static<typeof Demand>

export const CompletenessAnswer = Type.Object({
  of: Type.String(),
  product: Type.Optional(Type.String()),
  profile: StageProfile,
  percentage: Type.Integer({ minimum: 0, maximum: 100, description: 'Demands that are met among those that apply, rounded down' }),
  complete: Type.Boolean(),
  stages: Type.Array(
    Type.Object({ stage: Type.Enum(stages), needed: Type.Boolean(), seen: Type.Boolean(), events: Type.Integer({ minimum: 0 }) })
  ),
  missing: Type.Array(Demand),
  met: Type.Array(Demand),
  truncated: Type.Boolean({ description: 'Whether the life is longer than what was judged' }),
  asOfMs: TimeMs
})
export type CompletenessAnswer = Static<typeof CompletenessAnswer>

export interface ChainFacts {
  readonly of: string
  readonly isGoods: boolean
  readonly steps: readonly JourneyStep[]
  readonly truncated: boolean
  readonly product: Product | undefined
  readonly productKey: string | undefined
  readonly lot: string | undefined
  /** Events whose master data of instance or lot say so. */
  readonly originEvents: readonly string[]
  readonly expiryEvents: readonly string[]
  readonly placesKnown: ReadonlySet<string>
  readonly nowMs: number
}

const eventsShownMax = 100
const dayMs = 86_400_000

export function judgeCompleteness(facts: ChainFacts, profile: StageProfile): CompletenessAnswer {
  const judged = [...judgeStages(facts, profile), ...judgeMoves(facts, profile), ...judgeKeyData(facts, profile)]
  const met = judged.filter((demand) => demand.met)
  const missing = judged.filter((demand) => !demand.met)
  return {
    of: facts.of,
    ...(facts.productKey === undefined ? {} : { product: facts.productKey }),
    profile,
    percentage: judged.length === 0 ? 100 : Math.floor((100 * met.length) / judged.length),
    complete: missing.length === 0,
    stages: stages.map((stage) => {
      const events = facts.steps.filter((step) => step.stage === stage).length
      return { stage, needed: isNeeded(stage, facts, profile), seen: events > 0, events }
    }),
    missing,
    met,
    truncated: facts.truncated,
    asOfMs: facts.nowMs
  }
}

function demand(code: DemandCode, met: boolean, events: readonly string[] = []): Demand {
  const text = met ? {} : { text: demandTexts[code] }
  return { code, met, ...text, events: events.slice(0, eventsShownMax), eventsTotal: events.length }
}

const stageCodes: Readonly<Record<Stage, DemandCode>> = {
  production: 'STAGE_PRODUCTION',
  inspection: 'STAGE_INSPECTION',
  logistics: 'STAGE_LOGISTICS',
  sale: 'STAGE_SALE',
  use: 'STAGE_USE',
  maintenance: 'STAGE_MAINTENANCE',
  end: 'STAGE_END'
}

function isNeeded(stage: Stage, { steps, product }: ChainFacts, profile: StageProfile): boolean {
  const need = profile.stages[stage] ?? 'never'
  switch (need) {
    case 'always':
      return true
    case 'ifInspectionRequired':
      return product?.inspectionRequired === true
    case 'ifLaterSeen': {
      // Destruction may come at any time, so the end tells nothing of what was before it.
      const later = new Set<Stage>(stages.slice(stages.indexOf(stage) + 1).filter((one) => one !== 'end'))
      return steps.some((step) => later.has(step.stage))
    }
    case 'never':
      return false
    default:
      return need satisfies never
  }
}

function judgeStages(facts: ChainFacts, profile: StageProfile): Demand[] {
  return stages
    .filter((stage) => isNeeded(stage, facts, profile))
    .map((stage) => {
      const evidence = facts.steps.filter((step) => step.stage === stage).map((step) => step.eventID)
      return demand(stageCodes[stage], evidence.length > 0, evidence)
    })
}

const shipped: ReadonlySet<string> = new Set(['shipping', 'departing'])
const received: ReadonlySet<string> = new Set([
  'receiving',
  'arriving',
  'accepting',
  'storing',
  'retail_selling',
  'dispensing',
  'unloading'
])

/** Each departure wants an arrival after it, once it is due; each receipt wants a departure before it. */
function judgeMoves({ steps, nowMs }: ChainFacts, profile: StageProfile): Demand[] {
  const inTime = steps.toSorted((left, right) => left.timeMs - right.timeMs)
  const departures = inTime.filter((step) => shipped.has(step.bizStep ?? ''))
  const receipts = inTime.filter((step) => step.bizStep === 'receiving')
  const dueMs = profile.receiptDueDays * dayMs
  const lost = departures.filter(
    (departure) =>
      nowMs - departure.timeMs > dueMs && !inTime.some((step) => step.timeMs > departure.timeMs && received.has(step.bizStep ?? ''))
  )
  const unsent = receipts.filter((receipt) => !departures.some((departure) => departure.timeMs <= receipt.timeMs))
  const idsOf = (some: readonly JourneyStep[]) => some.map((step) => step.eventID)
  return [
    ...(departures.length === 0 ? [] : [demand('RECEIPT_AFTER_SHIPPING', lost.length === 0, idsOf(lost.length === 0 ? departures : lost))]),
    ...(receipts.length === 0
      ? []
      : [demand('SHIPPING_BEFORE_RECEIPT', unsent.length === 0, idsOf(unsent.length === 0 ? receipts : unsent))])
  ]
}

function judgeKeyData(facts: ChainFacts, profile: StageProfile): Demand[] {
  const { steps, product, lot, originEvents, expiryEvents, placesKnown } = facts
  const withParty = steps.filter((step) => step.party !== undefined).map((step) => step.eventID)
  const placeless = steps.filter((step) => step.place === undefined).map((step) => step.eventID)
  const strange = steps.filter((step) => step.place !== undefined && !placesKnown.has(step.place)).map((step) => step.eventID)
  const read = steps
    .filter((step) => step.readings.some((one) => one.quantity === 'temperature' && one.count > 0))
    .map((step) => step.eventID)
  const judges: Readonly<Record<KeyDatum, () => readonly Demand[]>> = {
    product: () => (facts.isGoods ? [demand('PRODUCT_REGISTERED', product !== undefined)] : []),
    hsCode: () => (product === undefined ? [] : [demand('HS_CODE', product.hsCode !== undefined)]),
    manufacturer: () => (product === undefined ? [] : [demand('MANUFACTURER', product.manufacturer !== undefined)]),
    origin: () => (facts.isGoods ? [demand('ORIGIN', product?.originCountry !== undefined || originEvents.length > 0, originEvents)] : []),
    party: () => [demand('PARTY', withParty.length > 0, withParty)],
    place: () => [demand('PLACE', placeless.length === 0, placeless), demand('PLACE_REGISTERED', strange.length === 0, strange)],
    lot: () => (facts.isGoods ? [demand('LOT', lot !== undefined)] : []),
    expiry: () => (facts.isGoods ? [demand('EXPIRY', expiryEvents.length > 0, expiryEvents)] : []),
    readings: () => (product?.profile === undefined ? [] : [demand('READINGS', read.length > 0, read)])
  }
  return profile.keyData.flatMap((datum) => [...judges[datum]()])
}
