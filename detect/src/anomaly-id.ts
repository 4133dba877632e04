/** Stable names for anomalies: the same cause seen again, after a restart or in backfill, gets the same id. */
import type { AnomalyType } from '@tracegate/model/anomaly'
import { hash53 } from '@tracegate/model/hash53'

export function anomalyIdOf(type: AnomalyType, ...cause: readonly (string | number)[]): string {
  return `${type}-${hash53(cause.join('\u001f')).toString(36)}`
}
