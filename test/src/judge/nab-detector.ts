/** Our novelty score over a file of the benchmark, row by row, as it runs live. The file is read once, in order; nothing of a later row is used. */
import { boxWidthMax, emptyNovelty, scoreNovelty } from '@tracegate/detect/novelty-score'
import { emptyBudget, passTime, spendAlert, thresholdOf } from '@tracegate/detect/alert-budget'
import { emptyRefractory, passPeak, recoverReadings } from '@tracegate/detect/refractory'
import type { NabFile } from './nab-corpus.ts'

export interface NabSettings {
  readonly widthMax: number
  readonly recover: number
}

export const shippedSettings: NabSettings = { widthMax: boxWidthMax, recover: recoverReadings }

/** What is tried when settings are chosen on one half of the corpus: the shipped ones and their neighbours. */
export const settingsTried: readonly NabSettings[] = [0.35, 0.5, 0.65].flatMap((widthMax) =>
  [140, 200, 280].map((recover) => ({ widthMax, recover }))
)

/**
 * The two ways a detector may be judged. The benchmark tells a detector the range of the values and the number of rows of the whole file,
 * which a live series cannot know. Of these the score can use the length: its refractory time is then a part of the file.
 */
export const nabModes = ['causal', 'given'] as const
export type NabMode = (typeof nabModes)[number]

const givenPart = 0.05
const givenMax = 2 * recoverReadings

export function recoverOf(mode: NabMode, settings: NabSettings, rows: number): number {
  if (mode === 'causal') return settings.recover
  return (settings.recover / recoverReadings) * Math.min(Math.floor(givenPart * rows), givenMax)
}

/** The scores before one happening is taken for one alert. */
export function rawScores({ timesMs, values }: NabFile, widthMax: number): Float64Array {
  const state = emptyNovelty(widthMax)
  return values.map((value, row) => scoreNovelty(state, timesMs[row] ?? 0, value))
}

export function withRefractory(raw: Float64Array, recover: number): Float64Array {
  const state = emptyRefractory()
  return raw.map((score, row) => passPeak(state, row + 1, score, recover))
}

/** A threshold for any corpus, so that one which nobody has seen can be judged by what was fixed before. */
export const fixedThreshold = 0.12
/** Alerts a month and series for the row in which no threshold is searched for. */
export const budgetPerMonth = 4

/** 1 where the product would raise an alert: by its budget, after the rows that the benchmark lets a detector learn from. */
export function alertsByBudget({ timesMs, rows }: NabFile, peaks: Float64Array): Float64Array {
  const state = emptyBudget()
  return peaks.map((score, row) => {
    if (row < rows.probation) return 0
    passTime(state, timesMs[row] ?? 0, budgetPerMonth)
    if (score <= thresholdOf(state, budgetPerMonth)) return 0
    spendAlert(state)
    return 1
  })
}
