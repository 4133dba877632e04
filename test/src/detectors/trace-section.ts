/** The trace rules on simulated histories whose faults are known: precision and recall by rule. */
import { judgeTale, tellingsOf } from '@tracegate/sim/faults/judge-tale'
import { scoreTale, sumScores, type TaleScore } from '@tracegate/sim/faults/score-tale'
import { taleWithFaults } from '@tracegate/sim/faults/with-faults'
import { table, type DetectorSection } from './section.ts'

const seeds = [101, 102, 103] as const
const startMs = Date.UTC(2026, 10, 23, 8)

export const traceSection: DetectorSection = {
  id: 'trace-rules',
  title: 'Trace rules on the ground truth of the simulator',
  isCheap: false,
  async text() {
    const scores: TaleScore[] = []
    let events = 0
    for (const seed of seeds) {
      const tale = taleWithFaults(seed, startMs)
      const tellings = tellingsOf(tale)
      events += tellings.length
      const { anomalies } = await judgeTale({ tale, tellings })
      scores.push(scoreTale(tale.truths, anomalies.values()))
    }
    const rows = sumScores(scores).map(({ type, faults, found, raised, falseAlarms, precision, recall }) => [
      type,
      faults,
      found,
      raised,
      falseAlarms,
      precision.toFixed(3),
      recall.toFixed(3)
    ])
    return [
      `${seeds.length} histories of goods (seeds ${seeds.join(', ')}), ${events} events, with faults put in by seed and with what only looks like one:`,
      'returns, re-export, repacking, samples, slow clocks, events told late, twice or corrected. A rule is right when it names goods of a fault of',
      'its kind. Whoever wrote the faults knew the rules: this says that they do what they are meant to, not that a real port keeps to them.',
      '',
      table(['rule', 'faults', 'found', 'raised', 'false alarms', 'precision', 'recall'], rows)
    ].join('\n')
  }
}
