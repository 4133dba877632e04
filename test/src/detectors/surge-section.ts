/** The surge rules on a simulated market whose surges are known. */
import { simulateSurges } from '@tracegate/detect/surge-simulation'
import { table, type DetectorSection } from './section.ts'

const market = { products: 300, days: 720, lastsDays: 45 }
const factors = [4, 8, 16] as const
const surges = 60

export const surgeSection: DetectorSection = {
  id: 'surges',
  title: 'Complaint surges on a simulated market',
  isCheap: false,
  text() {
    const rows = factors.map((factor) => {
      const score = simulateSurges({ ...market, surges, factor, seed: factor })
      return [
        `${factor} times, at least every other day`,
        score.reports,
        score.surges,
        score.found,
        score.falseAlarmsPerMonth.toFixed(2),
        score.precision.toFixed(2),
        score.recall.toFixed(2),
        score.delayDaysMedian.toFixed(1),
        score.reportsToFindMedian,
        score.lotsRight
      ]
    })
    const calm = simulateSurges({ ...market, surges: 0, factor: 1, seed: 1 })
    const text = [
      `${market.products} products over ${market.days} days, some with a report in ten months, some with three a month; a surge is one lot of a product for ${market.lastsDays} days.`,
      `Without any surge: ${calm.falseAlarmsPerMonth.toFixed(2)} false alarms a month over all products (${calm.reports} reports).`,
      '',
      table(
        [
          'surge',
          'reports',
          'surges',
          'found',
          'false alarms a month',
          'precision',
          'recall',
          'days to find',
          'reports to find',
          'lot right'
        ],
        rows
      )
    ]
    return Promise.resolve(text.join('\n'))
  }
}
