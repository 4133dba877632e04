/** Tells when a device that watches goods has gone silent: longer than its own rhythm and its goods' profile allow. */
import { Type, type Static } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { anomalyIdOf } from './anomaly-id.ts'
import { iso } from './proof.ts'

export const DeviceState = Type.Object({
  point: Type.String(),
  device: Type.String(),
  place: Type.Optional(Type.String()),
  lastMs: Type.Number({ description: 'Event time of the newest reading' }),
  seenAtMs: Type.Number({ description: 'Wall clock when it came' }),
  /** Running mean of the time between two arrivals. */
  intervalMs: Type.Number(),
  gapMaxMs: Type.Number(),
  open: Type.Optional(Anomaly)
})
export type DeviceState = Static<typeof DeviceState>

const gapMinMs = 10_000

/** How long the device may be silent: five of its own intervals, at least 10 s, at most what the profile allows. */
function allowedSilenceMs(state: DeviceState): number {
  return Math.min(Math.max(gapMinMs, state.intervalMs * 5), Math.max(gapMinMs, state.gapMaxMs))
}

/** A reading came. Changes `state`; gives the gap that it closes. */
export function heardFrom(state: DeviceState, timeMs: number, nowMs: number): Anomaly | undefined {
  if (nowMs > state.seenAtMs) {
    state.intervalMs += (Math.min(nowMs - state.seenAtMs, 600_000) - state.intervalMs) / 8
    state.seenAtMs = nowMs
  }
  state.lastMs = Math.max(state.lastMs, timeMs)
  const open = state.open
  if (open === undefined) return undefined
  delete state.open
  return { ...open, status: 'closed', lastMs: nowMs, closedMs: nowMs, figures: { ...open.figures, durationMs: nowMs - open.onsetMs } }
}

/** Time passed. Changes `state`; gives the gap that opens. */
export function checkSilence(state: DeviceState, nowMs: number): Anomaly | undefined {
  const allowedMs = allowedSilenceMs(state)
  if (state.open !== undefined || nowMs - state.seenAtMs <= allowedMs) return undefined
  const name = `${state.point}/${state.device}`
  const anomaly: Anomaly = {
    id: anomalyIdOf('gap', name, state.lastMs),
    type: 'gap',
    category: 'device',
    rule: { id: 'qartod:gap', version: 1 },
    status: 'open',
    point: state.point,
    ...(state.place === undefined ? {} : { place: state.place }),
    device: state.device,
    goods: [],
    onsetMs: state.lastMs,
    openedMs: nowMs,
    lastMs: nowMs,
    detectedAtMs: nowMs,
    historical: false,
    figures: { durationMs: nowMs - state.lastMs, allowedMs },
    witnesses: [],
    proof: {
      en: `${name} has sent no reading since ${iso(state.lastMs)}; ${Math.round(allowedMs / 1_000)} s are allowed`,
      zh: `${name} 自 ${iso(state.lastMs)} 起无读数；允许间隔 ${Math.round(allowedMs / 1_000)} 秒`
    }
  }
  state.open = anomaly
  return anomaly
}
