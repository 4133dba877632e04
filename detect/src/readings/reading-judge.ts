/**
 * Judges readings: each series by itself, sensors of a place against each other, the place against the profile of the goods kept there, and
 * the devices by their silence and their clocks. A sensor at fault, or alone with what it shows, is a matter of the device and opens nothing
 * about goods. Pure; holds its state, bounded.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Reading } from '@tracegate/model/telemetry'
import type { DetectionRegisters } from '../engine.ts'
import { createNoveltyJudge } from '../score/novelty-judge.ts'
import { nameOfSeries } from '../series-names.ts'
import { heardFrom, lookForSilence, type DeviceState } from './device-watch.ts'
import { createFaultBook } from './fault-book.ts'
import { compareWithNeighbours, newCompare } from './neighbours.ts'
import { createNoveltyBook } from './novelty-groups.ts'
import { createPlacePast } from './place-past.ts'
import { sideOf } from './place-sensor.ts'
import { emptyPlaceState, judgePlace } from './place-watch.ts'
import { readingDefaults, type ReadingParameters } from './reading-parameters.ts'
import { readingRules } from './reading-rules.ts'
import { emptyReadingState, readReadingState } from './reading-state.ts'
import { neighbourFault, seriesFault, type FaultContext } from './raise-fault.ts'
import { commonValue, indexOf, quantityOf, settingsOf, type Quantity, type Track } from './series-track.ts'
import { judgeSeries, newSeries, seriesFaultTypes, type SeriesVerdict } from './series-watch.ts'

/** A reading older than this when it comes is backfill. */
const historicalAfterMs = 300_000
/** A reading this far ahead of the wall clock has a wrong time: judged, it would keep every right one after it from being judged. */
const futureMaxMs = 60_000
/** Series that are checked; further ones pass unchecked. */
const seriesMax = 100_000

/** A series is scored for novelty at most so often in reading time: what is shorter is a spike, and the score costs more than all other checks. */
const noveltyEveryMs = 5_000

export interface ReadingJudgeOptions {
  /** Parameters that take the place of those shipped, as in a port whose rooms live faster than the wall clock; settings go before both. */
  readonly parameters?: Partial<ReadingParameters>
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

const ownFaults: ReadonlySet<string> = new Set(seriesFaultTypes)
/** Faults that say nothing of the value: the sensor is believed all the same. */
const harmless: ReadonlySet<string> = new Set(['recordingInterval', 'rate', 'attenuated'])

export function createReadingJudge(options: ReadingJudgeOptions = {}): ReadingJudge {
  const defaults: ReadingParameters = { ...readingDefaults, ...options.parameters }
  let registers: DetectionRegisters = { places: [], profiles: [], products: [], points: [] }
  let rules = readingRules([], defaults)
  let state = emptyReadingState()
  let faults = createFaultBook(state.faults)
  let past = createPlacePast()
  const novelty = createNoveltyJudge()
  let novelties = createNoveltyBook()
  let index = indexOf(registers, rules, state.compared)
  let tracks = new Map<string, Track>()
  let seriesCount = 0
  const verdict: SeriesVerdict = { fault: undefined, figure: 0, aboutMs: 0, aboutValue: 0, sound: true, still: false }

  function configure(next: DetectionRegisters): void {
    registers = next
    rules = readingRules(next.rules, defaults)
    novelty.configure(next.rules)
    index = indexOf(next, rules, state.compared)
    tracks = new Map()
  }

  function trackOf(reading: Reading): Track {
    const series = nameOfSeries(reading)
    return tracks.get(series) ?? newTrack(series, reading)
  }

  function newTrack(series: string, reading: Reading): Track {
    const quantity = quantityOf(reading)
    const watched = index.watched.get(series)
    const track: Track = {
      series,
      quantity,
      settings: quantity === undefined ? undefined : settingsOf(quantity, reading.point, rules),
      watched,
      peers: quantity === undefined ? undefined : watched?.peers[quantity],
      state: state.series[series],
      scoredMs: 0,
      device: watched === undefined ? undefined : deviceOf(reading, watched.place.key, watched.limits?.intervalMaxMs),
      placeState: watched === undefined ? undefined : state.places[watched.place.key]
    }
    if (tracks.size < seriesMax) tracks.set(series, track)
    return track
  }

  function deviceOf(reading: Reading, place: string, intervalMaxMs: number | undefined): DeviceState {
    const device = (state.devices[`${reading.point}/${reading.device}`] ??= {
      point: reading.point,
      device: reading.device,
      place,
      lastMs: 0,
      seenAtMs: 0,
      intervalMs: 1_000,
      gapMaxMs: intervalMaxMs ?? 120_000
    })
    // A device that watches several places is none of theirs alone.
    if (device.place !== undefined && device.place !== place) delete device.place
    return device
  }

  function judge(reading: Reading, nowMs: number, backfill: boolean, found: Anomaly[]): void {
    const track = trackOf(reading)
    const { device, quantity } = track
    if (device !== undefined) noteDevice(device, reading, nowMs, found)
    if (reading.timeMs - nowMs > futureMaxMs || !Number.isFinite(reading.value)) return
    const historical = backfill || (reading.historical ?? nowMs - reading.timeMs > historicalAfterMs)
    judgeNovelty(track, reading, nowMs, historical, found)
    if (quantity === undefined) return
    const value = commonValue(reading, quantity)
    if (!Number.isFinite(value)) return
    const isNews = judgeAlone(track, reading, { quantity, value, nowMs, historical }, found)
    if (track.watched === undefined || reading.quality === 4 || reading.quality === 9) return
    if (!isNews) return judgeLate(track, reading, { value, quantity, nowMs })
    judgeTogether(track, reading, { quantity, value, nowMs, historical }, found)
  }

  function judgeNovelty(track: Track, reading: Reading, nowMs: number, historical: boolean, found: Anomaly[]): void {
    if (reading.timeMs - track.scoredMs < noveltyEveryMs) return
    track.scoredMs = reading.timeMs
    const place = track.watched?.place.key
    const seen = novelty.judge(reading, { ...(place === undefined ? {} : { place }), nowMs, historical })
    if (seen === undefined) return
    const explained = faults.faultOf(track.series) !== undefined || state.places[place ?? '']?.open !== undefined
    const told = novelties.take(track.series, seen, { explained, togetherMs: rules.parameters.grouping.togetherMs })
    if (told !== undefined) found.push(told)
  }

  function noteDevice(device: DeviceState, reading: Reading, nowMs: number, found: Anomaly[]): void {
    if (device.seenAtMs === 0) {
      device.seenAtMs = nowMs
      device.lastMs = Math.min(reading.timeMs, nowMs)
    }
    // Once a message is enough: its readings come together.
    if (device.seenAtMs === nowMs && device.lastMs === reading.timeMs && state.silence.open.length === 0) return
    heardFrom(device, state.silence, { timeMs: reading.timeMs, nowMs }, rules, found)
  }

  interface Judged {
    readonly quantity: Quantity
    readonly value: number
    readonly nowMs: number
    readonly historical: boolean
  }

  /** The checks of the series by itself. False when the reading is not newer than what was judged, or there is no room for the series. */
  function judgeAlone(track: Track, reading: Reading, { value, nowMs, historical }: Judged, found: Anomaly[]): boolean {
    const { settings, series } = track
    if (settings === undefined) return false
    const isFirst = track.state === undefined
    if (track.state === undefined) {
      if (seriesCount >= seriesMax) return false
      seriesCount += 1
      track.state = state.series[series] = newSeries(reading.timeMs, value)
    } else if (reading.timeMs <= track.state.lastMs) return false
    const limits = track.watched?.limits
    const outside = limits !== undefined && track.quantity === 'temperature' && sideOf(track.state.lastValue, limits) !== undefined
    const intervalMaxMs = limits === undefined ? Infinity : outside ? limits.intervalOutsideMaxMs : limits.intervalMaxMs
    judgeSeries(track.state, { timeMs: reading.timeMs, value }, settings, { isFirst, intervalMaxMs }, verdict)
    if (verdict.fault === undefined && verdict.sound && faults.count() === 0) return true
    const open = faults.faultOf(series)
    if (open !== undefined) {
      const closed = verdict.sound && ownFaults.has(open) ? faults.clear(series, reading.timeMs) : undefined
      if (closed !== undefined) found.push(closed)
    } else if (verdict.fault !== undefined) {
      const context: FaultContext = { track, reading, rules, nowMs, historical }
      const raised = faults.raise(series, seriesFault(context, settings, verdict, intervalMaxMs), rules.parameters.grouping)
      if (raised !== undefined) found.push(raised)
    }
    return true
  }

  /** The sensor beside its neighbours, then the place. */
  function judgeTogether(track: Track, reading: Reading, judged: Judged, found: Anomaly[]): void {
    const { series, watched, peers } = track
    if (watched === undefined || peers === undefined) return
    const alone = compare(track, reading, judged, found)
    if (watched.limits === undefined || judged.quantity !== 'temperature') return
    const fault = faults.count() === 0 ? undefined : faults.faultOf(series)
    track.placeState ??= state.places[watched.place.key] ??= emptyPlaceState()
    judgePlace(
      track.placeState,
      {
        place: watched.place,
        limits: watched.limits,
        rules,
        reading,
        series,
        celsius: judged.value,
        trusted: !alone && (fault === undefined || harmless.has(fault)),
        nowMs: judged.nowMs,
        historical: judged.historical
      },
      found
    )
  }

  function compare(track: Track, reading: Reading, { value, nowMs, historical }: Judged, found: Anomaly[]): boolean {
    const { series, peers } = track
    if (peers === undefined || !rules.rule.neighbour.enabled) return false
    let own = peers.states.get(series)
    if (own === undefined) {
      own = state.compared[series] = newCompare(value, reading.timeMs)
      peers.states.set(series, own)
    }
    const frozen = track.placeState?.open !== undefined
    const seen = { value, timeMs: reading.timeMs, still: verdict.still, frozen }
    const { alone, fault, well, apart } = compareWithNeighbours(own, peers.states, seen, peers.settings)
    const open = faults.count() === 0 ? undefined : faults.faultOf(series)
    if (well && (open === 'neighbour' || open === 'drift')) {
      const closed = faults.clear(series, reading.timeMs)
      if (closed !== undefined) found.push(closed)
    } else if (fault !== undefined && open === undefined) {
      const context: FaultContext = { track, reading, rules, nowMs, historical }
      const raised = faults.raise(series, neighbourFault(context, fault, { apart, onsetMs: own.nearMs, peers }), rules.parameters.grouping)
      if (raised !== undefined) found.push(raised)
    }
    return alone
  }

  function judgeLate(track: Track, reading: Reading, late: { value: number; quantity: Quantity; nowMs: number }): void {
    const { watched, device, series, placeState } = track
    if (watched?.limits === undefined || late.quantity !== 'temperature' || device?.wrongClock !== undefined) return
    past.judge(placeState?.sensors[series], {
      place: watched.place,
      limits: watched.limits,
      rules,
      reading,
      series,
      celsius: late.value,
      trusted: true,
      nowMs: late.nowMs,
      historical: true
    })
  }

  return {
    configure,
    onReadings(readings, nowMs, how = {}) {
      const found: Anomaly[] = []
      for (const reading of readings) judge(reading, nowMs, how.historical ?? false, found)
      return found
    },
    onTick(nowMs) {
      const silent = lookForSilence(
        Object.values(state.devices),
        state.silence,
        nowMs,
        rules,
        (name) => index.seriesOfDevice.get(name) ?? []
      )
      return [...silent, ...past.tick(nowMs, (place) => state.places[place])]
    },
    seriesCount: () => seriesCount,
    snapshot: () => ({
      ...structuredClone({ ...state, faults: faults.state(), novelties: novelties.state() }),
      novelty: novelty.snapshot()
    }),
    restore(snapshot) {
      const read = readReadingState(snapshot)
      state = typeof read === 'string' ? emptyReadingState() : read
      faults = createFaultBook(state.faults)
      past = createPlacePast()
      novelties = createNoveltyBook(state.novelties)
      // Without it every series learns anew what is usual; the rest goes on.
      novelty.restore(state.novelty)
      seriesCount = Object.keys(state.series).length
      configure(registers)
      return typeof read === 'string' ? read : undefined
    }
  }
}
