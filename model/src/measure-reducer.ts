/** The steps of a measure's journal, when each is allowed, and what they make of it. Pure: the case is a function of its journal alone. */
import { Type, type Static } from 'typebox'
import {
  EscalationRecord,
  type MeasureCase,
  MeasureDeadlines,
  measureExemptionsMax,
  measureFeedbackMax,
  MeasureFigures,
  measureGoodsMax,
  MeasureOrder,
  MeasureProofs,
  type MeasureStatus,
  MeasureText,
  measureVerdicts
} from './measure.ts'
import { measureError } from './measure-errors.ts'
import { TraceKey } from './registers.ts'
import type { TimeMs } from './wire.ts'

const Keys = Type.Array(TraceKey, { minItems: 1, maxItems: measureGoodsMax })
const Note = Type.Optional(MeasureText)

export const MeasureStep = Type.Union([
  Type.Object({ type: Type.Literal('ordered'), order: MeasureOrder }),
  Type.Object({ type: Type.Literal('acknowledged'), note: Note }),
  Type.Object({ type: Type.Literal('started'), note: Note }),
  Type.Object({
    type: Type.Literal('fedBack'),
    text: MeasureText,
    proof: MeasureProofs,
    figures: Type.Optional(MeasureFigures)
  }),
  Type.Object({
    type: Type.Literal('done'),
    text: MeasureText,
    proof: MeasureProofs,
    proofRequired: Type.Boolean({ description: 'By the policy at that time' }),
    evaluateByMs: Type.Integer({ minimum: 0 })
  }),
  Type.Object({ type: Type.Literal('failed'), text: MeasureText, proof: MeasureProofs, evaluateByMs: Type.Integer({ minimum: 0 }) }),
  Type.Object({
    type: Type.Literal('evaluated'),
    verdict: Type.Enum(measureVerdicts),
    text: MeasureText,
    figures: Type.Optional(MeasureFigures),
    evaluation: Type.Optional(Type.String())
  }),
  Type.Object({ type: Type.Literal('withdrawn'), cause: Type.Enum(['lifted', 'order']) }),
  Type.Object({ type: Type.Literal('extended'), deadlines: MeasureDeadlines }),
  Type.Object({ type: Type.Literal('exempted'), keys: Keys }),
  Type.Object({ type: Type.Literal('rescoped'), goods: Keys }),
  Type.Object({ type: Type.Literal('escalated'), escalation: Type.Omit(EscalationRecord, ['atMs']) })
])
export type MeasureStep = Static<typeof MeasureStep>
export type MeasureStepName = MeasureStep['type']

const running = ['ordered', 'acknowledged', 'executing'] as const
const standing = [...running, 'done', 'failed', 'evaluated'] as const

/** From which statuses each step is allowed; `none` is the case that is not there yet. */
export const measureTransitions: Readonly<Record<MeasureStepName, readonly (MeasureStatus | 'none')[]>> = {
  ordered: ['none'],
  acknowledged: ['ordered'],
  started: ['acknowledged'],
  fedBack: ['acknowledged', 'executing'],
  done: ['executing'],
  failed: ['acknowledged', 'executing'],
  evaluated: ['done', 'failed'],
  withdrawn: standing,
  extended: running,
  exempted: standing,
  rescoped: standing,
  escalated: [...running, 'done', 'failed']
}

/** Whose right a step is: who orders, who has to carry it out, or the machine alone. */
export const measureStepRights = {
  ordered: 'order',
  acknowledged: 'respond',
  started: 'respond',
  fedBack: 'respond',
  done: 'respond',
  failed: 'respond',
  evaluated: 'order',
  withdrawn: 'order',
  extended: 'order',
  exempted: 'order',
  rescoped: 'machine',
  escalated: 'machine'
} as const satisfies Readonly<Record<MeasureStepName, 'order' | 'respond' | 'machine'>>

export interface MeasureStepContext {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly why: string
}

/** The case after the step; throws the operating error of the rule that forbids it. */
export function reduceMeasure(before: MeasureCase | undefined, step: MeasureStep, context: MeasureStepContext): MeasureCase {
  const { id, atMs, by } = context
  const status = before?.status ?? 'none'
  const allowed = measureTransitions[step.type]
  if (!allowed.includes(status))
    throw measureError('MEASURE_STEP_NOT_ALLOWED', { step: step.type, id, status, allowed: allowed.join(', ') })
  if (step.type === 'ordered') return newMeasure(step, context)
  if (before === undefined) throw new TypeError(`Cannot reduce measure ${id}: there is none, expected an order`)
  const who = { atMs, by }
  const next = { ...before, updatedAtMs: atMs }
  switch (step.type) {
    case 'acknowledged':
      return { ...next, status: 'acknowledged', acknowledged: { ...who, ...noteOf(step) } }
    case 'started':
      return { ...next, status: 'executing', started: { ...who, ...noteOf(step) } }
    case 'fedBack':
      return withFeedback(next, step, who)
    case 'done':
    case 'failed':
      return ended(next, step, who)
    case 'evaluated': {
      const { type: _type, ...content } = step
      return { ...next, status: 'evaluated', evaluated: { ...who, ...content } }
    }
    case 'withdrawn':
      return { ...next, status: 'withdrawn', withdrawn: { ...who, cause: step.cause, why: context.why } }
    case 'extended':
      return { ...next, deadlines: laterDeadlines(next, step.deadlines) }
    case 'exempted':
      return withExemption(next, step.keys, context)
    case 'rescoped':
      return { ...next, goods: step.goods }
    case 'escalated':
      return { ...next, escalations: [...before.escalations, { ...step.escalation, atMs }].slice(-64) }
    default:
      return neverStep(step)
  }
}

function newMeasure({ order }: Extract<MeasureStep, { type: 'ordered' }>, { id, atMs, by }: MeasureStepContext): MeasureCase {
  const { acknowledgeMs, executeMs } = order.deadlines
  requireLater(id, '/deadlines/acknowledgeMs', acknowledgeMs, atMs)
  requireLater(id, '/deadlines/executeMs', executeMs, acknowledgeMs - 1)
  return {
    id,
    status: 'ordered',
    ...order,
    orderedAtMs: atMs,
    orderedBy: by,
    feedback: [],
    exemptions: [],
    escalations: [],
    updatedAtMs: atMs
  }
}

const noteOf = ({ note }: { readonly note?: string }) => (note === undefined ? {} : { note })

function withFeedback(
  before: MeasureCase,
  { type, ...content }: Extract<MeasureStep, { type: 'fedBack' }>,
  who: { readonly atMs: number; readonly by: string }
): MeasureCase {
  requireRoom({ id: before.id, step: type, count: before.feedback.length, max: measureFeedbackMax })
  return { ...before, feedback: [...before.feedback, { ...who, ...content }] }
}

function ended(
  before: MeasureCase,
  step: Extract<MeasureStep, { type: 'done' | 'failed' }>,
  who: { readonly atMs: number; readonly by: string }
): MeasureCase {
  const proven = step.proof.length > 0 || before.feedback.some((entry) => entry.proof.length > 0)
  if (step.type === 'done' && step.proofRequired && !proven)
    throw measureError('MEASURE_PROOF_MISSING', { id: before.id, type: before.type })
  return {
    ...before,
    status: step.type,
    deadlines: { ...before.deadlines, evaluateMs: step.evaluateByMs },
    ended: { ...who, result: step.type, text: step.text, proof: step.proof, late: who.atMs > before.deadlines.executeMs }
  }
}

function laterDeadlines(before: MeasureCase, deadlines: MeasureCase['deadlines']): MeasureCase['deadlines'] {
  requireLater(before.id, '/deadlines/acknowledgeMs', deadlines.acknowledgeMs, before.deadlines.acknowledgeMs - 1)
  requireLater(before.id, '/deadlines/executeMs', deadlines.executeMs, before.deadlines.executeMs - 1)
  return deadlines
}

function withExemption(before: MeasureCase, keys: readonly TraceKey[], { id, atMs, by, why }: MeasureStepContext): MeasureCase {
  requireRoom({ id, step: 'exempted', count: before.exemptions.length, max: measureExemptionsMax })
  return { ...before, exemptions: [...before.exemptions, { atMs, by, keys: [...keys], why }] }
}

function requireRoom({ id, step, count, max }: { id: string; step: string; count: number; max: number }): void {
  if (count >= max) throw measureError('MEASURE_FULL', { id, step, count, max })
}

function requireLater(id: string, pointer: string, value: TimeMs, afterMs: number): void {
  if (value <= afterMs)
    throw measureError('MEASURE_DEADLINE_INVALID', {
      id,
      pointer,
      value: new Date(value).toISOString(),
      after: new Date(Math.max(0, afterMs)).toISOString()
    })
}

function neverStep(step: never): never {
  throw new TypeError(`Cannot apply step: type is ${JSON.stringify(step)}`)
}

/** Whether goods are kept from moving by it: an order stands until it is withdrawn, whatever came of it. */
export function isInForce(measure: MeasureCase): boolean {
  return measure.status !== 'withdrawn'
}
