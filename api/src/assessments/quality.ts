/** The quality index over the registered products and the assessments completed in a period. It judges no product by itself. */
import type { Static } from 'typebox'
import { Assessment } from '@tracegate/model/assessment'
import { compileValidator } from '@tracegate/model/codec'
import type { QualityIndex, QualityQuery } from '@tracegate/model/http-warnings'
import { qualityByGroup, type AssessedRisk } from '@tracegate/model/quality-index'
import type { Product } from '@tracegate/model/registers'
import type { CaseStore } from '@tracegate/store/case-store'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { Registers } from '../registers.ts'

export interface QualitySources {
  readonly cases: CaseStore
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

const assessments = compileValidator(Assessment)
const yearMs = 365 * 86_400_000
/** Assessments looked through, newest first; past it the answer says that it is cut. */
const assessmentsMax = 5_000
const groupsMax = 1_000

export async function qualityIndex(sources: QualitySources, query: Static<typeof QualityQuery>): Promise<QualityIndex> {
  const { by = 'hs' } = query
  const toMs = query.to === undefined ? sources.nowMs() : Date.parse(query.to)
  const fromMs = query.from === undefined ? toMs - yearMs : Date.parse(query.from)
  const [products, current] = await Promise.all([sources.registers.products(), sources.policy.current()])
  const groupOf = new Map(products.flatMap((product) => withGroup(product, by)))
  const { risks, truncated } = await assessedRisks(sources.cases, fromMs, toMs)
  const groups = qualityByGroup(groupOf, risks, current.policy.assessment.qualityWeights)
  return {
    by,
    fromMs,
    toMs,
    items: groups.slice(0, groupsMax),
    truncated: truncated || groups.length > groupsMax,
    policyVersion: current.version
  }
}

function withGroup(product: Product, by: QualityIndex['by']): [string, string][] {
  const group = {
    hs: product.hsCode?.slice(0, 4),
    origin: product.originCountry,
    brand: product.brand,
    manufacturer: product.manufacturer
  }[by]
  return group === undefined || group === '' ? [] : [[product.key, group]]
}

async function assessedRisks(cases: CaseStore, fromMs: number, toMs: number): Promise<{ risks: AssessedRisk[]; truncated: boolean }> {
  const risks: AssessedRisk[] = []
  let cursor: string | undefined
  for (let looked = 0; looked < assessmentsMax;) {
    const page = await cases.heads({ kind: 'assessment', open: false, limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    looked += page.heads.length
    for (const head of page.heads) {
      const read = assessments.check(head.state)
      const atMs = read.ok ? read.value.completed?.atMs : undefined
      if (!read.ok || read.value.status !== 'completed' || atMs === undefined || atMs < fromMs || atMs >= toMs) continue
      const { result, products } = read.value
      if (result.risk !== undefined) risks.push({ risk: result.risk, products })
    }
    cursor = page.next
    if (cursor === undefined) return { risks, truncated: false }
  }
  return { risks, truncated: true }
}
