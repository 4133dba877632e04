/** One replay from start to the last commit: an agent of its own, the recording, and the wait until everything is stored. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { startEdge } from '../edge.ts'
import type { EdgeStatus } from '../edge-status.ts'
import { replayRecording, type ReplayCounts } from './replay.ts'
import { agentConfigOf, recordingOptionsOf, type ReplayCliOptions, speedOf } from './replay-options.ts'

export interface ReplayResult extends ReplayCounts {
  readonly messages: number
  /** Messages that an earlier replay left in the outbox and this one delivered. */
  readonly messagesLeftBefore: number
  readonly messagesCommitted: number
  readonly readingsCommitted: number
  readonly messagesNotCommitted: number
  readonly complete: boolean
  readonly tookMs: number
  /** Why it is not complete. */
  readonly reason: string | undefined
}

export async function runReplay(options: {
  readonly file: string
  readonly cli: ReplayCliOptions
  readonly secret: string
  readonly signal?: AbortSignal
  readonly onProgress?: (line: string) => void
}): Promise<ReplayResult> {
  const { file, cli, secret, signal } = options
  const startedMs = performance.now()
  const dataDir = join(cli.dataDir, 'replay', `${cli.point}-${cli.agent}`)
  const edge = await startEdge(agentConfigOf(cli, secret, dataDir), { logger: silentLogger, metrics: createMetrics() })
  const messagesLeftBefore = edge.status().outboxMessages
  const report = createProgress(options.onProgress)
  try {
    const counts = await replayRecording(edge, {
      file,
      recording: recordingOptionsOf(cli, file),
      point: cli.point,
      speed: speedOf(cli),
      time: cli.time,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (counts) => report(`${counts.rowsRead} rows read, ${counts.readingsSent} readings sent`, edge.status())
    })
    edge.intake.flush()
    const reason = await waitForCommit({ status: () => edge.status(), patienceMs: cli.patienceMs, signal, report })
    const status = edge.status()
    const { readingsDropped, messagesCommitted, readingsCommitted } = status.counts
    return {
      ...counts,
      messages: status.outboxMessages + messagesCommitted - messagesLeftBefore,
      messagesLeftBefore,
      messagesCommitted,
      readingsCommitted,
      messagesNotCommitted: status.outboxMessages,
      tookMs: performance.now() - startedMs,
      ...verdict({ reason, readingsDropped, counts })
    }
  } finally {
    await edge[Symbol.asyncDispose]()
  }
}

function verdict(options: { readonly reason: string | undefined; readonly readingsDropped: number; readonly counts: ReplayCounts }) {
  const { reason, readingsDropped, counts } = options
  if (reason !== undefined) return { complete: false, reason }
  if (readingsDropped > 0) return { complete: false, reason: `${readingsDropped} readings gave way to the limit of the outbox` }
  if (counts.readingsRefused > 0) return { complete: false, reason: `${counts.readingsRefused} readings were refused by the outbox` }
  if (counts.rowsRefused > 0) return { complete: false, reason: `${counts.rowsRefused} rows could not be read` }
  return { complete: true, reason: undefined }
}

/** Gives the reason when the wait ends before the outbox is empty. */
async function waitForCommit(options: {
  readonly status: () => EdgeStatus
  readonly patienceMs: number
  readonly signal: AbortSignal | undefined
  readonly report: (what: string, status: EdgeStatus) => void
}): Promise<string | undefined> {
  let committed = -1
  let progressAtMs = performance.now()
  for (;;) {
    const status = options.status()
    if (status.outboxMessages === 0) return undefined
    if (options.signal?.aborted === true) return 'stopped'
    if (status.counts.messagesCommitted !== committed) {
      committed = status.counts.messagesCommitted
      progressAtMs = performance.now()
    }
    if (performance.now() - progressAtMs > options.patienceMs)
      return `nothing was committed for ${options.patienceMs} ms (${status.lastError ?? (status.connected ? 'connected, no watermark' : 'not connected')})`
    options.report('waiting for the watermark', status)
    await sleep(50)
  }
}

/** At most a line a second. */
function createProgress(print: ((line: string) => void) | undefined): (what: string, status: EdgeStatus) => void {
  let printedAtMs = performance.now()
  return (what, status) => {
    if (print === undefined || performance.now() - printedAtMs < 1_000) return
    printedAtMs = performance.now()
    const line = status.connected ? '' : `, not connected: ${status.lastError ?? 'connecting'}`
    print(`${what}, ${status.counts.messagesCommitted} messages committed, ${status.outboxMessages} waiting${line}`)
  }
}
