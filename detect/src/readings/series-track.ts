/** Puts together what the judge needs for one series: its settings, its place with the profile there, its neighbours. Made once a series and configuration. */
import type { Place } from '@tracegate/model/registers'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { convertUnit } from '@tracegate/model/units'
import type { DetectionRegisters } from '../engine.ts'
import type { DeviceState } from './device-watch.ts'
import type { CompareSettings, CompareState } from './neighbours.ts'
import type { PlaceState } from './place-watch.ts'
import { limitsOf, type ProfileLimits } from './profile-limits.ts'
import type { ReadingRules } from './reading-rules.ts'
import type { SeriesSettings, SeriesState } from './series-watch.ts'

export type Quantity = 'temperature' | 'humidity'

/** Sensors of one place that measure the same. */
export interface Peers {
  readonly settings: CompareSettings
  readonly states: Map<string, CompareState>
}

interface Watched {
  readonly place: Place
  readonly limits: ProfileLimits | undefined
  readonly peers: Readonly<Record<Quantity, Peers>>
}

export interface Track {
  readonly series: string
  readonly quantity: Quantity | undefined
  readonly settings: SeriesSettings | undefined
  readonly watched: Watched | undefined
  readonly peers: Peers | undefined
  /** Filled in by the judge. */
  state: SeriesState | undefined
  scoredMs: number
  device: DeviceState | undefined
  placeState: PlaceState | undefined
}

export interface TrackIndex {
  readonly watched: ReadonlyMap<string, Watched>
  /** Watched series of each device, by `point/device`. */
  readonly seriesOfDevice: ReadonlyMap<string, readonly string[]>
}

/** What a reading measures that we check: by its unit, since unit and quantity go together for what we check. */
export function quantityOf(reading: { readonly unit: string; readonly metric: string }): Quantity | undefined {
  if (isTemperatureUnit(reading.unit) && !/set/i.test(reading.metric)) return 'temperature'
  return reading.unit === '%' && /humid|rh/i.test(reading.metric) ? 'humidity' : undefined
}

function isTemperatureUnit(unit: string): boolean {
  return unit === 'Cel' || unit === 'K' || unit === '[degF]'
}

/** The value as the settings have it: temperatures in degrees Celsius. */
export function commonValue(reading: Reading, quantity: Quantity): number {
  if (quantity === 'humidity' || reading.unit === 'Cel') return reading.value
  return convertUnit(reading.value, reading.unit, 'Cel') ?? Number.NaN
}

export function indexOf(registers: DetectionRegisters, rules: ReadingRules, compared: Readonly<Record<string, CompareState>>): TrackIndex {
  const profiles = new Map(registers.profiles.map((profile) => [profile.id, limitsOf(profile)]))
  const watched = new Map<string, Watched>()
  const seriesOfDevice = new Map<string, string[]>()
  for (const place of registers.places) {
    const { point } = place
    if (point === undefined) continue
    const limits = profiles.get(place.profile ?? '')
    const own: Watched = { place, limits, peers: { temperature: peersOf('temperature'), humidity: peersOf('humidity') } }
    function peersOf(quantity: Quantity): Peers {
      const { forMs, ...settings } = rules.parameters.neighbour[quantity]
      const onDelayMs = limits?.profile.onDelayMs ?? forMs
      return {
        settings: { ...settings, forMs: Math.min(forMs, onDelayMs), freshMs: limits?.intervalMaxMs ?? freshMs },
        states: new Map()
      }
    }
    for (const watch of place.watches) {
      const series = seriesKeyOf({ point, device: watch.device, metric: watch.metric })
      const name = `${point}/${watch.device}`
      seriesOfDevice.set(name, [...(seriesOfDevice.get(name) ?? []), series])
      if (watch.quantity !== 'temperature' && watch.quantity !== 'humidity') continue
      watched.set(series, own)
      const state = compared[series]
      if (state !== undefined) own.peers[watch.quantity].states.set(series, state)
    }
  }
  return { watched, seriesOfDevice }
}

const freshMs = 120_000

export function settingsOf(quantity: Quantity, point: string, { parameters, rule }: ReadingRules): SeriesSettings {
  const { grossRange, climatology, spike, rate, flatLine, attenuated, recordingInterval } = parameters
  const never: SeriesSettings['failSpan'] = [-Infinity, Infinity]
  const members = climatology.members.filter((one) => one.quantity === quantity && (one.point ?? point) === point)
  return {
    failSpan: rule.grossRange.enabled ? grossRange[quantity].failSpan : never,
    suspectSpan: rule.grossRange.enabled ? grossRange[quantity].suspectSpan : never,
    climatology: rule.climatology.enabled ? members : [],
    spike: rule.spike.enabled ? spike[quantity] : undefined,
    rate: rule.rate.enabled ? { suspect: rate[quantity].suspectPerSecond, fail: rate[quantity].failPerSecond } : undefined,
    flat: rule.flatLine.enabled ? flatLine[quantity] : { ...flatLine[quantity], countMin: Infinity },
    attenuated: rule.attenuated.enabled ? attenuated[quantity] : undefined,
    slowCountMin: rule.recordingInterval.enabled ? recordingInterval.countMin : Infinity
  }
}
