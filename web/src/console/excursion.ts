/** The window of time a chart shows for an anomaly: enough before and after to see it begin and end. Pure. */
import type { Anomaly } from '@tracegate/model/anomaly'

const roomMinMs = 2 * 60_000
const windowMaxMs = 24 * 3_600_000

export interface Excursion {
  readonly fromMs: number
  readonly toMs: number
  readonly shade: { readonly fromMs: number; readonly toMs: number }
}

/** While the anomaly is open its shade ends at its last sign. */
export function excursionOf(anomaly: Pick<Anomaly, 'onsetMs' | 'lastMs' | 'closedMs' | 'openedMs'>): Excursion {
  const endMs = Math.max(anomaly.closedMs ?? anomaly.lastMs, anomaly.openedMs, anomaly.onsetMs)
  const room = Math.max(roomMinMs, (endMs - anomaly.onsetMs) * 0.75)
  const fromMs = Math.max(anomaly.onsetMs - room, endMs - windowMaxMs)
  return { fromMs, toMs: endMs + room / 2, shade: { fromMs: anomaly.onsetMs, toMs: endMs } }
}

/** point/device/metric of an anomaly of readings. */
export function seriesOf(anomaly: Pick<Anomaly, 'point' | 'device' | 'metric' | 'witnesses'>): string | undefined {
  if (anomaly.point !== undefined && anomaly.device !== undefined && anomaly.metric !== undefined)
    return `${anomaly.point}/${anomaly.device}/${anomaly.metric}`
  return anomaly.witnesses.find((witness) => witness.type === 'reading')?.series
}
