/** Judges how a reading stands on screen: inside or outside its limits, missing, suspect, or too old to be shown as live. Pure. */
import type { LiveReading } from '@tracegate/model/live'
import type { LatestReading } from '@tracegate/model/http'
import type { Device, Place, ProductProfile, Watch } from '@tracegate/model/registers'

/** held: a quantity that is only told when it changes (OPC UA reports by exception), while its device goes on speaking. */
export type ReadingState = 'inside' | 'above' | 'below' | 'suspect' | 'missing' | 'held' | 'stale' | 'none'

export interface Limits {
  readonly low?: number
  readonly high?: number
}

export interface WatchView {
  readonly watch: Watch
  /** point/device/metric */
  readonly series: string
  readonly limits: Limits
  readonly state: ReadingState
  readonly value: number | null
  readonly timeMs?: number
}

/** A reading is stale after three intervals, but never before this: networks stutter. */
const staleMinMs = 15_000
const staleIntervals = 3

export function staleAfter(intervalMs: number | undefined): number {
  return Math.max(staleMinMs, (intervalMs ?? 0) * staleIntervals)
}

/** Judges one reading; `ageMs` over `staleAfterMs` wins over everything else. */
export function judgeReading(
  reading: { readonly value: number | null; readonly quality: number; readonly ageMs: number } | undefined,
  rule: { readonly limits: Limits; readonly staleAfterMs: number; readonly heldByDevice?: boolean }
): ReadingState {
  if (reading === undefined) return 'none'
  if (reading.ageMs > rule.staleAfterMs) return rule.heldByDevice === true && reading.value !== null ? 'held' : 'stale'
  if (reading.value === null || reading.quality === 9) return 'missing'
  if (reading.quality === 3 || reading.quality === 4) return 'suspect'
  if (rule.limits.high !== undefined && reading.value > rule.limits.high) return 'above'
  if (rule.limits.low !== undefined && reading.value < rule.limits.low) return 'below'
  return 'inside'
}

/** Every watched quantity of a place with its newest reading, whether from the last answer or from the stream. */
export function viewWatches(from: {
  readonly place: Place
  readonly profile?: ProductProfile
  readonly devices: readonly Device[]
  readonly latest: readonly LatestReading[]
  readonly live: ReadonlyMap<string, LiveReading>
  readonly nowMs: number
}): WatchView[] {
  return from.place.watches.map((watch) => {
    const series = `${from.place.point}/${watch.device}/${watch.metric}`
    const reading = newest(
      from.latest.find((entry) => entry.series === series),
      from.live.get(series)
    )
    const limits = watch.quantity === 'temperature' ? limitsOf(from.profile) : {}
    const device = from.devices.find((entry) => entry.id === watch.device)
    const intervalMs = device?.metrics.find((entry) => entry.metric === watch.metric)?.intervalMs
    const state = judgeReading(
      reading === undefined ? undefined : { value: reading.value, quality: reading.quality, ageMs: from.nowMs - reading.timeMs },
      { limits, staleAfterMs: staleAfter(intervalMs), heldByDevice: steady.has(watch.quantity) && deviceSpeaks(from, watch.device) }
    )
    return { watch, series, limits, state, value: reading?.value ?? null, ...(reading === undefined ? {} : { timeMs: reading.timeMs }) }
  })
}

/** Quantities that may rightly stay the same for hours; a temperature never does. */
const steady: ReadonlySet<Watch['quantity']> = new Set(['door', 'compressor', 'power', 'setPoint'])

/** Whether any other series of the device is fresh. */
function deviceSpeaks(from: Pick<Parameters<typeof viewWatches>[0], 'place' | 'latest' | 'live' | 'nowMs'>, device: string): boolean {
  const prefix = `${from.place.point}/${device}/`
  const fresh = (series: string, timeMs: number) => series.startsWith(prefix) && from.nowMs - timeMs <= staleMinMs
  return (
    from.latest.some((entry) => fresh(entry.series, entry.timeMs)) || from.live.values().some((reading) => fresh(reading[0], reading[1]))
  )
}

export function limitsOf(profile: ProductProfile | undefined): Limits {
  return {
    ...(profile?.low === undefined ? {} : { low: profile.low }),
    ...(profile?.high === undefined ? {} : { high: profile.high })
  }
}

/** Where the bar of a value begins and ends, so that limits and value are both on it with room beside them. */
export function barRange(limits: Limits, value: number | null): { readonly from: number; readonly to: number } {
  const marks = [limits.low, limits.high, value ?? undefined].filter((mark) => mark !== undefined)
  const least = Math.min(...marks)
  const most = Math.max(...marks)
  const room = Math.max(2, (most - least) * 0.35)
  return { from: least - room, to: most + room }
}

function newest(answer: LatestReading | undefined, live: LiveReading | undefined) {
  const streamed = live === undefined ? undefined : { timeMs: live[1], value: live[2], quality: live[3] }
  if (streamed === undefined || (answer !== undefined && answer.timeMs > streamed.timeMs)) return answer
  return streamed
}
