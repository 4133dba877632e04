/**
 * Watches the devices that watch goods: which has fallen silent, and whose clock is wrong. Devices of one point that fall silent at about the
 * same time are one anomaly. By the wall clock of their arrival; pure.
 */
import { Type, type Static } from 'typebox'
import { Anomaly, seriesPerAnomalyMax } from '@tracegate/model/anomaly'
import { anomalyIdOf } from '../anomaly-id.ts'
import { iso } from '../proof.ts'
import type { ReadingRules } from './reading-rules.ts'

export const DeviceState = Type.Object({
  point: Type.String(),
  device: Type.String(),
  place: Type.Optional(Type.String()),
  lastMs: Type.Number({ description: 'Event time of the newest reading' }),
  seenAtMs: Type.Number({ description: 'Wall clock when it came' }),
  /** Running mean of the time between two arrivals. */
  intervalMs: Type.Number(),
  gapMaxMs: Type.Number(),
  /** Clocks that keep a wrong distance: since when, and how far it went both ways. */
  clock: Type.Optional(Type.Object({ sinceMs: Type.Number(), leastMs: Type.Number(), mostMs: Type.Number() })),
  wrongClock: Type.Optional(Anomaly),
  /** The last wrong clock, to know it when it comes back. */
  rightClock: Type.Optional(Anomaly)
})
export type DeviceState = Static<typeof DeviceState>

const GapGroup = Type.Object({ anomaly: Anomaly, devices: Type.Record(Type.String(), Type.Boolean({ description: 'Still silent' })) })
type GapGroup = Static<typeof GapGroup>

export const SilenceState = Type.Object({
  open: Type.Array(GapGroup),
  /** What closed a while ago, the oldest first. */
  closed: Type.Array(GapGroup)
})
export type SilenceState = Static<typeof SilenceState>

/** Silences that are remembered. */
const closedSilencesMax = 500
const intervalMaxMs = 600_000

/** How long the device may be silent: some of its own intervals, at most what the profile allows; one that always speaks less often is told of otherwise. */
function allowedSilenceMs(state: DeviceState, { parameters: { gap } }: ReadingRules): number {
  const cap = Math.max(gap.leastMs, state.gapMaxMs, state.intervalMs * 1.5)
  return Math.min(Math.max(gap.leastMs, state.intervalMs * gap.intervals), cap)
}

/** A reading came. Changes both states; gives what it closes or opens. */
export function heardFrom(
  state: DeviceState,
  silence: SilenceState,
  heard: { readonly timeMs: number; readonly nowMs: number },
  rules: ReadingRules,
  found: Anomaly[]
): void {
  const { timeMs, nowMs } = heard
  if (nowMs > state.seenAtMs) {
    state.intervalMs += (Math.min(nowMs - state.seenAtMs, intervalMaxMs) - state.intervalMs) / 8
    state.seenAtMs = nowMs
  }
  if (timeMs <= nowMs && timeMs > state.lastMs) state.lastMs = timeMs
  if (rules.rule.clock.enabled) judgeClock(state, heard, rules, found)
  if (silence.open.length > 0) speaksAgain(silence, nameOf(state), nowMs, found)
}

function speaksAgain(silence: SilenceState, name: string, nowMs: number, found: Anomaly[]): void {
  const group = silence.open.find((one) => one.devices[name] === true)
  if (group === undefined) return
  group.devices[name] = false
  if (Object.values(group.devices).includes(true)) return
  silence.open.splice(silence.open.indexOf(group), 1)
  const { anomaly } = group
  const closed: Anomaly = {
    ...anomaly,
    status: 'closed',
    lastMs: nowMs,
    closedMs: nowMs,
    figures: { ...anomaly.figures, durationMs: nowMs - anomaly.onsetMs }
  }
  silence.closed.push({ anomaly: closed, devices: group.devices })
  if (silence.closed.length > closedSilencesMax) silence.closed.shift()
  found.push(closed)
}

/** Time passed. Changes `silence`; gives what falls silent. `seriesOf` names the series of a device. */
export function lookForSilence(
  devices: Iterable<DeviceState>,
  silence: SilenceState,
  nowMs: number,
  rules: ReadingRules,
  seriesOf: (device: string) => readonly string[]
): Anomaly[] {
  if (!rules.rule.gap.enabled) return []
  const changed = new Set<GapGroup>()
  for (const state of devices) {
    const allowedMs = allowedSilenceMs(state, rules)
    if (nowMs - state.seenAtMs <= allowedMs) continue
    const name = nameOf(state)
    if (silence.open.some((group) => group.devices[name] === true)) continue
    changed.add(fallSilent(state, silence, { nowMs, allowedMs, series: seriesOf(name) }, rules))
  }
  return [...changed].map((group) => group.anomaly)
}

interface Falling {
  readonly nowMs: number
  readonly allowedMs: number
  readonly series: readonly string[]
}

function fallSilent(state: DeviceState, silence: SilenceState, falling: Falling, rules: ReadingRules): GapGroup {
  const name = nameOf(state)
  const { nowMs, allowedMs } = falling
  const { togetherMs } = rules.parameters.gap
  const joined = silence.open.find(({ anomaly }) => anomaly.point === state.point && Math.abs(state.lastMs - anomaly.onsetMs) <= togetherMs)
  if (joined !== undefined) {
    joined.devices[name] = true
    const { device: _, place, ...rest } = joined.anomaly
    const names = Object.keys(joined.devices)
    joined.anomaly = {
      ...rest,
      ...(place !== undefined && place === state.place ? { place } : {}),
      ...(names.length === 1 && joined.anomaly.device !== undefined ? { device: joined.anomaly.device } : {}),
      lastMs: Math.max(joined.anomaly.lastMs, nowMs),
      series: [...new Set([...(joined.anomaly.series ?? []), ...falling.series])].slice(0, seriesPerAnomalyMax),
      figures: { ...joined.anomaly.figures, deviceCount: names.length },
      proof: gapText(state.point, names, joined.anomaly.onsetMs, allowedMs)
    }
    return joined
  }
  const { reopenMs } = rules.parameters.grouping
  const last = silence.closed.findLast((group) => group.devices[name] !== undefined)
  const group: GapGroup =
    last?.anomaly.closedMs !== undefined && state.lastMs - last.anomaly.closedMs <= reopenMs
      ? reopened(last, name, falling)
      : { anomaly: newGap(state, falling, rules), devices: { [name]: true } }
  if (group.anomaly.returns !== undefined) silence.closed.splice(silence.closed.indexOf(last ?? group), 1)
  silence.open.push(group)
  return group
}

function reopened({ anomaly, devices }: GapGroup, name: string, { nowMs }: Falling): GapGroup {
  const { closedMs: _, ...rest } = anomaly
  return {
    anomaly: { ...rest, status: 'open', returns: (anomaly.returns ?? 0) + 1, lastMs: Math.max(anomaly.lastMs, nowMs) },
    devices: { ...devices, [name]: true }
  }
}

function newGap(state: DeviceState, { nowMs, allowedMs, series }: Falling, { rule }: ReadingRules): Anomaly {
  const name = nameOf(state)
  return {
    id: anomalyIdOf('gap', name, state.lastMs),
    type: 'gap',
    category: 'device',
    rule: { id: rule.gap.id, version: rule.gap.version },
    status: 'open',
    point: state.point,
    ...(state.place === undefined ? {} : { place: state.place }),
    device: state.device,
    goods: [],
    series: series.slice(0, seriesPerAnomalyMax),
    onsetMs: state.lastMs,
    openedMs: nowMs,
    lastMs: nowMs,
    detectedAtMs: nowMs,
    historical: false,
    figures: { durationMs: nowMs - state.lastMs, allowedMs, deviceCount: 1 },
    witnesses: [],
    proof: gapText(state.point, [name], state.lastMs, allowedMs)
  }
}

function gapText(point: string, names: readonly string[], onsetMs: number, allowedMs: number): Anomaly['proof'] {
  const [first = ''] = names
  const seconds = Math.round(allowedMs / 1_000)
  const shown = names.slice(0, 8).join(', ')
  return names.length === 1
    ? {
        en: `${first} has sent no reading since ${iso(onsetMs)}; ${seconds} s are allowed`,
        zh: `${first} 自 ${iso(onsetMs)} 起无读数；允许间隔 ${seconds} 秒`
      }
    : {
        en: `${names.length} devices of ${point} have sent no reading since about ${iso(onsetMs)}, so one cause is taken for all: ${shown}`,
        zh: `${point} 的 ${names.length} 台设备自 ${iso(onsetMs)} 前后起均无读数，判为同一原因：${shown}`
      }
}

/** A wrong clock keeps its distance, while a backlog comes closer with every message. */
function judgeClock(
  state: DeviceState,
  { timeMs, nowMs }: { readonly timeMs: number; readonly nowMs: number },
  rules: ReadingRules,
  found: Anomaly[]
): void {
  const { behindMs, aheadMs, steadyMs, forMs } = rules.parameters.clock
  const distanceMs = nowMs - timeMs
  const wrong = distanceMs > behindMs || -distanceMs > aheadMs
  if (!wrong && state.clock === undefined && state.wrongClock === undefined) return
  const window = state.clock
  const least = Math.min(window?.leastMs ?? distanceMs, distanceMs)
  const most = Math.max(window?.mostMs ?? distanceMs, distanceMs)
  const agrees = window !== undefined && wrong === isWrong(window.leastMs, behindMs, aheadMs) && most - least <= steadyMs
  state.clock = agrees
    ? { sinceMs: window.sinceMs, leastMs: least, mostMs: most }
    : { sinceMs: nowMs, leastMs: distanceMs, mostMs: distanceMs }
  if (nowMs - state.clock.sinceMs < forMs) return
  if (wrong && state.wrongClock === undefined) found.push((state.wrongClock = wrongClock(state, distanceMs, nowMs, rules)))
  if (wrong) return
  delete state.clock
  if (state.wrongClock === undefined) return
  const closed: Anomaly = { ...state.wrongClock, status: 'closed', lastMs: nowMs, closedMs: nowMs }
  delete state.wrongClock
  state.rightClock = closed
  found.push(closed)
}

function isWrong(distanceMs: number, behindMs: number, aheadMs: number): boolean {
  return distanceMs > behindMs || -distanceMs > aheadMs
}

function wrongClock(state: DeviceState, distanceMs: number, nowMs: number, { rule, parameters }: ReadingRules): Anomaly {
  const name = nameOf(state)
  const seconds = Math.round(Math.abs(distanceMs) / 1_000)
  const sinceMs = state.clock?.sinceMs ?? nowMs
  const proof = {
    en: `${name} tells times ${seconds} s ${distanceMs > 0 ? 'behind' : 'ahead of'} ours since ${iso(sinceMs)}, steadily: its clock is wrong`,
    zh: `${name} 自 ${iso(sinceMs)} 起所报时间持续比平台${distanceMs > 0 ? '慢' : '快'} ${seconds} 秒：设备时钟有误`
  }
  const last = state.rightClock
  if (last?.closedMs !== undefined && sinceMs - last.closedMs <= parameters.grouping.reopenMs) {
    const { closedMs: _, ...rest } = last
    delete state.rightClock
    return { ...rest, status: 'open', returns: (last.returns ?? 0) + 1, lastMs: nowMs, proof }
  }
  return {
    id: anomalyIdOf('clock', name, sinceMs),
    type: 'clock',
    category: 'device',
    rule: { id: rule.clock.id, version: rule.clock.version },
    status: 'open',
    point: state.point,
    ...(state.place === undefined ? {} : { place: state.place }),
    device: state.device,
    goods: [],
    onsetMs: sinceMs,
    openedMs: nowMs,
    lastMs: nowMs,
    detectedAtMs: nowMs,
    historical: false,
    figures: { offsetMs: -distanceMs },
    witnesses: [],
    proof
  }
}

function nameOf({ point, device }: DeviceState): string {
  return `${point}/${device}`
}
