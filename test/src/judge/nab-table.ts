/** Figures of a detector on a corpus: with the threshold chosen on it, held out, and cross-validated. Pure; it reads and prints nothing. */
import { bestThreshold, normalise, scoreAt, sweepOf, windowsOf } from './nab-score.ts'
import type { NabProfile, NabScored, NabSweep, NabWeights } from './nab-score.ts'

export interface NabFigure {
  /** Threshold chosen on the corpus itself, as the benchmark does. */
  readonly tuned: number
  readonly threshold: number
  /** Threshold chosen on one half of the files and scored on the other: mean, and its spread. */
  readonly heldOut: number
  readonly heldOutSpread: number
  /** The same with the settings chosen on the one half too. */
  readonly heldOutSettings: number
  /** Each file scored with the threshold of all the others. */
  readonly crossValidated: number
}
export type NabFigures = Readonly<Record<NabProfile, NabFigure>>

/** What is chosen from: one set of scores a setting, the first being the one that is shipped. */
export type NabCandidates = readonly (readonly NabScored[])[]

export interface NabHalf {
  readonly chosenOn: ReadonlySet<number>
}

/** Halves of the files, drawn within each category, the same in every run. Each stands for two: chosen on it, and chosen on the rest. */
export function halvesOf(names: readonly string[], count: number): NabHalf[] {
  let seed = 20_140_201
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 4_294_967_296
  }
  return Array.from({ length: count }, (_, round) => {
    const drawn = names
      .map((name, file) => ({ file, category: name.split('/')[0] ?? '', key: random() }))
      .toSorted((a, b) => (a.category === b.category ? a.key - b.key : a.category < b.category ? -1 : 1))
    return { chosenOn: new Set(drawn.filter((__, at) => at % 2 === round % 2).map(({ file }) => file)) }
  })
}

export function figuresOf(
  candidates: NabCandidates,
  weights: Readonly<Record<NabProfile, NabWeights>>,
  halves: readonly NabHalf[]
): NabFigures {
  const sweeps = candidates.map((files) => sweepOf(files))
  const of = (profile: NabProfile): NabFigure => figureOf(sweeps, weights[profile], halves)
  return { standard: of('standard'), reward_low_FP_rate: of('reward_low_FP_rate'), reward_low_FN_rate: of('reward_low_FN_rate') }
}

function figureOf(sweeps: readonly NabSweep[], weights: NabWeights, halves: readonly NabHalf[]): NabFigure {
  const [shipped] = sweeps
  if (shipped === undefined) throw new RangeError('Cannot score: there are no scores, expected at least one set')
  const { files } = shipped
  const tuned = bestThreshold(shipped, weights)
  const scoresHeldOut = (of: readonly NabSweep[]): number[] =>
    halves.flatMap(({ chosenOn }) => [true, false].map((side) => scoreElsewhere(of, weights, (file) => chosenOn.has(file) === side)))
  const held = scoresHeldOut([shipped])
  const mean = meanOf(held)
  const spread = Math.sqrt(meanOf(held.map((score) => (score - mean) ** 2)))
  let raw = 0
  for (const out of files.keys()) raw += rawElsewhere([shipped], weights, (file) => file !== out)
  return {
    tuned: normalise(tuned.raw, shipped.windows, weights),
    threshold: tuned.threshold,
    heldOut: mean,
    heldOutSpread: spread,
    heldOutSettings: sweeps.length > 1 ? meanOf(scoresHeldOut(sweeps)) : mean,
    crossValidated: normalise(raw, shipped.windows, weights)
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Chooses on the files that are in, scores on the others. */
function scoreElsewhere(sweeps: readonly NabSweep[], weights: NabWeights, isIn: (file: number) => boolean): number {
  const windows = windowsOf(sweeps[0]?.files ?? [], (file) => !isIn(file))
  return normalise(rawElsewhere(sweeps, weights, isIn), windows, weights)
}

function rawElsewhere(sweeps: readonly NabSweep[], weights: NabWeights, isIn: (file: number) => boolean): number {
  let best = { raw: Number.NEGATIVE_INFINITY, threshold: Number.POSITIVE_INFINITY, sweep: sweeps[0] }
  for (const sweep of sweeps) {
    const { raw, threshold } = bestThreshold(sweep, weights, isIn)
    if (raw > best.raw) best = { raw, threshold, sweep }
  }
  let raw = 0
  for (const [file, scored] of (best.sweep?.files ?? []).entries()) if (!isIn(file)) raw += scoreAt(scored, best.threshold, weights).score
  return raw
}
