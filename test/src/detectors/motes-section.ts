/** What the novelty score says of the recording of four motes: alerts within the labelled events, and others. */
import { readFile } from 'node:fs/promises'
import { Type, type Static } from 'typebox'
import { createNoveltyJudge } from '@tracegate/detect/novelty-judge'
import { compileValidator } from '@tracegate/model/codec'
import { readJson } from '../judge/vectors.ts'
import { testdataPath } from '../testdata.ts'
import { table, type DetectorSection } from './section.ts'

const Labels = Type.Object({
  file: Type.String(),
  samplePeriodSeconds: Type.Number(),
  motes: Type.Array(
    Type.Object({
      mote_id: Type.Integer(),
      events: Type.Array(Type.Object({ firstReading: Type.Integer(), lastReading: Type.Integer() }))
    })
  )
})
const labels = compileValidator(Labels)
type Mote = Static<typeof Labels>['motes'][number]

const metrics = ['temperature', 'humidity'] as const
/** An hour is learnt; the budget is five alerts in the six hours of a recording. */
const learnReadings = 720
const budgetPerMonth = 600

export const motesSection: DetectorSection = {
  id: 'motes',
  title: 'Novelty score on the motes recording',
  isCheap: true,
  async text() {
    const checked = labels.check(await readJson(testdataPath('motes', 'labels.json')))
    if (!checked.ok) throw new RangeError(`Cannot read motes/labels.json: ${checked.reason.message}`)
    const { file, motes, samplePeriodSeconds } = checked.value
    const [head = '', ...lines] = (await readFile(testdataPath('motes', file), 'utf8')).trimEnd().split(/\r?\n/)
    const titles = head.split(',')
    const rows = lines.map((line) => line.split(',').map(Number))
    const found = motes.flatMap((mote) =>
      metrics.map((metric) => {
        const own = rows.filter((row) => row[titles.indexOf('mote_id')] === mote.mote_id)
        const values = own.map((row) => row[titles.indexOf(metric)] ?? Number.NaN)
        return describe(mote, metric, alertsOf(values, samplePeriodSeconds * 1_000))
      })
    )
    return [
      `Six hours of ${motes.length} motes, a reading every ${samplePeriodSeconds} s; two motes have an event that was made on purpose. An hour is`,
      `learnt, then the budget is five alerts in six hours. Temperatures drift all along, so that much is new without an event; at reading 2 031`,
      'all four motes show a disturbance that is not labelled.',
      '',
      table(['channel', 'labelled events', 'found, after', 'other alerts'], found)
    ].join('\n')
  }
}

/** Numbers of the readings (from 1) at which an anomaly opened. */
function alertsOf(values: readonly number[], stepMs: number): number[] {
  const judge = createNoveltyJudge()
  judge.configure([{ id: 'score:novelty', version: 1, enabled: true, parameters: { budgetPerMonth, learnReadings, learnMs: 0 } }])
  const found: number[] = []
  for (const [at, value] of values.entries()) {
    const reading = { point: 'P', device: 'mote', metric: 'value', unit: '1', timeMs: at * stepMs, value, quality: 1 as const }
    const anomaly = judge.judge(reading, { nowMs: reading.timeMs, historical: false })
    if (anomaly?.status === 'open' && anomaly.openedMs === reading.timeMs) found.push(at + 1)
  }
  return found
}

function describe({ mote_id: id, events }: Mote, metric: string, alerts: readonly number[]): (string | number)[] {
  const delays = events.map(({ firstReading, lastReading }) => {
    const first = alerts.find((alert) => alert >= firstReading && alert <= lastReading)
    return first === undefined ? 'missed' : `${first - firstReading} readings`
  })
  const others = alerts.filter((alert) => !events.some(({ firstReading, lastReading }) => alert >= firstReading && alert <= lastReading))
  return [`mote ${id}, ${metric}`, events.length, delays.length === 0 ? '–' : delays.join(', '), others.length]
}
