/**
 * How good the trace rules are: precision and recall of each on histories of goods with known faults and with what only looks like
 * faults. Figures only; who prints them decides how.
 */
import { judgeTale, tellingsOf } from '@tracegate/sim/faults/judge-tale'
import { scoreTale, sumScores, type RuleScore } from '@tracegate/sim/faults/score-tale'
import { taleWithFaults } from '@tracegate/sim/faults/with-faults'

export interface TraceRuleTable {
  /** One row a rule, by type. */
  readonly rows: readonly RuleScore[]
  readonly seeds: readonly number[]
  readonly events: number
  /** Faults put in, and things that look like faults, over all seeds. */
  readonly faults: number
  readonly innocents: number
}

/** Seeds that no rule was tuned on. */
export const tableSeeds = [101, 102, 103] as const
const endMs = Date.parse('2026-11-23T08:00:00Z')

export async function traceRuleTable(seeds: readonly number[] = tableSeeds): Promise<TraceRuleTable> {
  let [events, faults, innocents] = [0, 0, 0]
  const scores = []
  for (const seed of seeds) {
    const tale = taleWithFaults(seed, endMs)
    const judged = await judgeTale({ tale, tellings: tellingsOf(tale) })
    scores.push(scoreTale(tale.truths, judged.anomalies.values()))
    events += judged.events
    faults += tale.truths.length
    innocents += tale.innocents.length
  }
  return { rows: sumScores(scores), seeds, events, faults, innocents }
}
