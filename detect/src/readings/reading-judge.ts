/**
 * Judges readings: the checks of each series, the silence of devices, and places against the profiles of the goods kept there. Pure; holds
 * its state, bounded. It decides nothing of goods or events.
 */
import { Type, type Static } from 'typebox'
import type { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { Place, ProductProfile } from '@tracegate/model/registers'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { checkSilence, DeviceState, heardFrom } from '../device-gap.ts'
import type { DetectionRegisters } from '../engine.ts'
import { emptyPlaceState, judgePlaceReading, PlaceState } from '../place-limits.ts'
import { nameOfSeries } from '../series-names.ts'
import { judgeSeriesReading, quantityOf, SeriesState, seriesCheckDefaults, type SeriesCheckSettings } from '../series-checks.ts'

/** A reading older than this when it comes is backfill. */
export const historicalAfterMs = 300_000
/** A reading this far ahead of the wall clock has a wrong time: judged, it would keep every right one after it from being judged. */
const futureMaxMs = 60_000
/** Series that are checked; further ones pass unchecked. */
export const seriesMax = 100_000

export const ReadingState = Type.Object({
  places: Type.Record(Type.String(), PlaceState),
  series: Type.Record(Type.String(), SeriesState),
  devices: Type.Record(Type.String(), DeviceState)
})
type State = Static<typeof ReadingState>
const validator = compileValidator(ReadingState)

export interface ReadingJudgeOptions {
  /** Settings that take the place of the defaults of a quantity. */
  readonly checks?: Partial<Record<'temperature' | 'humidity', Partial<SeriesCheckSettings>>>
}

export interface ReadingJudge {
  configure(registers: DetectionRegisters): void
  onReadings(readings: readonly Reading[], nowMs: number, options?: { readonly historical?: boolean }): Anomaly[]
  onTick(nowMs: number): Anomaly[]
  snapshot(): unknown
  /** `undefined` when it was taken, otherwise why not: the judge is empty then. */
  restore(snapshot: unknown): string | undefined
  /** Series that are known. */
  seriesCount(): number
}

interface Index {
  /** Place and profile that a temperature series is judged by. */
  readonly watched: Map<string, { place: Place; profile: ProductProfile | undefined }>
}

export function createReadingJudge(options: ReadingJudgeOptions = {}): ReadingJudge {
  let index: Index = { watched: new Map() }
  let state = emptyState()
  let room = { series: seriesMax }
  const settings = {
    temperature: { ...seriesCheckDefaults.temperature, ...options.checks?.temperature },
    humidity: { ...seriesCheckDefaults.humidity, ...options.checks?.humidity }
  }
  return {
    configure(registers) {
      index = indexOf(registers)
    },
    onReadings(readings, nowMs, how = {}) {
      const found: Anomaly[] = []
      for (const reading of readings) judgeReading({ state, index, settings, room }, reading, nowMs, how.historical ?? false, found)
      return found
    },
    onTick(nowMs) {
      const found: Anomaly[] = []
      for (const device of Object.values(state.devices)) {
        const gap = checkSilence(device, nowMs)
        if (gap !== undefined) found.push(gap)
      }
      return found
    },
    seriesCount: () => seriesMax - room.series,
    snapshot: () => structuredClone(state),
    restore(snapshot) {
      const checked = validator.check(snapshot)
      state = checked.ok ? structuredClone(checked.value) : emptyState()
      room = { series: seriesMax - Object.keys(state.series).length }
      return checked.ok ? undefined : checked.reason.message
    }
  }
}

function emptyState(): State {
  return { places: {}, series: {}, devices: {} }
}

function indexOf(registers: DetectionRegisters): Index {
  const profiles = new Map(registers.profiles.map((profile) => [profile.id, profile]))
  const watched: Index['watched'] = new Map()
  for (const place of registers.places) {
    if (place.point === undefined) continue
    for (const watch of place.watches) {
      if (watch.quantity !== 'temperature') continue
      watched.set(seriesKeyOf({ point: place.point, device: watch.device, metric: watch.metric }), {
        place,
        profile: profiles.get(place.profile ?? '')
      })
    }
  }
  return { watched }
}

interface Judging {
  readonly state: State
  readonly index: Index
  readonly settings: Readonly<Record<'temperature' | 'humidity', SeriesCheckSettings>>
  /** How many more series may be kept; counted, since counting keys would cost every new series as much as all before it. */
  readonly room: { series: number }
}

function judgeReading(judging: Judging, reading: Reading, nowMs: number, backfill: boolean, found: Anomaly[]): void {
  const { state, index } = judging
  const series = nameOfSeries(reading)
  const watched = index.watched.get(series)
  const historical = backfill || (reading.historical ?? nowMs - reading.timeMs > historicalAfterMs)
  const ahead = reading.timeMs - nowMs > futureMaxMs
  if (watched !== undefined) noteDevice(state, { reading, place: watched.place, profile: watched.profile, nowMs }, found)
  if (ahead) return
  const quantity = quantityOf(reading)
  if (quantity !== undefined) {
    const known = state.series[series]
    if (known !== undefined || judging.room.series > 0) {
      const judged = judgeSeriesReading(known, {
        reading,
        settings: judging.settings[quantity],
        ...(watched === undefined ? {} : { place: watched.place.key }),
        nowMs,
        historical
      })
      if (known === undefined && judged.state !== undefined) judging.room.series -= 1
      if (judged.state !== undefined) state.series[series] = judged.state
      found.push(...judged.anomalies)
    }
  }
  if (watched?.profile === undefined) return
  const place = (state.places[watched.place.key] ??= emptyPlaceState())
  const anomaly = judgePlaceReading(place, { place: watched.place, profile: watched.profile, reading, nowMs, historical })
  if (anomaly !== undefined) found.push(anomaly)
}

function noteDevice(
  state: State,
  heard: { reading: Reading; place: Place; profile: ProductProfile | undefined; nowMs: number },
  found: Anomaly[]
): void {
  const { reading, place, profile, nowMs } = heard
  const name = `${reading.point}/${reading.device}`
  const device = (state.devices[name] ??= {
    point: reading.point,
    device: reading.device,
    place: place.key,
    lastMs: Math.min(reading.timeMs, nowMs),
    seenAtMs: nowMs,
    intervalMs: 1_000,
    gapMaxMs: profile?.recordingIntervalMaxMs ?? 120_000
  })
  const closed = heardFrom(device, Math.min(reading.timeMs, nowMs), nowMs)
  if (closed !== undefined) found.push(closed)
}
