/** The edge agent at a monitoring point: sources → normalise → check → outbox → uplink. */
import type { Reading } from '@tracegate/model/telemetry'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { type EdgeConfig, withDefaults } from './config.ts'

export interface EdgeDependencies {
  readonly logger: Logger
  readonly metrics: Metrics
  /** Judges one reading where it is taken; may lower its quality, never raise it. Left out: quality stays as the source gave it. */
  readonly check?: (reading: Reading) => Reading
}

export interface EdgeStatus {
  readonly boot: string
  readonly connected: boolean
}

export interface Edge extends AsyncDisposable {
  status(): EdgeStatus
}

export async function startEdge(config: EdgeConfig, dependencies: EdgeDependencies): Promise<Edge> {
  const resolved = withDefaults(config)
  dependencies.logger.info({ point: resolved.point, agent: resolved.agent }, 'edge agent started')
  return { status: () => ({ boot: '', connected: false }), [Symbol.asyncDispose]: async () => undefined }
}
