/** The trace rules on simulated histories whose faults are known: precision and recall by rule. */
import { table, type DetectorSection } from './section.ts'
import { traceRuleTable } from './trace-rules.ts'

export const traceSection: DetectorSection = {
  id: 'trace-rules',
  title: 'Trace rules on the ground truth of the simulator',
  isCheap: false,
  async text() {
    const { rows: found, events, seeds } = await traceRuleTable()
    const rows = found.map(({ type, faults, found: shown, raised, falseAlarms, precision, recall }) => [
      type,
      faults,
      shown,
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
