/** The cases of supervision as books: plans, draws, consignments, credit ledgers and certificates. It holds no rule of its own. */
import { Certificate, CertificateStep, isOpenCertificate, reduceCertificate } from '@tracegate/model/supervision/certificate'
import { Consignment, ConsignmentStep, isOpenConsignment, reduceConsignment } from '@tracegate/model/supervision/consignment'
import { CreditLedger, CreditStep, isOpenLedger, reduceCredit } from '@tracegate/model/supervision/credit'
import { DoubleDraw, DrawStep, isOpenDraw, reduceDraw } from '@tracegate/model/supervision/double-draw'
import { isOpenPlan, MonitoringPlan, PlanStep, reducePlan } from '@tracegate/model/supervision/plan'
import type { CaseStore } from '@tracegate/store/case-store'
import { createCaseBook } from '../cases/case-book.ts'

export function createSupervisionBooks({ cases, nowMs }: { readonly cases: CaseStore; readonly nowMs: () => number }) {
  const kept = { cases, nowMs, action: (step: { readonly type: string }) => step.type }
  return {
    plans: createCaseBook({
      ...kept,
      kind: 'plan',
      what: 'plan',
      state: MonitoringPlan,
      step: PlanStep,
      reduce: reducePlan,
      isOpen: isOpenPlan
    }),
    draws: createCaseBook({
      ...kept,
      kind: 'draw',
      what: 'draw',
      state: DoubleDraw,
      step: DrawStep,
      reduce: reduceDraw,
      isOpen: isOpenDraw
    }),
    consignments: createCaseBook({
      ...kept,
      kind: 'consignment',
      what: 'consignment',
      state: Consignment,
      step: ConsignmentStep,
      reduce: reduceConsignment,
      isOpen: isOpenConsignment
    }),
    credit: createCaseBook({
      ...kept,
      kind: 'credit',
      what: 'credit ledger',
      state: CreditLedger,
      step: CreditStep,
      reduce: reduceCredit,
      isOpen: isOpenLedger
    }),
    certificates: createCaseBook({
      ...kept,
      kind: 'certificate',
      what: 'certificate',
      state: Certificate,
      step: CertificateStep,
      reduce: reduceCertificate,
      isOpen: isOpenCertificate
    })
  }
}

export type SupervisionBooks = ReturnType<typeof createSupervisionBooks>
