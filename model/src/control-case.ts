/**
 * The control orders of one point as a journal: each revision with what it changed, and which device applied which. The case holds the
 * whole list, so that it can be published again after anything. Pure: the case is a function of its journal.
 */
import { Type, type Static } from 'typebox'
import { ControlOrder } from './control.ts'
import type { PlannedOrder } from './control-plan.ts'
import { EscalationRecord } from './measure.ts'
import { TraceKey } from './registers.ts'
import { TimeMs } from './wire.ts'

/** Most keys that the trace may add at one point; past it the case counts what is left out. */
export const foundKeysMax = 150_000
/** Devices of a point whose applied revision is kept; the one that spoke last stays. */
export const appliersMax = 64

const Head = Type.Omit(ControlOrder, ['goods'])
const Keys = Type.Array(TraceKey)

/** An order of the list: `ordered` was named by the measure, `found` by the trace. */
export const ControlEntry = Type.Object({ head: Head, ordered: Keys, found: Keys })
export type ControlEntry = Static<typeof ControlEntry>

const Applied = Type.Object({ device: Type.String(), revision: Type.Integer({ minimum: 0 }), atMs: TimeMs })

export const ControlCase = Type.Object(
  {
    point: Type.String(),
    revision: Type.Integer({ minimum: 1 }),
    issuedAtMs: TimeMs,
    parts: Type.Integer({ minimum: 1 }),
    leftOut: Type.Integer({ minimum: 0 }),
    orders: Type.Array(ControlEntry),
    applied: Type.Array(Applied, { maxItems: appliersMax }),
    /** By when the oldest revision that nobody has applied should have been. */
    dueMs: Type.Optional(TimeMs),
    escalations: Type.Array(EscalationRecord, { maxItems: 64 }),
    policyVersion: Type.Integer({ minimum: 1 })
  },
  { title: 'control' }
)
export type ControlCase = Static<typeof ControlCase>

const Change = Type.Object({
  id: Type.String(),
  /** Of an order that is new or reads otherwise; missing where only its goods changed. */
  head: Type.Optional(Head),
  addOrdered: Keys,
  addFound: Keys,
  drop: Keys
})

export const ControlStep = Type.Union([
  Type.Object({
    type: Type.Literal('issued'),
    revision: Type.Integer({ minimum: 1 }),
    parts: Type.Integer({ minimum: 1 }),
    leftOut: Type.Integer({ minimum: 0 }),
    changes: Type.Array(Change),
    /** Orders that are not in the list any more. */
    ended: Type.Array(Type.String()),
    /** Left out where nobody listens: no agent and no reader is registered at the point. */
    applyByMs: Type.Optional(TimeMs),
    policyVersion: Type.Integer({ minimum: 1 })
  }),
  Type.Object({ type: Type.Literal('applied'), device: Type.String(), revision: Type.Integer({ minimum: 0 }) }),
  Type.Object({ type: Type.Literal('escalated'), escalation: Type.Omit(EscalationRecord, ['atMs']) })
])
export type ControlStep = Static<typeof ControlStep>

/** What a new list changes; undefined when it is the list that holds. */
export function controlChanges(
  before: readonly ControlEntry[],
  after: readonly PlannedOrder[]
): Pick<Extract<ControlStep, { type: 'issued' }>, 'changes' | 'ended'> | undefined {
  const known = new Map(before.map((entry) => [entry.head.id, entry]))
  const changes = after.flatMap(({ head, ordered, found }) => {
    const entry = known.get(head.id)
    const had = new Set([...(entry?.ordered ?? []), ...(entry?.found ?? [])])
    const has = new Set([...ordered, ...found])
    const change = {
      id: head.id,
      ...(entry !== undefined && JSON.stringify(entry.head) === JSON.stringify(head) ? {} : { head }),
      addOrdered: ordered.filter((key) => !had.has(key)),
      addFound: found.filter((key) => !had.has(key)),
      drop: [...had].filter((key) => !has.has(key))
    }
    const isSame = change.head === undefined && change.addOrdered.length + change.addFound.length + change.drop.length === 0
    return isSame ? [] : [change]
  })
  const standing = new Set(after.map(({ head }) => head.id))
  const ended = before.map(({ head }) => head.id).filter((id) => !standing.has(id))
  return changes.length + ended.length === 0 ? undefined : { changes, ended }
}

export function reduceControl(
  before: ControlCase | undefined,
  step: ControlStep,
  { id, atMs }: { readonly id: string; readonly atMs: number }
): ControlCase {
  if (step.type === 'issued') return issued(before, step, { point: id, atMs })
  if (before === undefined) throw new TypeError(`Cannot write ${step.type} on the control orders of ${id}: there are none, expected a list`)
  switch (step.type) {
    case 'applied': {
      const { device, revision } = step
      const applied = [...before.applied.filter((one) => one.device !== device), { device, revision, atMs }].slice(-appliersMax)
      const { dueMs: _dueMs, ...rest } = before
      return isApplied({ ...before, applied }) ? { ...rest, applied } : { ...before, applied }
    }
    case 'escalated':
      // The journal keeps those that find no room here.
      return { ...before, escalations: [...before.escalations, { ...step.escalation, atMs }].slice(-64) }
    default:
      throw new TypeError(`Cannot apply step: type is ${JSON.stringify(step satisfies never)}`)
  }
}

function issued(
  before: ControlCase | undefined,
  step: Extract<ControlStep, { type: 'issued' }>,
  { point, atMs }: { readonly point: string; readonly atMs: number }
): ControlCase {
  const revision = before?.revision ?? 0
  if (step.revision <= revision)
    throw new TypeError(`Cannot issue control orders of ${point}: revision is ${step.revision}, expected more than ${revision}`)
  const entries = new Map((before?.orders ?? []).map((entry) => [entry.head.id, entry]))
  for (const id of step.ended) entries.delete(id)
  for (const { id, head, addOrdered, addFound, drop } of step.changes) {
    const entry = entries.get(id)
    const standing = head ?? entry?.head
    if (standing === undefined) throw new TypeError(`Cannot issue control orders of ${point}: order ${id} is new, expected its head`)
    const gone = new Set(drop)
    const keep = (keys: readonly string[] = []) => keys.filter((key) => !gone.has(key))
    entries.set(id, { head: standing, ordered: [...keep(entry?.ordered), ...addOrdered], found: [...keep(entry?.found), ...addFound] })
  }
  return {
    point,
    revision: step.revision,
    issuedAtMs: atMs,
    parts: step.parts,
    leftOut: step.leftOut,
    orders: [...entries.values()],
    applied: before?.applied ?? [],
    // A new revision must not give a silent point more time.
    ...dueOf(before?.dueMs ?? step.applyByMs),
    escalations: before?.escalations ?? [],
    policyVersion: step.policyVersion
  }
}

const dueOf = (dueMs: number | undefined) => (dueMs === undefined ? {} : { dueMs })

/** Whether everybody who ever applied a list at the point, and at least one, has applied this one. */
export function isApplied({ revision, applied }: Pick<ControlCase, 'revision' | 'applied'>): boolean {
  return applied.length > 0 && applied.every((one) => one.revision >= revision)
}
