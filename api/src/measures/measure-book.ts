/** The journals of measures and of control orders behind the book of cases. It decides nothing. */
import { ControlCase, ControlStep, reduceControl } from '@tracegate/model/control-case'
import { isOpenMeasure, MeasureCase } from '@tracegate/model/measure'
import { MeasureStep, reduceMeasure } from '@tracegate/model/measure-reducer'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { type CaseBook, createCaseBook } from '../cases/case-book.ts'

export type MeasureBook = CaseBook<MeasureCase, MeasureStep>
export type ControlBook = CaseBook<ControlCase, ControlStep>

/** Who writes what no person decided: escalations, scopes that grew, withdrawals with their warning. */
export const machineName = 'tracegate/measures'

export function createMeasureBook({ cases, bus, nowMs }: { cases: CaseStore; bus: Bus; nowMs: () => number }): MeasureBook {
  return createCaseBook({
    cases,
    kind: 'measure',
    what: 'measure',
    state: MeasureCase,
    step: MeasureStep,
    reduce: reduceMeasure,
    action: (step) => step.type,
    isOpen: isOpenMeasure,
    point: ({ addressee }) => (addressee.type === 'point' ? addressee.point : undefined),
    nowMs,
    changed: (measure) => bus.publish('measure', { measure })
  })
}

export function createControlBook({ cases, nowMs }: { cases: CaseStore; nowMs: () => number }): ControlBook {
  return createCaseBook({
    cases,
    kind: 'control',
    what: 'control orders of point',
    state: ControlCase,
    step: ControlStep,
    reduce: reduceControl,
    action: (step) => step.type,
    isOpen: ({ orders, dueMs }) => orders.length > 0 || dueMs !== undefined,
    point: ({ point }) => point,
    nowMs
  })
}
