/** What the status page, `/status.json` and the metrics show. Only types. */
import type { Problem } from '../configuration/load.ts'
import type { EdgeStatus } from '../edge-status.ts'

export interface AgentStatus extends EdgeStatus {
  readonly configuration: {
    /** Changes with the configuration that holds, whoever changed it. */
    readonly version: string
    readonly takenAtMs: number
    /** Members whose new value holds from the next start on. */
    readonly restart: readonly string[]
    readonly reloads: number
    /** Of the last configuration that was refused. */
    readonly problems: readonly Problem[]
    readonly problemsAtMs: number | undefined
    /** Version of the signed configuration that holds, if any. */
    readonly remoteVersion: number | undefined
    readonly onTrial: boolean
  }
}
