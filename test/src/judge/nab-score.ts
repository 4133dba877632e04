/**
 * The scoring of the Numenta Anomaly Benchmark: pure functions over rows of scores, windows and weights. It knows no files and no
 * detector. Sources: NAB's paper (Lavin and Ahmad, 2015) and its scorer and threshold sweep.
 */

export const nabProfiles = ['standard', 'reward_low_FP_rate', 'reward_low_FN_rate'] as const
export type NabProfile = (typeof nabProfiles)[number]

export interface NabWeights {
  readonly tp: number
  readonly fn: number
  readonly fp: number
}

/** A labelled window in rows, both ends included. */
export interface NabWindow {
  readonly left: number
  readonly right: number
}

/** What one row is worth before weights: `worth` in a window is a part of 1, outside it is the (negative) scale of a false alarm. */
export interface NabRows {
  /** Rows before this one are never scored. */
  readonly probation: number
  readonly windows: readonly NabWindow[]
  readonly worth: Float64Array
  /** Index of the window a row lies in, -1 outside. */
  readonly windowOf: Int32Array
}

export interface NabCount {
  readonly score: number
  readonly tp: number
  readonly fp: number
  readonly fn: number
  readonly tn: number
}

export interface NabScored {
  readonly rows: NabRows
  readonly scores: Float64Array | readonly number[]
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The scaled sigmoid of a relative place: nearly 1 at the left end of a window, 0 at its right end, towards -1 after it. */
export function scaledSigmoid(place: number): number {
  return place > 3 ? -1 : 2 * sigmoid(-5 * place) - 1
}

const tpMax = scaledSigmoid(-1)

/** Rows at the start that a detector may learn from without being scored. */
export function probationOf(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750)
}

export function weighRows(count: number, windows: readonly NabWindow[]): NabRows {
  const worth = new Float64Array(count).fill(-1)
  const windowOf = new Int32Array(count).fill(-1)
  const ordered = windows.toSorted((a, b) => a.left - b.left)
  for (const [at, { left, right }] of ordered.entries()) {
    const width = right - left + 1
    for (let row = left; row <= right; row += 1) {
      windowOf[row] = at
      worth[row] = scaledSigmoid(-(right - row + 1) / width) / tpMax
    }
    const end = ordered[at + 1]?.left ?? count
    for (let row = right + 1; row < end; row += 1) worth[row] = scaledSigmoid(width > 1 ? (row - right) / (width - 1) : 4)
  }
  return { probation: probationOf(count), windows: ordered, worth, windowOf }
}

/** One file at one threshold: a row alerts when its score reaches the threshold. */
export function scoreAt({ rows, scores }: NabScored, threshold: number, weights: NabWeights): NabCount {
  const best = new Float64Array(rows.windows.length).fill(Number.NEGATIVE_INFINITY)
  let [falseAlarms, tp, fp, fn, tn] = [0, 0, 0, 0, 0]
  for (let row = rows.probation; row < scores.length; row += 1) {
    const window = rows.windowOf[row] ?? -1
    const worth = rows.worth[row] ?? 0
    const alerts = (scores[row] ?? 0) >= threshold
    if (window >= 0 && alerts) {
      tp += 1
      best[window] = Math.max(best[window] ?? 0, worth)
    } else if (window >= 0) fn += 1
    else if (alerts) {
      fp += 1
      falseAlarms += worth
    } else tn += 1
  }
  let score = falseAlarms * weights.fp
  for (const worth of best) score += worth === Number.NEGATIVE_INFINITY ? -weights.fn : worth * weights.tp
  return { score, tp, fp, fn, tn }
}

export interface NabOptimum {
  readonly threshold: number
  readonly raw: number
}

/** All scored rows of a corpus from the highest score to the lowest, so that many halves of it can be tried without sorting again. */
export interface NabSweep {
  readonly files: readonly NabScored[]
  readonly score: Float64Array
  readonly worth: Float64Array
  readonly file: Int32Array
  /** Number of the window in the whole corpus, -1 outside. */
  readonly window: Int32Array
  readonly windows: number
}

export function sweepOf(files: readonly NabScored[]): NabSweep {
  const entries: { score: number; worth: number; file: number; window: number }[] = []
  let windows = 0
  for (const [file, { rows, scores }] of files.entries()) {
    // Most detectors give most rows a 0: those count together, which changes no sum
    const zero = { outside: 0, best: new Float64Array(rows.windows.length).fill(Number.NEGATIVE_INFINITY), rows: 0 }
    for (let row = rows.probation; row < scores.length; row += 1) {
      const score = scores[row] ?? 0
      const worth = rows.worth[row] ?? 0
      const window = rows.windowOf[row] ?? -1
      if (score !== 0) entries.push({ score, worth, file, window: window < 0 ? -1 : windows + window })
      else if (window < 0) {
        zero.outside += worth
        zero.rows += 1
      } else zero.best[window] = Math.max(zero.best[window] ?? worth, worth)
    }
    if (zero.rows > 0) entries.push({ score: 0, worth: zero.outside, file, window: -1 })
    for (const [window, worth] of zero.best.entries())
      if (worth > Number.NEGATIVE_INFINITY) entries.push({ score: 0, worth, file, window: windows + window })
    windows += rows.windows.length
  }
  entries.sort((a, b) => b.score - a.score)
  return {
    files,
    windows,
    score: Float64Array.from(entries, ({ score }) => score),
    worth: Float64Array.from(entries, ({ worth }) => worth),
    file: Int32Array.from(entries, ({ file }) => file),
    window: Int32Array.from(entries, ({ window }) => window)
  }
}

/**
 * The threshold with the best sum over the files: every distinct score is tried, from high to low, and the highest of the best is taken.
 * Above all scores stands "no alert at all", here `Infinity`. With `isIn` only files of that index count.
 */
export function bestThreshold(sweep: NabSweep, weights: NabWeights, isIn: (file: number) => boolean = () => true): NabOptimum {
  const counts = Uint8Array.from(sweep.files, (_, file) => (isIn(file) ? 1 : 0))
  const best = new Float64Array(sweep.windows).fill(Number.NEGATIVE_INFINITY)
  let raw = -weights.fn * windowsOf(sweep.files, isIn)
  let optimum: NabOptimum = { threshold: Number.POSITIVE_INFINITY, raw }
  for (let at = 0; at < sweep.score.length; at += 1) {
    if (counts[sweep.file[at] ?? 0] === 1) {
      const worth = sweep.worth[at] ?? 0
      const window = sweep.window[at] ?? -1
      const before = window < 0 ? 0 : (best[window] ?? 0)
      if (window < 0) raw += worth * weights.fp
      else if (worth > before) {
        raw += worth * weights.tp - (before === Number.NEGATIVE_INFINITY ? -weights.fn : before * weights.tp)
        best[window] = worth
      }
    }
    if (sweep.score[at + 1] !== sweep.score[at] && raw > optimum.raw) optimum = { threshold: sweep.score[at] ?? 0, raw }
  }
  return optimum
}

export function windowsOf(files: readonly NabScored[], isIn: (file: number) => boolean = () => true): number {
  return files.reduce((sum, { rows }, file) => sum + (isIn(file) ? rows.windows.length : 0), 0)
}

/** 0 for a detector that never alerts, 100 for one that alerts once at the very start of every window. */
export function normalise(raw: number, windows: number, weights: NabWeights): number {
  const nothing = -weights.fn * windows
  const perfect = weights.tp * windows
  return perfect === nothing ? 0 : (100 * (raw - nothing)) / (perfect - nothing)
}
