/**
 * The office of supervision: proposes how consignments are supervised, makes anew what rested on a revoked certificate, and raises an
 * anomaly where sampling is overdue. It finds its work in the case store, so that nothing is lost when a process ends. It knows no HTTP.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import { Evidence } from '@tracegate/model/assessment'
import { hash53 } from '@tracegate/model/hash53'
import {
  type CertificateContent,
  Laboratory,
  requireWithinScope,
  type Carried,
  type Certificate
} from '@tracegate/model/supervision/certificate'
import { compileValidator } from '@tracegate/model/codec'
import type { Consignment } from '@tracegate/model/supervision/consignment'
import { coverageOf, type ItemCoverage } from '@tracegate/model/supervision/plan-coverage'
import type { MonitoringPlan } from '@tracegate/model/supervision/plan'
import { proposeMode } from '@tracegate/model/supervision/propose-mode'
import { Type, type Static } from 'typebox'
import type { AnomalyJournal } from '../anomalies/anomaly-journal.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { factsOf, type FactSources } from './consignment-facts.ts'

export interface Signed {
  readonly by: string
  readonly why: string
  readonly expectedLength?: number
}

export interface SupervisionOffice extends AsyncDisposable {
  /** Proposes the supervision of a consignment from what is known now. */
  propose(id: string, signed: Signed): Promise<KeptCase<Consignment>>
  register(id: string, content: Static<typeof CertificateContent>, signed: Signed): Promise<KeptCase<Certificate>>
  /** Ends a certificate and judges anew what it carried. */
  revoke(id: string, signed: Signed): Promise<KeptCase<Certificate>>
  /** One look at what is due: overdue sampling, revoked certificates whose work was broken off. */
  look(): Promise<void>
  start(): void
}

export interface OfficeOptions extends FactSources {
  readonly policy: PolicyBook
  readonly anomalies: AnomalyJournal
  /** Told when a look fails; it is tried again at the next. */
  readonly onFailure: (what: string, error: unknown) => void
}

const officeName = 'tracegate/supervision'
const lookEveryMs = 60_000
const plansMax = 1_000
const perPage = 500
/** Consignments looked through for one that rests on a certificate. */
const consignmentsMax = 50_000
const carriedMax = 2_000

const laboratories = compileValidator(Laboratory)

export function createSupervisionOffice(options: OfficeOptions): SupervisionOffice {
  const { books, cases, policy, nowMs } = options
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  const office: SupervisionOffice = {
    propose: (id, signed) =>
      books.consignments.act({
        id,
        ...signed,
        async decide(before) {
          if (before === undefined) return undefined
          const { version, policy: all } = await policy.current()
          const facts = await factsOf(options, before, all.supervision)
          return { type: 'proposed', proposal: proposeMode(facts, all.supervision, { policyVersion: version, atMs: nowMs() }) }
        }
      }),
    async register(id, content, signed) {
      const row = await cases.get('laboratories', content.laboratory)
      const read = row === undefined ? undefined : laboratories.check(row.document)
      requireWithinScope(id, content, read?.ok === true ? read.value : undefined)
      return books.certificates.act({ id, ...signed, decide: () => ({ type: 'registered', content }) })
    },
    async revoke(id, signed) {
      const revoked = await books.certificates.act({ id, ...signed, decide: () => ({ type: 'revoked' }) })
      return recompute(options, office, revoked.state)
    },
    look() {
      looking ??= lookOnce(options, office).finally(() => (looking = undefined))
      return looking
    },
    start() {
      timer = setInterval(() => void office.look(), lookEveryMs)
      timer.unref()
      void office.look()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await looking
    }
  }
  return office
}

/** Never rejects. */
async function lookOnce(options: OfficeOptions, office: SupervisionOffice): Promise<void> {
  const { books, onFailure } = options
  try {
    for (const certificate of (await books.certificates.open(carriedMax)).items) await recompute(options, office, certificate)
  } catch (error) {
    onFailure('what rests on revoked certificates', error)
  }
  try {
    for (const plan of (await books.plans.page({ limit: plansMax })).items) await lookAtPlan(options, plan)
  } catch (error) {
    onFailure('overdue sampling', error)
  }
}

/** Everything that rests on the certificate is opened again and proposed anew; done twice it comes to the same. */
async function recompute(options: OfficeOptions, office: SupervisionOffice, { id }: Certificate): Promise<KeptCase<Certificate>> {
  const { books } = options
  const why = `certificate ${id} was revoked`
  const carried: Carried[] = []
  const note = (row: Carried): void => {
    if (carried.length < carriedMax) carried.push(row)
  }
  for await (const consignment of consignmentsOn(options, id)) {
    const before = consignment.proposal?.mode
    try {
      if (consignment.reopened?.certificate !== id)
        await books.consignments.act({ id: consignment.id, by: officeName, why, decide: () => ({ type: 'reopened', certificate: id }) })
      const { state } = await office.propose(consignment.id, { by: officeName, why })
      const after = state.proposal?.mode
      note({
        kind: 'consignment',
        id: consignment.id,
        outcome: 'reopened',
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after })
      })
    } catch (error) {
      options.onFailure(`consignment ${consignment.id}, which rests on certificate ${id}`, error)
      note({ kind: 'consignment', id: consignment.id, outcome: 'failed', ...(before === undefined ? {} : { before }) })
    }
  }
  for (const plan of (await books.plans.page({ limit: plansMax })).items)
    for (const sample of plan.samples)
      if (sample.certificate === id) note({ kind: 'plan', id: `${plan.id}/${sample.id}`, outcome: 'marked' })
  for (const assessment of await assessmentsOn(options, id)) note({ kind: 'assessment', id: assessment, outcome: 'marked' })
  return books.certificates.act({
    id,
    by: officeName,
    why: 'what it carried was judged anew',
    decide: (before) => (before?.recomputed === true ? undefined : { type: 'recomputed', carried })
  })
}

async function* consignmentsOn({ books }: OfficeOptions, certificate: string): AsyncGenerator<Consignment> {
  let cursor: string | undefined
  const found: Consignment[] = []
  for (let seen = 0; seen < consignmentsMax; seen += perPage) {
    const page = await books.consignments.page({ limit: perPage, ...(cursor === undefined ? {} : { cursor }) })
    // Gathered first, as each change moves a case to the front of the list.
    found.push(...page.items.filter((item) => item.status !== 'refused' && restsOn(item, certificate)))
    if (page.next === undefined) break
    cursor = page.next
  }
  yield* found
}

function restsOn({ proposal, certificates, result }: Consignment, certificate: string): boolean {
  return proposal?.restsOn.includes(certificate) === true || certificates.includes(certificate) || result?.certificate === certificate
}

/** Assessments name their evidence by kind and id; what is decided already is for people to look at again. */
async function assessmentsOn({ cases }: OfficeOptions, certificate: string): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  for (let seen = 0; seen < consignmentsMax; seen += perPage) {
    const page = await cases.heads({ kind: 'assessment', limit: perPage, ...(cursor === undefined ? {} : { cursor }) })
    for (const { id, state } of page.heads) if (namesCertificate(state, certificate)) found.push(id)
    if (page.next === undefined) break
    cursor = page.next
  }
  return found
}

const citing = compileValidator(Type.Object({ evidence: Type.Array(Evidence) }))

function namesCertificate(state: unknown, certificate: string): boolean {
  const read = citing.check(state)
  return read.ok && read.value.evidence.some(({ type, ref }) => type === 'certificate' && ref === certificate)
}

async function lookAtPlan(options: OfficeOptions, plan: MonitoringPlan): Promise<void> {
  const { anomalies, policy, nowMs } = options
  const { policy: all } = await policy.current()
  const coverage = coverageOf(plan, nowMs(), all.supervision)
  for (const item of coverage.items) {
    const id = `overdueSampling-${hash53(`${plan.id}\u001f${item.item}`).toString(36)}`
    const known = await anomalies.find(id)
    if (item.overdue === (known?.anomaly.status === 'open')) continue
    await anomalies.act({
      id,
      by: officeName,
      action: item.overdue ? (known === undefined ? 'opened' : 'updated') : 'closed',
      why: item.overdue ? 'sampling is overdue' : 'sampling is not overdue any more',
      change: (before) => (item.overdue ? overdueAnomaly(id, { plan, item, before, nowMs: nowMs() }) : closedAnomaly(before, nowMs()))
    })
  }
}

interface Overdue {
  readonly plan: MonitoringPlan
  readonly item: ItemCoverage
  readonly before: Anomaly | undefined
  readonly nowMs: number
}

function overdueAnomaly(id: string, { plan, item, before, nowMs }: Overdue): Anomaly {
  const onsetMs = item.overdueSinceMs ?? nowMs
  const { planned, taken } = item
  const due = Math.floor(item.dueByNow)
  return {
    ...(before?.handling === undefined ? {} : { handling: before.handling }),
    id,
    type: 'overdueSampling',
    category: 'plan',
    rule: { id: 'plan:overdueSampling', version: plan.policyVersion },
    status: 'open',
    goods: [],
    onsetMs,
    openedMs: onsetMs,
    lastMs: nowMs,
    detectedAtMs: nowMs,
    historical: false,
    ...(before === undefined ? {} : { returns: (before.returns ?? 0) + 1 }),
    figures: { planned, taken, due },
    witnesses: [],
    proof: {
      zh: `监测计划“${plan.title.zh}”的“${item.title.zh}”应抽 ${due} 份，实抽 ${taken} 份（全期 ${planned} 份）`,
      en: `Of ${item.title.en} in the monitoring plan ${plan.title.en}, ${due} samples were due and ${taken} were taken, of ${planned} for the whole period`
    }
  }
}

function closedAnomaly(before: Anomaly | undefined, nowMs: number): Anomaly | undefined {
  if (before === undefined || before.status === 'closed') return undefined
  return { ...before, status: 'closed', closedMs: nowMs, lastMs: nowMs }
}
