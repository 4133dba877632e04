/** Plans, draws, proposals, credit and certificates: what follows from their steps, and that nothing else does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { draw } from '../draw.ts'
import { supervisionDefaults } from '../policy/supervision.ts'
import { sha256Hex } from '../sha256.ts'
import { certificateFault, reduceCertificate, requireWithinScope, type CertificateContent, type Laboratory } from './certificate.ts'
import { reduceConsignment, type Consignment, type ConsignmentStep } from './consignment.ts'
import { creditEntriesMax, reduceCredit, standingOf, type CreditLedger, type CreditStep } from './credit.ts'
import { assign, reduceDraw, verifyDoubleDraw, type DoubleDraw, type DrawLists } from './double-draw.ts'
import { coverageOf } from './plan-coverage.ts'
import { reducePlan, type MonitoringPlan, type PlanStep } from './plan.ts'
import { proposeMode, type ConsignmentFacts } from './propose-mode.ts'

const day = 86_400_000
const start = Date.UTC(2026, 0, 1)
const text = (en: string) => ({ zh: en, en })
const policy = supervisionDefaults

const content = {
  title: text('toys'),
  fromMs: start,
  toMs: start + 100 * day,
  items: [
    { id: 'lead', title: text('lead'), hsPrefix: '9503', hazard: 'chemical', analyte: 'Pb', points: ['port-1', 'market-1'], samples: 10 },
    { id: 'cord', title: text('cord'), hsPrefix: '95', hazard: 'physical', analyte: 'length', points: [], samples: 2 }
  ]
} satisfies Extract<PlanStep, { type: 'drafted' }>['content']

function planAfter(...steps: readonly PlanStep[]): MonitoringPlan {
  let plan: MonitoringPlan | undefined
  for (const step of [{ type: 'drafted', content, policyVersion: 1 } as const, { type: 'adopted', policyVersion: 1 } as const, ...steps])
    plan = reducePlan(plan, step, { id: 'p', atMs: start })
  assert.ok(plan !== undefined)
  return plan
}

const sampled = (id: string, point?: string, item = 'lead'): PlanStep => ({
  type: 'sampled',
  sample: { id, item, takenMs: start, goods: [], ...(point === undefined ? {} : { point }) }
})

test('coverage counts what is done of each item, which points are left out, and what is overdue since when', () => {
  const plan = planAfter(sampled('a', 'port-1'), sampled('b', 'port-1'), { type: 'resulted', sample: 'a', conforms: false })
  const early = coverageOf(plan, start + 5 * day, policy)
  assert.deepEqual([early.planned, early.taken, early.resulted, early.nonConforming], [12, 2, 1, 1])
  assert.deepEqual(early.items[0]?.pointsWithout, ['market-1'])
  assert.equal(
    early.items.some(({ overdue }) => overdue),
    false
  )
  assert.deepEqual(early.points, [{ point: 'port-1', taken: 2, nonConforming: 1 }])
  const late = coverageOf(plan, start + 60 * day, policy)
  assert.equal(late.items[0]?.overdue, true)
  // The third of ten is owed when 80 % of the time gone asks for three: after 37.5 of 100 days.
  assert.equal(late.items[0]?.overdueSinceMs, start + 37.5 * day)
  assert.equal(late.share, 2 / 12)
})

test('a plan takes samples of its own items at its own points, once each, and keeps what has samples', () => {
  const plan = planAfter(sampled('a', 'port-1'))
  const refused = (step: PlanStep, code: string): void => assert.throws(() => reducePlan(plan, step, { id: 'p', atMs: start }), { code })
  refused(sampled('a', 'port-1'), 'PLAN_SAMPLE')
  refused(sampled('b', 'quay-9'), 'PLAN_POINT')
  refused(sampled('b', undefined), 'PLAN_POINT')
  refused(sampled('b', 'port-1', 'zinc'), 'PLAN_ITEM')
  refused({ type: 'resulted', sample: 'x', conforms: true }, 'PLAN_SAMPLE')
  refused({ type: 'published', summary: text('x') }, 'SUPERVISION_STEP')
  refused({ type: 'amended', content: { ...content, items: content.items.slice(1) }, policyVersion: 1 }, 'PLAN_ITEM')
  refused({ type: 'amended', content: { ...content, toMs: start }, policyVersion: 1 }, 'PLAN_PERIOD')
})

const lists: DrawLists = {
  title: text('draw'),
  subjects: Array.from({ length: 40 }, (_, at) => ({ id: `C${at}`, stratum: at % 4 === 0 ? 'D' : 'A' })),
  inspectors: Array.from({ length: 6 }, (_, at) => ({ id: `I${at}`, excluded: at === 0 ? ['C1', 'C2', 'C3'] : [] })),
  count: 12,
  inspectorsEach: 2,
  beacon: text('lottery')
}

function drawn(): DoubleDraw {
  const secret = 'a secret of the authority'
  const announced = reduceDraw(undefined, { type: 'announced', lists, commitment: sha256Hex(secret) }, { id: 'd', atMs: 1, by: 'x' })
  return reduceDraw(announced, { type: 'drawn', secret, publicValue: '7-13-21' }, { id: 'd', atMs: 2, by: 'x' })
}

test('a draw follows from what was published: whoever changes anything is found', () => {
  const state = drawn()
  assert.deepEqual(verifyDoubleDraw(state), { ok: true, faults: [] })
  assert.equal(state.assignments.length, 12)
  for (const { subject, inspectors } of state.assignments) {
    assert.equal(new Set(inspectors).size, 2)
    if (['C1', 'C2', 'C3'].includes(subject)) assert.ok(!inspectors.includes('I0'))
  }
  const carried = Map.groupBy(
    state.assignments.flatMap(({ inspectors }) => inspectors),
    (id) => id
  )
  assert.ok(Math.max(...[...carried.values()].map((one) => one.length)) <= 5, 'the work is shared')
  const tampered: DoubleDraw[] = [
    { ...state, assignments: state.assignments.toReversed() },
    { ...state, publicValue: '1' },
    { ...state, secret: 'another secret of it' },
    { ...state, subjects: state.subjects.slice(1) },
    { ...state, inspectors: state.inspectors.map((one) => ({ ...one, excluded: [] })) }
  ]
  for (const one of tampered) assert.equal(verifyDoubleDraw(one).ok, false)
})

test('a draw needs its secret, enough to draw from, and an inspector for everybody', () => {
  const announced = reduceDraw(
    undefined,
    { type: 'announced', lists, commitment: sha256Hex('x'.repeat(20)) },
    { id: 'd', atMs: 1, by: 'x' }
  )
  const other = { type: 'drawn', secret: 'y'.repeat(20), publicValue: '1' } as const
  assert.throws(() => reduceDraw(announced, other, { id: 'd', atMs: 2, by: 'x' }), { code: 'DRAW_COMMITMENT' })
  const announce = (changed: Partial<DrawLists>) => () =>
    reduceDraw(undefined, { type: 'announced', lists: { ...lists, ...changed }, commitment: sha256Hex('x') }, { id: 'd', atMs: 1, by: 'x' })
  assert.throws(announce({ count: 41 }), { code: 'DRAW_TOO_MANY' })
  assert.throws(announce({ inspectors: [{ id: 'I', excluded: ['C3'] }], inspectorsEach: 1 }), { code: 'DRAW_EXCLUDED' })
})

test('every subject and inspector has the same chance in its class', () => {
  const counts = new Map<string, number>()
  for (let turn = 0; turn < 400; turn += 1)
    for (const { id } of draw({ seed: sha256Hex(String(turn)), candidates: lists.subjects, count: 10 }).drawn)
      counts.set(id, (counts.get(id) ?? 0) + 1)
  // 100 expected of each; six standard deviations.
  for (const { id } of lists.subjects) assert.ok(Math.abs((counts.get(id) ?? 0) - 100) < 55, `${id}: ${counts.get(id)}`)
  assert.deepEqual(assign(lists, 'seed'), assign(lists, 'seed'))
})

const facts: ConsignmentFacts = {
  consignment: 'K-1',
  harm: 2,
  productsUnknown: 0,
  company: { gln: '9506000134352', grade: 'A', blacklisted: false },
  nonConformities: 0,
  warnings: [],
  recalls: [],
  catalogue: [],
  certificates: [],
  certificatesFailed: [],
  guaranteeAsked: false
}
const propose = (changed: Partial<ConsignmentFacts>) => proposeMode({ ...facts, ...changed }, policy, { policyVersion: 1, atMs: start })

test('the proposal follows the facts, and says why', () => {
  const company = facts.company
  assert.ok(company !== undefined)
  const cases: [Partial<ConsignmentFacts>, string][] = [
    [{}, 'verification'],
    [{ company: undefined }, 'sampling'],
    [{ company: { ...company, grade: 'C' } }, 'sampling'],
    [{ company: { ...company, grade: 'D' } }, 'inspection'],
    [{ company: { ...company, blacklisted: true } }, 'inspection'],
    [{ harm: 4 }, 'inspection'],
    [{ harm: undefined, productsUnknown: 1 }, 'sampling'],
    [{ nonConformities: 2 }, 'inspection'],
    [{ warnings: ['W-1'] }, 'inspection'],
    [{ recalls: ['R-1'] }, 'inspection'],
    [{ catalogue: ['9503'] }, 'sampling'],
    [{ certificates: ['Z-1'] }, 'acceptance'],
    [{ certificates: ['Z-1'], company: { ...company, grade: 'C' } }, 'sampling'],
    [{ guaranteeAsked: true }, 'guarantee'],
    [{ guaranteeAsked: true, warnings: ['W-1'] }, 'inspection']
  ]
  for (const [changed, mode] of cases) {
    const proposal = propose(changed)
    assert.equal(proposal.mode, mode, JSON.stringify(changed))
    assert.ok(proposal.reasons.length > 0)
  }
  assert.deepEqual(propose({ certificates: ['Z-1'] }).restsOn, ['Z-1'])
  assert.equal(propose({ harm: 4 }).open, true)
  const opened = Array.from({ length: 2_000 }, (_, at) => propose({ company: undefined, consignment: `K-${at}` }).open).filter(
    Boolean
  ).length
  assert.ok(opened > 140 && opened < 260, `${opened} of 2,000 at a rate of 0.1`)
})

const declaration: Extract<ConsignmentStep, { type: 'declared' }>['declaration'] = {
  id: 'K-1',
  direction: 'import',
  importer: '9506000134352',
  goods: [{ hsCode: '950300', lots: ['L1'] }],
  certificates: [],
  units: [],
  declaredMs: start
}

function consignmentAfter(...steps: readonly ConsignmentStep[]): Consignment {
  let consignment: Consignment | undefined
  for (const step of [{ type: 'declared', declaration } as const, ...steps])
    consignment = reduceConsignment(consignment, step, { id: 'K-1', atMs: start, by: 'x', why: '' })
  assert.ok(consignment !== undefined)
  return consignment
}

test('no consignment is released that should have been opened and was not, or that did not conform', () => {
  const proposed = { type: 'proposed', proposal: propose({ harm: 4 }) } as const
  const decided = { type: 'decided', mode: 'inspection', policyVersion: 1 } as const
  assert.throws(() => consignmentAfter(proposed, decided, { type: 'released' }), { code: 'SUPERVISION_STEP' })
  assert.throws(() => consignmentAfter(proposed, decided, { type: 'inspected', conforms: false }, { type: 'released' }), {
    code: 'SUPERVISION_STEP'
  })
  assert.equal(consignmentAfter(proposed, decided, { type: 'inspected', conforms: true }, { type: 'released' }).status, 'released')
  assert.throws(() => consignmentAfter(proposed, { ...decided, mode: 'sampling' }), { code: 'CONSIGNMENT_REASON' })
  const listed = { type: 'proposed', proposal: { ...propose({}), blacklisted: true } } as const
  assert.throws(() => consignmentAfter(listed, { ...decided, mode: 'verification' }), { code: 'CONSIGNMENT_BLACKLISTED' })
  const reopened = consignmentAfter(proposed, decided, { type: 'reopened', certificate: 'Z' })
  assert.deepEqual([reopened.status, reopened.reopened?.certificate], ['declared', 'Z'])
})

const entered = (entry: string, kind: 'nonConformity' | 'concealment' | 'conformantInspection'): CreditStep => ({
  type: 'entered',
  entry,
  kind,
  points: policy.credit.points[kind],
  case: { kind: 'consignment', id: 'K-1' }
})
const { grounds, stayAtLeastMs } = policy.blacklist

function ledgerAfter(...steps: readonly (readonly [atMs: number, step: CreditStep])[]): CreditLedger {
  let ledger: CreditLedger | undefined
  for (const [atMs, step] of steps) ledger = reduceCredit(ledger, step, { id: '9506000134352', atMs, by: 'x', why: 'because' })
  assert.ok(ledger !== undefined)
  return ledger
}

test('a grade follows from the entries that count at the moment', () => {
  assert.deepEqual(standingOf(undefined, start, policy), { points: 60, grade: 'B', blacklisted: false })
  const ledger = ledgerAfter([start, entered('e1', 'concealment')], [start + 1, entered('e2', 'nonConformity')])
  assert.deepEqual(standingOf(ledger, start + 2, policy), { points: 22, grade: 'D', blacklisted: false })
  assert.equal(standingOf(ledger, start + policy.credit.countsMs + 2, policy).points, 60)
  assert.equal(ledger.entries.length, 2)
  assert.ok(creditEntriesMax >= 2)
})

test('an appeal that is upheld takes an entry out of the sum and ends a listing that rests on it', () => {
  const listed = [
    [start, entered('e1', 'concealment')],
    [start + 1, { type: 'blacklisted', ground: 'e1', grounds }]
  ] as const
  const appealed = [start + 2, { type: 'appealed', entry: 'e1', grounds: 'not so', withinMs: policy.credit.appealWithinMs }] as const
  const upheld = ledgerAfter(...listed, appealed, [start + 3, { type: 'appealDecided', entry: 'e1', upheld: true }])
  assert.deepEqual(standingOf(upheld, start + 4, policy), { points: 60, grade: 'B', blacklisted: false })
  assert.equal(upheld.exits.length, 1)
  const turnedDown = ledgerAfter(...listed, appealed, [start + 3, { type: 'appealDecided', entry: 'e1', upheld: false }])
  assert.equal(standingOf(turnedDown, start + 4, policy).blacklisted, true)
  assert.throws(() => ledgerAfter(...listed, [start + 61 * day, appealed[1]]), { code: 'CREDIT_APPEAL' })
})

test('one comes on the blacklist by a ground of the policy, and off it after its time without a new one', () => {
  assert.throws(() => ledgerAfter([start, entered('e1', 'nonConformity')], [start, { type: 'blacklisted', ground: 'e1', grounds }]), {
    code: 'BLACKLIST_GROUND'
  })
  const listed = [
    [start, entered('e1', 'concealment')],
    [start, { type: 'blacklisted', ground: 'e1', grounds }]
  ] as const
  const exit = { type: 'exited', stayAtLeastMs, grounds } as const
  assert.throws(() => ledgerAfter(...listed, [start + day, exit]), { code: 'BLACKLIST_EXIT' })
  assert.throws(() => ledgerAfter(...listed, [start + day, entered('e2', 'concealment')], [start + 400 * day, exit]), {
    code: 'BLACKLIST_EXIT'
  })
  assert.equal(ledgerAfter(...listed, [start + 400 * day, exit]).blacklisted, undefined)
})

const certificate: CertificateContent = {
  laboratory: 'lab-1',
  number: '2026-1',
  issuedMs: start,
  validUntilMs: start + 30 * day,
  goods: [{ gtin: '09506000134352', hsCode: '950300', lots: ['L1'] }],
  hazards: ['chemical'],
  conforms: true,
  attachments: []
}
const laboratory: Laboratory = {
  id: 'lab-1',
  name: text('lab'),
  accreditation: 'CNAS L1',
  accreditedUntilMs: start + day,
  scope: [{ hsPrefix: '9503', hazards: ['chemical'] }]
}

test('a certificate holds for its goods, within its time and the scope of its laboratory, until it is revoked', () => {
  requireWithinScope('Z', certificate, laboratory)
  const refused = (changed: Partial<CertificateContent>, lab: Laboratory | undefined): void =>
    assert.throws(() => requireWithinScope('Z', { ...certificate, ...changed }, lab), { code: 'CERTIFICATE_SCOPE' })
  refused({}, undefined)
  refused({ hazards: ['biological'] }, laboratory)
  refused({ issuedMs: start + 2 * day }, laboratory)
  refused({ validUntilMs: start }, laboratory)
  const context = { id: 'Z', atMs: start, by: 'x', why: 'forged' }
  const valid = reduceCertificate(undefined, { type: 'registered', content: certificate }, context)
  const goods = [{ gtin: '09506000134352', hsCode: '950300', lots: ['L1'] }]
  assert.equal(certificateFault(valid, goods, start), undefined)
  assert.ok(certificateFault(valid, [{ ...goods[0], hsCode: '950300', lots: ['L2'] }], start) !== undefined)
  assert.ok(certificateFault(valid, [{ ...goods[0], hsCode: '950300', lots: [] }], start) !== undefined, 'all lots are more than one')
  assert.ok(certificateFault(valid, goods, start + 31 * day) !== undefined)
  const revoked = reduceCertificate(valid, { type: 'revoked' }, context)
  assert.ok(certificateFault(revoked, goods, start) !== undefined)
  assert.throws(() => reduceCertificate(revoked, { type: 'revoked' }, context), { code: 'SUPERVISION_STEP' })
})

test('any order of steps is taken or refused with a code, and the taken ones replay to the same state', () => {
  const steps: readonly ConsignmentStep[] = [
    { type: 'declared', declaration },
    { type: 'proposed', proposal: propose({ harm: 4 }) },
    { type: 'proposed', proposal: propose({}) },
    { type: 'decided', mode: 'inspection', policyVersion: 1 },
    { type: 'decided', mode: 'verification', policyVersion: 1 },
    { type: 'inspected', conforms: true },
    { type: 'inspected', conforms: false },
    { type: 'released' },
    { type: 'refused' },
    { type: 'reopened', certificate: 'Z' },
    { type: 'releasedUnderGuarantee', guarantee: { place: 'https://id.gs1.org/414/9506000134338', untilMs: start, conditions: text('x') } }
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 12 }), (chosen) => {
      const taken: ConsignmentStep[] = []
      let state: Consignment | undefined
      for (const step of chosen) {
        try {
          state = reduceConsignment(state, step, { id: 'K-1', atMs: start, by: 'x', why: '' })
          taken.push(step)
        } catch (error) {
          assert.ok(error instanceof Error && 'code' in error)
        }
      }
      if (state?.status === 'released') {
        const isToOpen = state.decided?.mode === 'inspection'
        assert.ok(state.result?.conforms !== false && (!isToOpen || state.result?.conforms === true))
      }
      let replayed: Consignment | undefined
      for (const step of taken) replayed = reduceConsignment(replayed, step, { id: 'K-1', atMs: start, by: 'x', why: '' })
      assert.deepEqual(replayed, state)
    }),
    { numRuns: 500 }
  )
})
