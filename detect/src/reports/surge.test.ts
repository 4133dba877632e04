/** The statistic of surges against exact values, examples and a simulated market. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { logGamma, regularisedBeta, surpriseOf } from './count-statistic.ts'
import { complaintSurgeDefaults, findSurge, injurySurgeDefaults, isOver, SurgeParameters, type CountedReport } from './surge.ts'
import { simulateSurges } from './surge-simulation.ts'

const dayMs = 86_400_000
const nowMs = 400 * dayMs
const report = (daysAgo: number, change: Partial<CountedReport> = {}): CountedReport => ({
  id: `R-${daysAgo}`,
  atMs: nowMs - daysAgo * dayMs,
  weight: 0.6,
  lots: ['lot-1'],
  fatal: false,
  ...change
})
const ask = (reports: readonly CountedReport[], parameters = complaintSurgeDefaults) =>
  findSurge({ reports, past: [], nowMs, sinceMs: 0, reportsPerMonth: 30 }, parameters)

test('the tail is that of the negative binomial, term by term, and of Poisson where the rate is known', () => {
  const shape = 3
  const mean = 1.5
  const success = mean / (mean + shape)
  const term = (k: number) =>
    Math.exp(logGamma(k + shape) - logGamma(k + 1) - logGamma(shape) + shape * Math.log1p(-success) + k * Math.log(success))
  let below = 0
  for (let k = 1; k < 12; k += 1) {
    below += term(k - 1)
    assert.ok(Math.abs(regularisedBeta(success, k, shape) - (1 - below)) < 1e-10)
  }
  const known = { windowMs: dayMs, baselineCount: 2e6, baselineMs: 1e6 * dayMs, priorCount: 1, priorMs: dayMs, dispersion: 1e12 }
  const poisson = 1 - Math.exp(-2) * (1 + 2 + 2)
  assert.ok(Math.abs(surpriseOf({ ...known, count: 3 }).tail - poisson) < 1e-5)
})

test('a surge of one lot opens with its reports as witnesses and names the lot', () => {
  const surge = ask([0, 0.4, 1, 1.5, 2, 3].map((daysAgo) => report(daysAgo)).toReversed())
  assert.deepEqual(surge?.lots, ['lot-1'])
  assert.equal(surge.reports.length, 6)
  assert.ok(surge.tail <= surge.limit && surge.expected < 1)
  const spread = ask([0, 0.4, 1, 1.5, 2, 3].map((daysAgo, index) => report(daysAgo, { lots: [`lot-${index}`] })).toReversed())
  assert.deepEqual(spread?.lots, [])
})

test('what is usual for a product opens nothing, nor do two reports, nor reports that nobody relies on', () => {
  const weekly = Array.from({ length: 60 }, (_, week) => [report(week * 3), report(week * 3 + 1), report(week * 3 + 1.5)]).flat()
  assert.equal(ask(weekly.toSorted((left, right) => left.atMs - right.atMs)), undefined)
  assert.equal(ask([report(1), report(0)]), undefined)
  assert.equal(ask(Array.from({ length: 9 }, () => report(1, { weight: 0.05 }))), undefined)
})

test('one fatal injury opens by itself, once', () => {
  const fatal = report(0, { fatal: true })
  assert.equal(ask([fatal], injurySurgeDefaults)?.fatal, 1)
  assert.deepEqual(ask([fatal], injurySurgeDefaults)?.lots, ['lot-1'])
  const after = { reports: [fatal], past: [{ fromMs: nowMs - dayMs, toMs: nowMs }], nowMs: nowMs + dayMs, sinceMs: 0, reportsPerMonth: 1 }
  assert.equal(findSurge(after, injurySurgeDefaults), undefined)
  assert.ok(isOver(nowMs, nowMs + 29 * dayMs, injurySurgeDefaults) && !isOver(nowMs, nowMs + 27 * dayMs, injurySurgeDefaults))
})

test('the defaults match their schema', () => {
  const parameters = compileValidator(SurgeParameters)
  assert.ok(parameters.check(complaintSurgeDefaults).ok && parameters.check(injurySurgeDefaults).ok)
})

test('on simulated markets false alarms stay within their budget, and nine surges of ten are found', () => {
  for (const falseAlarmsPerMonth of [0.25, 4]) {
    const parameters = { ...complaintSurgeDefaults, falseAlarmsPerMonth }
    const scores = [1, 2, 3].map((seed) =>
      simulateSurges({ products: 300, days: 720, seed, surges: 30, factor: 5, lastsDays: 30, parameters })
    )
    const mean = (of: (score: (typeof scores)[number]) => number) => scores.reduce((sum, score) => sum + of(score), 0) / scores.length
    assert.ok(mean((score) => score.falseAlarmsPerMonth) <= falseAlarmsPerMonth)
    assert.ok(mean((score) => score.recall) >= 0.9)
    if (falseAlarmsPerMonth < 1) assert.ok(mean((score) => score.precision) >= 0.85)
  }
})
