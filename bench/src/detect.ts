/** How many readings a second the engine judges on one core, with nothing wrong and with a tenth of the places in alarm. */
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import type { Place, ProductProfile } from '@tracegate/model/registers'
import type { RuleSetting } from '@tracegate/model/rules'
import type { Reading } from '@tracegate/model/telemetry'
import { describeMachine, type Bench } from './bench.ts'

const places = 500
const roundsAtScale1 = 600
const startMs = Date.UTC(2026, 0, 1)
const text = { zh: '库', en: 'Room' }

const profile: ProductProfile = {
  id: 'cool',
  version: 1,
  name: text,
  quantity: 'temperature',
  unit: 'Cel',
  low: 2,
  high: 8,
  deadBand: 0.3,
  onDelayMs: 60_000,
  offDelayMs: 300_000,
  degreeMinutesMax: 600,
  meanKineticTemperatureMax: 8,
  meanKineticWindowMs: 86_400_000,
  recordingIntervalMaxMs: 120_000,
  source: 'bench'
}

export const bench: Bench = {
  name: 'detect',
  about: 'readings judged by the engine on one core: two thermometers and a hygrometer a place, one reading a second each',
  run({ scale = 1 }) {
    const rounds = Math.max(100, Math.round(roundsAtScale1 * scale))
    // The first run warms the machine up: its figures are those of a process that has just started.
    run(Math.round(rounds / 4), () => 0)
    const calm = run(rounds, () => 0)
    const checked = run(rounds, () => 0, [{ id: 'score:novelty', version: 2, enabled: false, parameters: {} }])
    const alarmed = run(rounds, (place, round) => (place % 10 === 0 && round > rounds / 4 ? 6 : 0))
    return Promise.resolve({
      work: `${places} places, ${rounds * places * 3} readings, ${rounds} seconds of them`,
      machine: describeMachine(),
      rows: [
        { figure: 'judged, nothing wrong', value: calm.perSecond, unit: 'readings/s of one core' },
        { figure: 'judged, without the score of novelty', value: checked.perSecond, unit: 'readings/s of one core' },
        { figure: 'judged, a tenth of the places in alarm', value: alarmed.perSecond, unit: 'readings/s of one core' },
        { figure: 'anomalies told, nothing wrong', value: calm.told, unit: 'states' },
        { figure: 'anomalies told, a tenth in alarm', value: alarmed.told, unit: 'states' },
        { figure: 'snapshot', value: calm.snapshotBytes / (places * 3), unit: 'bytes/series' }
      ]
    })
  }
}

/** By processor time, so that other work on the machine does not count. */
function run(rounds: number, warmer: (place: number, round: number) => number, rules: readonly RuleSetting[] = []) {
  const engine = createDetectionEngine()
  engine.configure({
    rules,
    profiles: [profile],
    products: [],
    points: [],
    places: Array.from({ length: places }, (_, index) => placeOf(index))
  })
  let told = 0
  let judgedMs = 0
  for (let round = 0; round < rounds; round += 1) {
    const nowMs = startMs + round * 1_000
    const readings = Array.from({ length: places }, (_, place) => readingsOf(place, nowMs, warmer(place, round))).flat()
    const before = process.cpuUsage()
    for (let at = 0; at < readings.length; at += 250) told += engine.onReadings(readings.slice(at, at + 250), nowMs).length
    told += engine.onTick(nowMs).length
    const used = process.cpuUsage(before)
    judgedMs += (used.user + used.system) / 1_000
  }
  return {
    perSecond: (rounds * places * 3) / (judgedMs / 1_000),
    told,
    snapshotBytes: JSON.stringify(engine.snapshot()).length
  }
}

function placeOf(index: number): Place {
  const device = `plc-${index}`
  return {
    key: `https://id.gs1.org/414/9506000134338/254/R${index}`,
    point: 'store',
    name: text,
    kind: 'chamber',
    profile: profile.id,
    watches: [
      { device, metric: 't1', quantity: 'temperature', unit: 'Cel' },
      { device, metric: 't2', quantity: 'temperature', unit: 'Cel' },
      { device, metric: 'humidity', quantity: 'humidity', unit: '%' }
    ]
  }
}

function readingsOf(place: number, timeMs: number, warmer: number): Reading[] {
  const air = 5 + 0.8 * Math.sin(timeMs / 200_000 + place) + warmer
  const noise = () => Math.round((Math.random() - 0.5) * 10) / 100
  const common = { point: 'store', device: `plc-${place}`, timeMs, quality: 1 as const }
  return [
    { ...common, metric: 't1', unit: 'Cel', value: air + noise() },
    { ...common, metric: 't2', unit: 'Cel', value: air + 0.05 + noise() },
    { ...common, metric: 'humidity', unit: '%', value: 60 + 10 * noise() }
  ]
}
