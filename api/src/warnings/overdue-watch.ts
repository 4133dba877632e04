/**
 * Counts open warnings and those past the deadline of their next step, by level, for the metrics. Who is called when a deadline passes is the
 * matter of the clocks of measures; drills are counted nowhere.
 */
import { warningCases } from '@tracegate/model/warning-cases'
import { warningLevels, type WarningLevel } from '@tracegate/model/warning'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import { isOverdue } from './list-warnings.ts'

export interface OverdueWatch extends AsyncDisposable {
  start(): void
  /** Counts now. */
  look(): Promise<void>
}

const lookEveryMs = 30_000
/** Open warnings that are counted; far above what an authority has open at once. */
const openMax = 10_000
const pageSize = 1_000

export function createOverdueWatch(options: {
  readonly cases: CaseStore
  readonly metrics: Metrics
  readonly logger: Logger
  readonly nowMs: () => number
}): OverdueWatch {
  const { cases, metrics, nowMs } = options
  const open = metrics.gauge({
    name: 'tracegate_api_warnings_open',
    help: 'Warnings not yet lifted, discarded or routed',
    labels: ['level']
  })
  const late = metrics.gauge({
    name: 'tracegate_api_warnings_overdue',
    help: 'Open warnings whose next step is past its deadline',
    labels: ['level']
  })
  let timer: ReturnType<typeof setInterval> | undefined
  let looking: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    const counts = new Map<WarningLevel, { open: number; late: number }>(warningLevels.map((level) => [level, { open: 0, late: 0 }]))
    let cursor: string | undefined
    for (let looked = 0; looked < openMax; looked += pageSize) {
      const page = await cases.heads({ kind: 'warning', open: true, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })
      for (const head of page.heads) {
        const read = warningCases.check(head.state)
        const count = read.ok && !read.value.drill ? counts.get(read.value.level) : undefined
        if (count === undefined || !read.ok) continue
        count.open += 1
        if (isOverdue(read.value, nowMs())) count.late += 1
      }
      cursor = page.next
      if (cursor === undefined) break
    }
    for (const [level, count] of counts) {
      open.set(count.open, { level })
      late.set(count.late, { level })
    }
  }
  const lookQuietly = () => {
    looking = looking.then(look).catch((error: unknown) => options.logger.error({ error }, 'overdue warnings could not be counted'))
  }
  return {
    look,
    start() {
      lookQuietly()
      timer = setInterval(lookQuietly, lookEveryMs)
      timer.unref()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await looking
    }
  }
}
