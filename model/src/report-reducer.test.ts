/** The steps of a report against their table, in any order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileValidator } from './codec.ts'
import { CodedError } from './errors.ts'
import { ReportCase, reportStatuses, type ReportStatus } from './report.ts'
import { reduceReport, ReportStep, reportSteps } from './report-reducer.ts'

const reports = compileValidator(ReportCase)
const stepSchema = compileValidator(ReportStep)
const key = 'https://id.gs1.org/01/09506000134352'
const link = { product: key, lots: [], items: [], ground: 'code' as const, score: 1 }
const harm = { worst: 'none' as const, injured: 0, fatal: 0 }
const received: ReportStep = {
  type: 'received',
  content: {
    source: 'consumerComplaint',
    channel: 'public',
    receipt: '0'.repeat(64),
    receivedAtMs: 1,
    told: { text: 'The wheel came off', goods: {} },
    contactKept: false,
    attachments: [],
    reliability: 0.6,
    harm,
    candidates: []
  },
  raw: { mediaType: 'application/json', text: '{}', bytes: 2, sha256: '0'.repeat(64) },
  policyVersion: 1
}
const steps: readonly ReportStep[] = [
  received,
  { type: 'triaged', reliability: 0.9, policyVersion: 2 },
  { type: 'linked', link, policyVersion: 2 },
  { type: 'proposed', link, candidates: [], policyVersion: 2 },
  { type: 'duplicate', of: { report: 'R-2', ground: 'person' }, policyVersion: 2 },
  { type: 'notDuplicate' },
  { type: 'attached', attachment: { id: 'a', sha256: '0'.repeat(64), bytes: 3, mediaType: 'image/png' } },
  { type: 'contactRemoved' },
  { type: 'noted' },
  { type: 'assessed', text: 'A wheel of this lot comes off', policyVersion: 3 },
  { type: 'discarded' }
]
const context = (atMs: number, why = 'because') => ({ id: 'R-1', atMs, why })

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof CodedError) return error.code
    throw error
  }
}

test('reduceReport() leads a report from received to assessed, and keeps the policy of each decision', () => {
  let report: ReportCase | undefined
  for (const step of [received, steps[1], steps[2], steps[9]].filter((one) => one !== undefined))
    report = reduceReport(report, step, context(9))
  assert.equal(report?.status, 'assessed')
  assert.equal(report?.policyVersion, 3)
  assert.equal(report?.reliability, 0.9)
})

test('reduceReport() takes exactly the steps of the table, whatever came before, and always gives a valid case', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 12 }), (tried) => {
      let report: ReportCase | undefined
      const taken: ReportStep[] = []
      for (const [index, step] of tried.entries()) {
        const before: ReportStatus | undefined = report?.status
        const allowed = before === undefined ? step.type === 'received' : reportSteps[step.type].includes(before)
        const code = codeOf(() => {
          report = reduceReport(report, step, context(index))
          taken.push(step)
        })
        if (!allowed) assert.equal(code, 'REPORT_STEP')
        else assert.ok(code === undefined || (step.type === 'notDuplicate' && code === 'REPORT_NO_DUPLICATE'))
        if (report !== undefined) assert.ok(reports.check(report).ok)
      }
      const replay = (list: readonly ReportStep[]) =>
        list.reduce<ReportCase | undefined>((state, step) => reduceReport(state, step, context(0)), undefined)
      assert.deepEqual(replay(taken), replay(structuredClone(taken)))
    }),
    { numRuns: 300 }
  )
})

test('a discarded report needs a reason, and no report is its own duplicate', () => {
  const report = reduceReport(undefined, received, context(1))
  assert.equal(
    codeOf(() => reduceReport(report, { type: 'discarded' }, context(2, ' '))),
    'REPORT_REASON'
  )
  const own: ReportStep = { type: 'duplicate', of: { report: 'R-1', ground: 'person' }, policyVersion: 1 }
  assert.equal(
    codeOf(() => reduceReport(report, own, context(2))),
    'REPORT_DUPLICATE'
  )
})

test('what a person freed as no duplicate stays known', () => {
  const marked = reduceReport(reduceReport(undefined, received, context(1)), steps[4] ?? received, context(2))
  assert.equal(marked.duplicateOf?.report, 'R-2')
  const freed = reduceReport(marked, { type: 'notDuplicate' }, context(3))
  assert.equal(freed.duplicateOf, undefined)
  assert.deepEqual(freed.notDuplicateOf, ['R-2'])
})

test('every step of the samples matches its schema, and the table names every state that there is', () => {
  for (const step of steps) assert.ok(stepSchema.check(step).ok, step.type)
  const named = new Set(Object.values(reportSteps).flat())
  assert.deepEqual(
    reportStatuses.filter((status) => !named.has(status)),
    []
  )
})
