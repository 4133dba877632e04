/** How the api reaches the simulated port, when there is one. */
import type { ScenarioInfo, ScenarioStarted } from '@tracegate/model/http'

export interface SimulatorControl {
  scenarios(): ScenarioInfo[]
  /** Starts a scenario; `target` picks a place or device where the scenario allows a choice. Rejects with `SCENARIO_UNKNOWN` or `SCENARIO_RUNNING`. */
  start(name: string, options?: { readonly target?: string }): Promise<ScenarioStarted>
  /** Ends a running scenario and puts right what it broke. */
  stop(name: string): Promise<void>
}
