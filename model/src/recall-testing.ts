/** A recall's parts for tests: contents that every rule accepts. Nothing of the product imports it. */
import { recallDefaults } from './policy/recalls.ts'
import { draw } from './draw.ts'
import type { NoticeContent } from './recall-notice.ts'
import type { RecallCase } from './recall-case.ts'
import type { FrozenScope, RecallHolder, RecallPlan } from './recall-parts.ts'
import { sampleCandidates, sampleSize } from './recall-contents.ts'
import { manifestHash, packManifest, type ManifestGood } from './recall-manifest.ts'
import { sha256Hex } from './sha256.ts'
import type { RecallReport, RecallStep, RecallStepType } from './recall-steps.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
export const toy = 'https://id.gs1.org/01/09506000134376'
export const maker = 'https://id.gs1.org/417/9506000134352'
export const said = (text: string) => ({ zh: `${text}（中）`, en: text })

export const report: RecallReport = {
  title: said('Toy car with loose magnets'),
  description: said('Magnets come off and can be swallowed'),
  regime: 'general',
  hazard: 'physical',
  harm: 3,
  company: { key: maker, name: said('Maker') },
  products: [toy],
  origin: { warnings: [], anomalies: [], reports: [], assessments: [] },
  drill: false
}

export const planOf = (atMs: number): RecallPlan => ({
  hazard: said('Swallowed magnets can perforate the bowel'),
  instruction: said('Stop using it at once and keep it from children'),
  remedies: ['refund', 'replace'],
  contact: { name: 'Recall office', phone: '400 000 0000' },
  depth: 'consumer',
  level: 'A',
  startByMs: atMs + dayMs,
  completeByMs: atMs + 60 * dayMs,
  returnTo: [maker]
})

export const noticeContent: NoticeContent = {
  headline: { zh: '产品安全召回', en: 'Product safety recall' },
  product: { name: said('Toy car'), brand: 'Brand', identifiers: ['(01)09506000134376(10)L1'] },
  hazard: { zh: '磁铁可能脱落，儿童吞下后会造成肠穿孔。', en: 'Magnets can come off. A child that swallows them can die.' },
  instruction: { zh: '立即停止使用，放到儿童接触不到的地方。', en: 'Stop using it at once and keep it away from children.' },
  remedies: [
    { remedy: 'refund', how: { zh: '全额退款', en: 'The full price is paid back.' } },
    { remedy: 'replace', how: { zh: '免费更换', en: 'It is replaced free of charge.' } }
  ],
  contact: { zh: '电话 400 000 0000', en: 'Telephone 400 000 0000' }
}

const holder = (at: number, count: number): RecallHolder => ({
  id: at.toString(16).padStart(16, '0'),
  key: `https://id.gs1.org/417/95060001340${String(at).padStart(2, '0')}`,
  states: ['inStock'],
  products: [toy],
  lots: [],
  count,
  serials: count,
  quantities: [],
  sinceMs: 0,
  untilMs: 0,
  lastMs: 0
})

/** Goods 1 to `count` with four holders; `from` moves the serial numbers on, so that another scope results. */
export function scopeOf(
  version: number,
  knownAtMs: number,
  from = 0
): { scope: Omit<FrozenScope, 'frozenAtMs' | 'by'>; goods: ManifestGood[] } {
  const holders = [holder(1, 1), holder(2, 2), holder(3, 30), holder(4, 400)]
  const goods: ManifestGood[] = holders.flatMap(({ key, count, id }) =>
    Array.from({ length: count }, (_, at) => ({ key: `${toy}/21/${id.at(-1) ?? ''}-${from + at}`, state: 'inStock' as const, holder: key }))
  )
  const change = { fromVersion: version - 1, added: 1, gone: 0, moved: 0, causes: [], listed: { added: [], gone: [], moved: [] } }
  return {
    goods,
    scope: {
      version,
      reason: version === 1 ? '' : 'later events',
      asked: { of: [toy] },
      knownAtMs,
      goods: goods.length,
      serials: goods.length,
      quantities: [],
      totals: [{ state: 'inStock', count: goods.length, serials: goods.length, quantities: [] }],
      products: [toy],
      lots: [],
      lotsFound: 0,
      holders,
      holdersFound: holders.length,
      sha256: manifestHash(goods),
      truncated: false,
      ...(version === 1 ? {} : { change })
    }
  }
}

const policyVersion = 1

/** A step of the type with contents that fit the case as it stands at that time. */
export function fittingStep(type: RecallStepType, state: RecallCase | undefined, atMs: number): RecallStep {
  const { reportWithinMs, remediesAtLeast, completeWithinMs, orderAtOnceFromHarm } = recallDefaults
  const drawn = state?.sample?.rows ?? [{ holder: '0000000000000001' }]
  switch (type) {
    case 'reported':
      return { type, report, role: 'company', knowledge: [], reportWithinMs, policyVersion }
    case 'companyReported':
    case 'started':
      return { type, policyVersion }
    case 'evidenceAdded':
      return { type, knowledge: [{ kind: 'laboratory', ref: 'lab-1', atMs: atMs - dayMs, what: said('test') }], policyVersion }
    case 'investigationOpened':
      return { type, question: said('Do the magnets hold?'), dueMs: atMs + dayMs, policyVersion }
    case 'investigationEnded':
      return { type, verdict: 'defect', findings: said('They do not'), evidence: ['lab-1'], planDueMs: atMs + hourMs, policyVersion }
    case 'planDeclined':
      return { type, reason: said('We see no defect'), policyVersion }
    case 'ordered':
      return { type, authority: said('Authority'), basis: said('Basis'), planDueMs: atMs + dayMs, orderAtOnceFromHarm, policyVersion }
    case 'planned':
      return { type, plan: planOf(atMs), role: 'company', remediesAtLeast, completeWithinMs, policyVersion }
    case 'scopeFrozen': {
      const version = (state?.scope?.version ?? 0) + 1
      const { scope, goods } = scopeOf(version, atMs, version * 1_000)
      return { type, scope, manifest: packManifest(goods), policyVersion }
    }
    case 'noticePublished':
      return { type, content: noticeContent, findings: [], remediesAtLeast, policyVersion }
    case 'contacted':
      return { type, entries: [{ holder: '0000000000000001', status: 'sent', atMs, channel: 'email' }], policyVersion }
    case 'replied':
      return { type, holder: '0000000000000002', reply: { received: true, stopped: true, quarantined: 2 }, policyVersion }
    case 'sampleDrawn':
      return sampleStep(state, 'seed of the day', policyVersion)
    case 'checked': {
      const result = { reached: true, noticeReceived: true, acted: true, method: 'visit' } as const
      return { type, results: drawn.map((row) => ({ holder: row.holder, ...result })), policyVersion }
    }
    case 'effectivenessConcluded':
      return { type, wanted: recallDefaults.effectiveShareAtLeast, policyVersion }
    case 'extended':
      return { type, reason: said('Not all were reached'), completeByMs: atMs + dayMs, despitePassing: true, policyVersion }
    case 'closed':
      return { type, report: '{}', reportSha256: sha256Hex('{}'), summary: said('Done'), policyVersion }
    case 'routed':
      return { type, to: said('Food-safety authority'), policyVersion }
    default:
      throw new TypeError(`Cannot make a step: type is ${JSON.stringify(type satisfies never)}`)
  }
}

function sampleStep(state: RecallCase | undefined, seed: string, version: number): RecallStep {
  const candidates = state === undefined ? [] : sampleCandidates(state)
  const share = 1
  const result = draw({ seed, candidates, count: sampleSize(candidates.length, share) })
  return {
    type: 'sampleDrawn',
    sample: {
      round: (state?.outcomes.length ?? 0) + 1,
      level: 'A',
      share,
      scopeVersion: state?.scope?.version ?? 1,
      seed,
      seedSource: 'given',
      population: candidates.length,
      populationSha256: result.populationSha256,
      strata: [...result.strata],
      rows: result.drawn.map(({ id, stratum, ticket }) => ({ holder: id, stratum, ticket }))
    },
    policyVersion: version
  }
}
