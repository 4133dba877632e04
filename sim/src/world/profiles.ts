/**
 * What the goods must be kept at. Spans of time are given for real goods and divided by the simulator's speed, because its
 * rooms warm up that much faster than the wall clock that its readings carry.
 */
import type { ProductProfile } from '@tracegate/model/registers'

const minuteMs = 60_000
const hourMs = 3_600_000

interface ProfileFacts {
  readonly id: string
  readonly zh: string
  readonly en: string
  readonly low?: number
  readonly high: number
  readonly deadBand: number
  readonly onDelayMs: number
  readonly offDelayMs: number
  readonly degreeMinutesMax: number
  readonly meanKineticTemperatureMax?: number
  readonly meanKineticWindowMs: number
  readonly source: string
}

const facts: readonly ProfileFacts[] = [
  {
    id: 'vaccine-2-8',
    zh: '疫苗 2–8 °C',
    en: 'Vaccines 2–8 °C',
    low: 2,
    high: 8,
    deadBand: 0.3,
    onDelayMs: minuteMs,
    offDelayMs: 5 * minuteMs,
    degreeMinutesMax: 600,
    meanKineticTemperatureMax: 8,
    meanKineticWindowMs: 24 * hourMs,
    source:
      '2–8 °C: labelled storage condition of vaccines, WHO TRS 961 annex 9; delays, dead band and 600 degree-minutes are defaults of this product'
  },
  {
    id: 'frozen-18',
    zh: '冷冻水产 ≤ −18 °C',
    en: 'Frozen fish ≤ −18 °C',
    high: -18,
    deadBand: 0.3,
    onDelayMs: 2 * minuteMs,
    offDelayMs: 5 * minuteMs,
    degreeMinutesMax: 900,
    meanKineticWindowMs: 24 * hourMs,
    source: '−18 °C: Codex CXC 8-1976 and GB 20941-2016; delays, dead band and 900 degree-minutes are defaults of this product'
  },
  {
    id: 'ambient-25',
    zh: '婴配乳粉常温 ≤ 25 °C',
    en: 'Infant formula ≤ 25 °C',
    high: 25,
    deadBand: 0.3,
    onDelayMs: 5 * minuteMs,
    offDelayMs: 5 * minuteMs,
    degreeMinutesMax: 3_600,
    meanKineticWindowMs: 24 * hourMs,
    source: '25 °C: storage condition on the label; delays, dead band and 3,600 degree-minutes are defaults of this product'
  }
]

export function createProfiles(speed: number): ProductProfile[] {
  return facts.map((one) => profileOf(one, speed))
}

function profileOf({ zh, en, source, ...rest }: ProfileFacts, speed: number): ProductProfile {
  const scaled = (ms: number, leastMs: number) => Math.max(leastMs, Math.round(ms / speed))
  return {
    ...rest,
    version: 1,
    name: { zh, en },
    quantity: 'temperature',
    unit: 'Cel',
    onDelayMs: scaled(rest.onDelayMs, 1_000),
    offDelayMs: scaled(rest.offDelayMs, 1_000),
    degreeMinutesMax: rest.degreeMinutesMax / speed,
    meanKineticWindowMs: scaled(rest.meanKineticWindowMs, minuteMs),
    recordingIntervalMaxMs: 30_000,
    source: speed === 1 ? source : `${source}; spans of time divided by ${speed}, the speed of the simulated rooms`
  }
}
