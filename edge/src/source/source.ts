/** What a source is to the agent: it runs, says how it fares, and ends. Sources hand their findings to the intake. */
import type { Logger } from '@tracegate/service/log'
import type { EdgeEvents } from '../events.ts'
import type { Intake } from '../intake.ts'

export interface SourceStatus {
  readonly name: string
  readonly type: string
  readonly connected: boolean
  readonly detail: string
  readonly lastDataAtMs?: number
}

export interface Source extends AsyncDisposable {
  status(): SourceStatus
}

export interface SourceDependencies {
  readonly intake: Intake
  readonly logger: Logger
  readonly events: EdgeEvents
  readonly dataDir: string
  /** Names the agent and the source to a foreign broker; the same at every start, so that its session is kept. */
  readonly clientId: string
  /** A device can be reached, or cannot: its birth or death is published. */
  readonly onDevice: (device: string, online: boolean, reason: string) => void
}
