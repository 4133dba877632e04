/** The budget of alerts: what quiet series really raise, and how the threshold moves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '@tracegate/model/telemetry'
import { emptyBudget, monthMs, passTime, spendAlert, thresholdMin, thresholdOf } from './alert-budget.ts'
import { judgeNovelty, type NoveltySeries } from './judge-novelty.ts'
import { noveltySettingsOf } from './novelty-rule.ts'

const stepMs = 300_000
const months = 5

function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** Series in which nothing ever happens, of several kinds. */
const quiet: Readonly<Record<string, (random: () => number) => (at: number) => number>> = {
  noise: (random) => () => random() + random() + random() + random(),
  skewed: (random) => () => -Math.log(1 - random()),
  wandering: (random) => {
    let value = 0
    return () => (value = 0.95 * value + random() + random() - 1)
  },
  compressor: (random) => (at) => (at % 30 < 10 ? 2 : -2) + random() + Math.sin((at / 288) * 2 * Math.PI),
  seasons: (random) => {
    let value = 0
    return (at) => {
      value = 0.97 * value + (random() + random() - 1) * 0.6
      return value + 5 * Math.sin((at / 288) * 2 * Math.PI) + 10 * Math.sin((at / 105_120) * 2 * Math.PI)
    }
  }
}

/** Alerts a month from the second month on. */
function realised(valueOf: (at: number) => number, budgetPerMonth: number, scoreMin = 0.01): number {
  const settings = noveltySettingsOf([{ id: 'score:novelty', version: 2, enabled: true, parameters: { budgetPerMonth, scoreMin } }])
  let state: NoveltySeries | undefined
  const ids = new Set<string>()
  const base = { point: 'P', device: 'D', metric: 'temperature', unit: 'Cel', quality: 1 as const }
  for (let at = 0; at < (months * monthMs) / stepMs; at += 1) {
    const reading: Reading = { ...base, timeMs: at * stepMs, value: valueOf(at) }
    const judged = judgeNovelty(state, { reading, settings, nowMs: reading.timeMs, historical: false })
    state = judged.state
    if (judged.anomaly !== undefined && judged.anomaly.openedMs >= monthMs) ids.add(judged.anomaly.id)
  }
  return ids.size / (months - 1)
}

test('on quiet series of five kinds the alerts of months two to five keep near the budget: 0.4 to 1.15 times of 4 and of 16 a month', () => {
  for (const budget of [4, 16]) {
    const rates = Object.entries(quiet).map(([kind, make], index) => ({ kind, rate: realised(make(randomOf(900 + index)), budget) }))
    for (const { kind, rate } of rates)
      assert.ok(rate >= 0.4 * budget && rate <= 1.15 * budget, `${kind}: ${rate} a month, wanted ${budget}`)
    const mean = rates.reduce((sum, { rate }) => sum + rate, 0) / rates.length
    assert.ok(mean >= 0.7 * budget && mean <= 1.1 * budget, `mean ${mean} a month, wanted ${budget}`)
  }
})

test('with a budget of one a month a quiet series raises at most 1.2 a month', () => {
  for (const [index, make] of Object.values(quiet).entries()) assert.ok(realised(make(randomOf(700 + index)), 1) <= 1.2)
})

test('with a least score the budget is not spent on trifles', () => {
  const alerts = realised(quiet['compressor']?.(randomOf(3)) ?? (() => 0), 16, 0.05)
  assert.ok(alerts <= 1, `${alerts} a month`)
})

test('the threshold rises as the budget falls, with each alert, and comes down with time, within bounds', () => {
  const state = emptyBudget()
  assert.ok(thresholdOf(state, 1) > thresholdOf(state, 4))
  const before = thresholdOf(state, 4)
  passTime(state, 0, 4)
  spendAlert(state)
  assert.ok(thresholdOf(state, 4) > before)
  for (let part = 1; part <= 10; part += 1) passTime(state, (part * monthMs) / 40, 4)
  assert.ok(Math.abs(thresholdOf(state, 4) - before) < 1e-9, 'a quarter of a month pays for one of four')
  for (let alert = 0; alert < 100; alert += 1) spendAlert(state)
  assert.ok(thresholdOf(state, 4) < 10)
  for (let day = 8; day < 3_000; day += 1) passTime(state, day * 86_400_000 * 2, 1_000)
  assert.ok(thresholdOf(state, 1_000) >= thresholdMin)
})

test('a series that was silent for a year has not earned a year of alerts', () => {
  const state = emptyBudget()
  passTime(state, 0, 4)
  passTime(state, 365 * 86_400_000, 4)
  assert.ok(state.correction > -0.1)
})
