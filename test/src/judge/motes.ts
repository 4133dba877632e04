/**
 * Judge `motes`: a recording of several sensors with labelled events, through the engine as it is shipped: checks of each series and agreement
 * of the sensors of one place. Prints detections against labels, channel by channel; an event that no channel of its mote shows is a failure.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { compileValidator } from '@tracegate/model/codec'
import type { Place } from '@tracegate/model/registers'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { createJudgeSheet, type Judge } from './result.ts'
import { readJson } from './vectors.ts'

const Run = Type.Object({ firstReading: Type.Integer(), lastReading: Type.Integer() })
const Mote = Type.Object({ mote_id: Type.Integer(), indoor: Type.Integer(), events: Type.Array(Run) })
const Labels = Type.Object({ file: Type.String(), samplePeriodSeconds: Type.Number(), motes: Type.Array(Mote) })
type Labels = Static<typeof Labels>
const labelsFile = compileValidator(Labels)

const point = 'motes'
const startMs = Date.UTC(2010, 0, 1)
const metrics = ['temperature', 'humidity'] as const
type Metric = (typeof metrics)[number]

export interface MotesChannel {
  readonly mote: number
  readonly metric: Metric
  /** For each labelled run the readings from its start to the first alert, and the type of that; `undefined` when it was missed. */
  readonly found: readonly ({ readonly afterReadings: number; readonly type: string } | undefined)[]
  /** Alerts outside of every run, as type and number of the reading. */
  readonly others: readonly string[]
}

export const judge: Judge = {
  kind: 'motes',
  about: 'recording of sensors with labelled events: what the checks and the agreement of neighbours find, per channel',
  async run(path) {
    const sheet = createJudgeSheet()
    const channels = await reportMotes(path)
    sheet.note('channel               labelled  found, readings after the start  other alerts')
    for (const { mote, metric, found, others } of channels) {
      const told = found.map((one) => (one === undefined ? 'missed' : `${one.afterReadings} (${one.type})`)).join(', ')
      sheet.note(`${`mote ${mote}, ${metric}`.padEnd(20)}  ${String(found.length).padStart(8)}  ${told.padEnd(30)}  ${others.length}`)
      for (const other of others) sheet.note(`  ${other}`)
    }
    sheet.note('An alert within a labelled run finds it; runs begin before anything can be seen. Two motes of each side watch one place.')
    for (const mote of new Set(channels.map((one) => one.mote))) {
      const own = channels.filter((one) => one.mote === mote)
      const runs = own[0]?.found.length ?? 0
      for (let run = 0; run < runs; run += 1)
        sheet.check(
          `mote ${mote} event ${run + 1}`,
          own.some((one) => one.found[run] !== undefined),
          () => 'no channel shows it'
        )
    }
    return sheet.result()
  }
}

export async function reportMotes(folder: string): Promise<MotesChannel[]> {
  const checked = labelsFile.check(await readJson(join(folder, 'labels.json')))
  if (!checked.ok) throw new RangeError(`Cannot read motes: labels.json ${checked.reason.message}`)
  const labels = checked.value
  const alerts = alertsOf(await readReadings(folder, labels), labels)
  return labels.motes.flatMap(({ mote_id: mote, events }) =>
    metrics.map((metric) => {
      const own = alerts.filter((one) => one.series === seriesKeyOf({ point, device: deviceOf(mote), metric }))
      const isIn = (number: number) => (run: Static<typeof Run>) => number >= run.firstReading && number <= run.lastReading
      return {
        mote,
        metric,
        found: events.map((run) => {
          const first = own.find(({ number }) => isIn(number)(run))
          return first === undefined ? undefined : { afterReadings: first.number - run.firstReading, type: first.type }
        }),
        others: own.filter(({ number }) => !events.some(isIn(number))).map(({ type, number }) => `${type} at reading ${number}`)
      }
    })
  )
}

interface Alert {
  readonly series: string
  readonly type: string
  readonly number: number
}

/** Each series of an anomaly once, at the reading that showed it; a return is an alert again. */
function alertsOf(readings: readonly Reading[], labels: Labels): Alert[] {
  const engine = createDetectionEngine()
  engine.configure({ places: placesOf(labels), profiles: [], products: [], points: [] })
  const alerts: Alert[] = []
  const seen = new Set<string>()
  for (const reading of readings)
    for (const { id, type, status, returns = 0, series = [] } of engine.onReadings([reading], reading.timeMs)) {
      if (status !== 'open') continue
      for (const one of series) {
        const key = `${id} ${returns} ${one}`
        if (seen.has(key)) continue
        seen.add(key)
        alerts.push({ series: one, type, number: Math.round((reading.timeMs - startMs) / (labels.samplePeriodSeconds * 1_000)) })
      }
    }
  return alerts
}

async function readReadings(folder: string, { file, samplePeriodSeconds }: Labels): Promise<Reading[]> {
  const [head = '', ...lines] = (await readFile(join(folder, file), 'utf8')).trimEnd().split(/\r?\n/)
  const titles = head.split(',')
  const column = (name: string): number => {
    const at = titles.indexOf(name)
    if (at < 0) throw new RangeError(`Cannot read ${file}: the columns are ${head}, expected one named ${name}`)
    return at
  }
  const [number, mote] = [column('reading'), column('mote_id')]
  const readings = lines.flatMap((line) => {
    const cells = line.split(',').map(Number)
    return metrics.map((metric) => ({
      point,
      device: deviceOf(cells[mote] ?? 0),
      metric,
      unit: metric === 'temperature' ? 'Cel' : '%',
      timeMs: startMs + (cells[number] ?? 0) * samplePeriodSeconds * 1_000,
      value: cells[column(metric)] ?? Number.NaN,
      quality: 1 as const
    }))
  })
  return readings.sort((left, right) => left.timeMs - right.timeMs)
}

/** The motes of one side are neighbours. */
function placesOf({ motes }: Labels): Place[] {
  return [0, 1].map((indoor) => ({
    key: `https://id.gs1.org/414/9506000134338/254/SIDE-${indoor}`,
    point,
    name: indoor === 1 ? { zh: '室内', en: 'Indoor' } : { zh: '室外', en: 'Outdoor' },
    kind: 'chamber' as const,
    watches: motes
      .filter((mote) => mote.indoor === indoor)
      .flatMap((mote) =>
        metrics.map((metric) => ({
          device: deviceOf(mote.mote_id),
          metric,
          quantity: metric,
          unit: metric === 'temperature' ? 'Cel' : '%'
        }))
      )
  }))
}

function deviceOf(mote: number): string {
  return `mote-${mote}`
}
