/** The reading checks on the simulated port's machines, sensors and lines: what each scenario must tell, and what it told. */
import { readingTruths, runTruth } from '@tracegate/sim/scenarios/readings-truth'
import { table, type DetectorSection } from './section.ts'

const seeds = [1, 2, 3, 4, 5] as const
const speeds = [60, 240] as const

export const readingsSection: DetectorSection = {
  id: 'readings',
  title: 'Reading checks on the ground truth of the simulator',
  isCheap: false,
  async text() {
    const rows: (string | number)[][] = []
    const sum = { expected: 0, missed: 0, false: 0 }
    for (const truth of readingTruths) {
      const of = { expected: 0, missed: 0, false: 0, open: 0 }
      for (const seed of seeds)
        for (const speed of speeds) {
          const result = await runTruth(truth, { seed, speed })
          of.expected += result.expected.length
          of.missed += result.missed.length
          of.false += result.false.length
          of.open += result.open.length
        }
      sum.expected += of.expected
      sum.missed += of.missed
      sum.false += of.false
      rows.push([truth.name, truth.target ?? '–', of.expected, of.missed, of.false, of.open])
    }
    const found = sum.expected - sum.missed
    return [
      `Each scenario in ${seeds.length} ports (seeds ${seeds.join(', ')}) at ${speeds.join(' and ')} times the pace of real rooms, after two quiet minutes that must`,
      'tell nothing: one anomaly for one cause, of the right type at the right place or sensor. A second one for the same cause, one of another type and',
      'one that a quiet port tells are false; goods at risk told of a faulty sensor are false as well. Rooms and noise are a model: this says that the',
      'checks do what they are meant to, not how often a real port raises an alarm for nothing.',
      '',
      table(['scenario', 'target', 'anomalies due', 'missed', 'false', 'left open'], rows),
      '',
      `Precision ${(found / Math.max(1, found + sum.false)).toFixed(3)}, recall ${(found / sum.expected).toFixed(3)}.`
    ].join('\n')
  }
}
