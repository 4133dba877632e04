/**
 * Where escalations of warnings and recalls are journalled: a hash-chained audit journal beside the case, as their own journals hold what
 * people decided. Measures and control orders keep theirs on the case.
 */
import { Type } from 'typebox'
import { type EscalationRecord, EscalationRecord as EscalationSchema } from '@tracegate/model/measure'
import { type CaseBook, createCaseBook } from '../cases/case-book.ts'
import type { CaseStore } from '@tracegate/store/case-store'

const State = Type.Object({ escalations: Type.Array(EscalationSchema, { maxItems: 256 }) })
const Step = Type.Object({ type: Type.Literal('escalated'), escalation: Type.Omit(EscalationSchema, ['atMs']) })

export interface EscalationLog {
  of(kind: 'warning' | 'recall', id: string): Promise<readonly EscalationRecord[]>
  /** False when it was there already. */
  add(kind: 'warning' | 'recall', id: string, escalation: Omit<EscalationRecord, 'atMs'>, by: string): Promise<boolean>
}

export const isSameEscalation = (left: Omit<EscalationRecord, 'atMs'>, right: Omit<EscalationRecord, 'atMs'>): boolean =>
  left.clock === right.clock && left.step === right.step && left.dueMs === right.dueMs

export function createEscalationLog({ cases, nowMs }: { readonly cases: CaseStore; readonly nowMs: () => number }): EscalationLog {
  const book: CaseBook<{ escalations: EscalationRecord[] }, { type: 'escalated'; escalation: Omit<EscalationRecord, 'atMs'> }> =
    createCaseBook({
      cases,
      kind: 'audit',
      what: 'escalations of',
      state: State,
      step: Step,
      reduce: (before, { escalation }, { atMs }) => ({
        escalations: [...(before?.escalations ?? []), { ...escalation, atMs }].slice(-256)
      }),
      action: (step) => step.type,
      isOpen: () => false,
      nowMs
    })
  const idOf = (kind: string, id: string) => `escalations:${kind}:${id}`
  return {
    async of(kind, id) {
      return (await book.find(idOf(kind, id)))?.state.escalations ?? []
    },
    async add(kind, id, escalation, by) {
      let added = false
      await book.act({
        id: idOf(kind, id),
        by,
        why: `${escalation.clock} was due ${new Date(escalation.dueMs).toISOString()}`,
        decide(before) {
          added = before?.escalations.some((one) => isSameEscalation(one, escalation)) !== true
          return added ? { type: 'escalated', escalation } : undefined
        }
      })
      return added
    }
  }
}
