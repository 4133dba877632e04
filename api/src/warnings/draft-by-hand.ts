/**
 * A warning drafted by a person: from a report, a certificate or nothing but knowledge, and the drills. Goods, criteria, kind and audience
 * are proposed from the trace as for an anomaly. It only drafts.
 */
import type { Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { WarningDraftRequest } from '@tracegate/model/http-warnings'
import { ReportCase } from '@tracegate/model/report'
import type { RecallScope, WarningCase } from '@tracegate/model/warning'
import type { DraftedStep } from '@tracegate/model/warning-steps'
import type { CaseStore } from '@tracegate/store/case-store'
import type { KeptCase } from '../cases/case-book.ts'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { nextCaseNumber } from './case-numbers.ts'
import { judgeScope, readRegisters, scopeOfGoods, type CaseFigures, type NamedGoods, type ScopeSources } from './judge-scope.ts'
import type { WarningBook } from './warning-office.ts'

export interface DraftByHandSources extends ScopeSources {
  readonly cases: CaseStore
  readonly policy: PolicyBook
  readonly book: WarningBook
}

const staysMax = 5_000
const reports = compileValidator(ReportCase)

export interface DraftByHand {
  readonly request: WarningDraftRequest
  readonly by: string
}

export async function draftByHand(sources: DraftByHandSources, { request, by }: DraftByHand): Promise<KeptCase<WarningCase>> {
  const report = request.report === undefined ? undefined : await reportOf(sources.cases, request.report)
  if (request.certificate !== undefined && (await sources.cases.head('certificate', request.certificate)) === undefined)
    throw apiError('NOT_FOUND', { what: 'certificate', id: request.certificate })
  const [named, registers, policy] = await Promise.all([
    namedGoods(sources, request, report),
    readRegisters(sources.registers),
    sources.policy.current()
  ])
  const found = await scopeOfGoods(sources, named)
  const here = { place: request.place?.key, point: request.point }
  const judged = judgeScope({ ...found, registers, policy, figures: figuresOf(report), here })
  const nowMs = sources.nowMs()
  const { clocks } = policy.policy.publication.levels[judged.content.proposal.level]
  const content: Static<typeof DraftedStep>['content'] = {
    ...judged.content,
    ...writtenOf(request),
    origin: request.report !== undefined ? 'report' : request.certificate !== undefined ? 'certificate' : 'manual',
    drill: request.drill ?? false,
    startMs: request.startMs ?? nowMs,
    scope: found.scope,
    draftedAtMs: nowMs,
    draftedAfterMs: 0,
    policyVersion: policy.version,
    dueMs: nowMs + clocks.assessMs
  }
  const id = await nextCaseNumber(sources.cases, content.drill === true ? 'D' : 'W', nowMs)
  return sources.book.act({ id, by, why: request.why, decide: () => ({ type: 'drafted', content }) })
}

/** What the person wrote stands over what is proposed. */
function writtenOf(request: WarningDraftRequest) {
  const { title, matters, kind, hazard, regime, untilMs, range, controlInstruction, advice, audience, measuresStated } = request
  const { report, certificate, point, place } = request
  return {
    title,
    matters,
    ...(kind === undefined ? {} : { kind }),
    ...(hazard === undefined ? {} : { hazard }),
    ...(regime === undefined ? {} : { regime }),
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(range === undefined ? {} : { range }),
    ...(controlInstruction === undefined ? {} : { controlInstruction }),
    ...(advice === undefined ? {} : { advice }),
    ...(audience === undefined ? {} : { audience }),
    ...(measuresStated === undefined ? {} : { measuresStated }),
    ...(report === undefined ? {} : { report }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(point === undefined ? {} : { point }),
    ...(place === undefined ? {} : { place: place.key })
  }
}

async function reportOf(cases: CaseStore, id: string): Promise<ReportCase> {
  const read = reports.check((await cases.head('report', id))?.state)
  if (!read.ok) throw apiError('NOT_FOUND', { what: 'report', id })
  return read.value
}

/** One report: a complaint, and an injury when somebody was hurt. */
function figuresOf(report: ReportCase | undefined): CaseFigures {
  const harm = report?.harm
  return {
    open: true,
    complaints: report === undefined ? 0 : 1,
    injuries: harm === undefined ? 0 : harm.injured + harm.fatal
  }
}

async function namedGoods(sources: ScopeSources, request: WarningDraftRequest, report: ReportCase | undefined): Promise<NamedGoods> {
  const { place } = request
  if (place !== undefined) {
    const { fromMs, toMs } = place
    if (fromMs >= toMs) throw apiError('RANGE_INVALID', { from: fromMs, to: toMs })
    const exposure = await sources.trace.ask('exposure', { place: place.key, fromMs, toMs, limit: staysMax })
    return { goods: (request.goods ?? []).map(keyOfText), stays: exposure.goods, truncated: exposure.truncated }
  }
  const goods = [...new Set([...(request.goods ?? []).map(keyOfText), ...goodsOfReport(report)])]
  return { goods, stays: await staysOf(sources, goods), truncated: false }
}

function goodsOfReport(report: ReportCase | undefined): string[] {
  const link = report?.link
  if (link === undefined) return []
  const named = [...link.items, ...link.lots]
  return named.length > 0 || link.product === undefined ? named : [link.product]
}

/** Where each of the goods is, or was last. */
async function staysOf({ trace }: ScopeSources, goods: readonly string[]): Promise<RecallScope['exposed']> {
  const stays = await Promise.all(goods.map((key) => trace.ask('stays', key)))
  return stays.flatMap((all) => all.slice(-1))
}

/** The scope of a case as it is now: the same goods, looked up again. */
export async function refreshedScope(sources: ScopeSources, { scope }: WarningCase): Promise<RecallScope> {
  const keys = new Set(scope.exposed.map((stay) => stay.key))
  const named = [...scope.lots, ...scope.products].filter((key) => !keys.has(key))
  const goods = keys.size === 0 ? named : scope.lots.filter((key) => !keys.has(key))
  const found = await scopeOfGoods(sources, { goods, stays: scope.exposed, truncated: scope.truncated })
  return found.scope
}
