/**
 * Monitoring plans (task 1): what is sampled in a period by HS prefix, hazard and point; done against planned. A case of kind `plan`: its
 * state is a pure reducer's, its coverage and what is overdue follow from state and time.
 */
import { Type, type Static } from 'typebox'
import { hazards } from '../registers.ts'
import { BilingualText } from '../text.ts'
import { TimeMs } from '../wire.ts'
import { supervisionError } from './errors.ts'

const Id = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })
const Name = Type.String({ minLength: 1, maxLength: 256 })
const strict = { additionalProperties: false } as const
export const planItemsMax = 500
export const planSamplesMax = 20_000

export const PlanItem = Type.Object(
  {
    id: Id,
    title: BilingualText,
    hsPrefix: Type.String({ pattern: '^\\d{2,10}$', description: 'Goods whose HS code begins so' }),
    hazard: Type.Enum(hazards),
    /** What is looked for, such as lead or Salmonella. */
    analyte: Name,
    /** Where; empty: at any point. */
    points: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), { maxItems: 200 }),
    samples: Type.Integer({ minimum: 1, maximum: 100_000, description: 'Planned for the period, over all points' })
  },
  strict
)
export type PlanItem = Static<typeof PlanItem>

export const PlanContent = Type.Object(
  { title: BilingualText, fromMs: TimeMs, toMs: TimeMs, items: Type.Array(PlanItem, { minItems: 1, maxItems: planItemsMax }) },
  strict
)
export type PlanContent = Static<typeof PlanContent>

const Sample = Type.Object(
  {
    id: Id,
    item: Id,
    point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    takenMs: TimeMs,
    /** What was sampled: keys of the trace graph. */
    goods: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 64 }),
    consignment: Type.Optional(Id)
  },
  strict
)
export type PlanSample = Static<typeof Sample>

/** What a plan keeps of a sample; the whole of it stands in the journal. */
const KeptSample = Type.Object({
  id: Id,
  item: Id,
  point: Type.Optional(Type.String()),
  takenMs: TimeMs,
  conforms: Type.Optional(Type.Boolean()),
  certificate: Type.Optional(Id)
})

export const planStatuses = ['draft', 'adopted', 'closed', 'published'] as const

export const MonitoringPlan = Type.Object(
  {
    id: Id,
    status: Type.Enum(planStatuses),
    version: Type.Integer({ minimum: 1 }),
    ...PlanContent.properties,
    samples: Type.Array(KeptSample, { maxItems: planSamplesMax }),
    /** When its results were put where anybody can read them. */
    publishedMs: Type.Optional(TimeMs),
    summary: Type.Optional(BilingualText),
    policyVersion: Type.Integer({ minimum: 1 }),
    updatedAtMs: TimeMs
  },
  { title: 'monitoringPlan' }
)
export type MonitoringPlan = Static<typeof MonitoringPlan>

const PolicyVersion = Type.Integer({ minimum: 1 })
export const PlanStep = Type.Union([
  Type.Object({ type: Type.Literal('drafted'), content: PlanContent, policyVersion: PolicyVersion }),
  Type.Object({ type: Type.Literal('amended'), content: PlanContent, policyVersion: PolicyVersion }),
  Type.Object({ type: Type.Literal('adopted'), policyVersion: PolicyVersion }),
  Type.Object({ type: Type.Literal('sampled'), sample: Sample }),
  Type.Object({ type: Type.Literal('resulted'), sample: Id, conforms: Type.Boolean(), certificate: Type.Optional(Id) }),
  Type.Object({ type: Type.Literal('closed') }),
  Type.Object({ type: Type.Literal('published'), summary: BilingualText })
])
export type PlanStep = Static<typeof PlanStep>

export const planTransitions: Readonly<Record<PlanStep['type'], readonly string[]>> = {
  drafted: ['none'],
  amended: ['draft', 'adopted'],
  adopted: ['draft'],
  sampled: ['adopted'],
  // The laboratory answers after the period, too.
  resulted: ['adopted', 'closed'],
  closed: ['adopted'],
  published: ['closed', 'published']
}

export interface SupervisionContext {
  readonly id: string
  readonly atMs: number
}

export function requireStep(
  what: string,
  { id, status, step, transitions }: { id: string; status: string; step: string; transitions: Readonly<Record<string, readonly string[]>> }
): void {
  const allowed = transitions[step] ?? []
  if (!allowed.includes(status)) throw supervisionError('SUPERVISION_STEP', { what, id, status, step, allowed: allowed.join(' or ') })
}

export function isOpenPlan({ status }: Pick<MonitoringPlan, 'status'>): boolean {
  return status === 'draft' || status === 'adopted'
}

export function reducePlan(before: MonitoringPlan | undefined, step: PlanStep, { id, atMs }: SupervisionContext): MonitoringPlan {
  requireStep('plan', { id, status: before?.status ?? 'none', step: step.type, transitions: planTransitions })
  if (step.type === 'drafted') {
    requirePeriod(id, step.content)
    return { id, status: 'draft', version: 1, ...step.content, samples: [], policyVersion: step.policyVersion, updatedAtMs: atMs }
  }
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to plan ${id}: there is none`)
  return { ...applied(before, step, atMs), updatedAtMs: atMs }
}

function applied(before: MonitoringPlan, step: Exclude<PlanStep, { type: 'drafted' }>, atMs: number): MonitoringPlan {
  switch (step.type) {
    case 'amended':
      requirePeriod(before.id, step.content)
      requireKept(before, step.content)
      return { ...before, ...step.content, version: before.version + 1, policyVersion: step.policyVersion }
    case 'adopted':
      return { ...before, status: 'adopted', policyVersion: step.policyVersion }
    case 'sampled':
      return { ...before, samples: [...before.samples, keptSample(before, step.sample)] }
    case 'resulted':
      return withResult(before, step)
    case 'closed':
      return { ...before, status: 'closed' }
    case 'published':
      return { ...before, status: 'published', summary: step.summary, publishedMs: atMs }
    default:
      return step satisfies never
  }
}

function requirePeriod(id: string, { fromMs, toMs }: PlanContent): void {
  if (fromMs >= toMs) throw supervisionError('PLAN_PERIOD', { id, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() })
}

/** An item that samples were taken for stays in the plan. */
function requireKept(before: MonitoringPlan, content: PlanContent): void {
  const items = new Set(content.items.map(({ id }) => id))
  const lost = before.samples.find(({ item }) => !items.has(item))
  if (lost !== undefined) throw supervisionError('PLAN_ITEM', { id: before.id, item: lost.item, items: [...items].join(', ') })
}

function keptSample(before: MonitoringPlan, sample: PlanSample): MonitoringPlan['samples'][number] {
  const { id } = before
  if (before.samples.length >= planSamplesMax)
    throw supervisionError('PLAN_FULL', { id, count: before.samples.length, max: planSamplesMax })
  if (before.samples.some((known) => known.id === sample.id))
    throw supervisionError('PLAN_SAMPLE', { id, sample: sample.id, detail: 'a sample of that name is there, expected a new one' })
  const item = before.items.find((one) => one.id === sample.item)
  if (item === undefined)
    throw supervisionError('PLAN_ITEM', { id, item: sample.item, items: before.items.map((one) => one.id).join(', ') })
  if (item.points.length > 0 && (sample.point === undefined || !item.points.includes(sample.point)))
    throw supervisionError('PLAN_POINT', { item: item.id, point: sample.point ?? 'no point', points: item.points.join(', ') })
  return { id: sample.id, item: sample.item, takenMs: sample.takenMs, ...(sample.point === undefined ? {} : { point: sample.point }) }
}

function withResult(before: MonitoringPlan, step: Extract<PlanStep, { type: 'resulted' }>): MonitoringPlan {
  const known = before.samples.find(({ id }) => id === step.sample)
  const detail = known === undefined ? 'it was not taken' : known.conforms === undefined ? undefined : 'it has one'
  if (detail !== undefined)
    throw supervisionError('PLAN_SAMPLE', { id: before.id, sample: step.sample, detail: `${detail}, expected one without a result` })
  const result = { conforms: step.conforms, ...(step.certificate === undefined ? {} : { certificate: step.certificate }) }
  return { ...before, samples: before.samples.map((sample) => (sample.id === step.sample ? { ...sample, ...result } : sample)) }
}
