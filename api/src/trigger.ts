/**
 * The trigger engine: an anomaly that may harm goods becomes a warning draft with level and recall scope, and the draft follows the
 * anomaly while it is open. Once per anomaly, whatever restarts or comes twice. It proposes; it never publishes.
 */
import { Anomaly, type AnomalyType } from '@tracegate/model/anomaly'
import { isShelved } from '@tracegate/model/anomaly-handling'
import { compileValidator } from '@tracegate/model/codec'
import type { Bus } from '@tracegate/service/bus'
import type { CaseHead, CaseStore } from '@tracegate/store/case-store'
import { claimIdOf, readClaim } from './claims.ts'
import { draftContent, type DraftSources } from './draft.ts'
import type { ApiEvents } from './events.ts'
import { createFollowers, lookEveryMs, type Task } from './followers.ts'
import type { PolicyBook } from './policy/policy-book.ts'
import { createTaskQueue } from './task-queue.ts'
import { createWarningWriter, type WarningWriter, type WrittenWarning } from './warning-writer.ts'

/** Anomalies waiting; past it a new one is dropped and counted, and taken up at its next change or the next start. */
export const waitingMax = 10_000
const runningMax = 4
/** Anomalies looked through at the start for ones that nobody has drafted. */
const takenUpMax = 1_000

export interface TriggerEngine extends AsyncDisposable {
  /** Takes up what was left when the process ended: open anomalies, and closed ones whose draft is missing or older than they are. */
  takeUp(): Promise<void>
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>
  waiting(): number
}

export interface TriggerOptions extends DraftSources {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly events: ApiEvents
}

const anomalies = compileValidator(Anomaly)

export function createTriggerEngine(options: TriggerOptions): TriggerEngine {
  const { cases, bus, events, nowMs } = options
  const writer = createWarningWriter({ cases, bus, nowMs })
  const drafting = createDraftingTypes(options.policy)
  const followers = createFollowers()
  const queue = createTaskQueue<Task>({
    runningMax,
    waitingMax,
    async run(task) {
      if (!(await drafting.read()).has(task.anomaly.type)) return
      const { written, goods } = await judge(options, writer, task)
      followers.follow(task, { goods, updated: written?.outcome === 'updated', nowMs: nowMs() })
    }
  })

  function take(task: Task): void {
    const { anomaly } = task
    if (drafting.refuses(anomaly.type) || followers.postpone(task, nowMs())) return
    // The first receipt counts for the time to the draft; the newest state of the anomaly for its content.
    const taken = queue.add(anomaly.id, task, (waiting, next) => ({ ...next, receivedAtMs: waiting.receivedAtMs }))
    if (!taken) events.triggerDropped({ anomaly: anomaly.id, waiting: queue.waiting() })
  }

  const subscriptions = [
    bus.subscribe('anomaly', take),
    bus.subscribe('events', (message) => {
      for (const task of followers.onEvents(message.events, { receivedAtMs: message.receivedAtMs, nowMs: nowMs() })) take(task)
    })
  ]
  const timer = setInterval(() => {
    for (const task of followers.due(nowMs())) take(task)
    void drafting.read().catch(() => undefined)
  }, lookEveryMs / 2)
  timer.unref()

  return {
    async takeUp() {
      const types = await drafting.read()
      for (const task of await leftTasks(cases, types)) take(task)
    },
    idle: () => queue.idle(),
    waiting: () => queue.waiting(),
    async [Symbol.asyncDispose]() {
      for (const end of subscriptions) end()
      clearInterval(timer)
      queue.clear()
      // What runs ends by itself: every store call in it has its own limit.
      await queue.idle()
    }
  }
}

/** Which types of anomalies draft, by the policy; what is known already keeps the others out of the queue. */
function createDraftingTypes(policy: PolicyBook) {
  let known: { readonly version: number; readonly types: ReadonlySet<AnomalyType> } | undefined
  return {
    async read(): Promise<ReadonlySet<AnomalyType>> {
      const current = await policy.current()
      if (known?.version !== current.version)
        known = { version: current.version, types: new Set(current.policy.publication.drafting.anomalyTypes) }
      return known.types
    },
    refuses: (type: AnomalyType) => known !== undefined && !known.types.has(type)
  }
}

/** Never rejects: an anomaly that cannot be assessed is reported and tried again at its next change. */
async function judge(options: TriggerOptions, writer: WarningWriter, task: Task): Promise<{ written?: WrittenWarning; goods: string[] }> {
  const { anomaly, receivedAtMs } = task
  try {
    // Told again when its time on the shelf is over.
    if (isShelved(anomaly, options.nowMs()) && !(await options.policy.current()).policy.handling.shelvedDrafts) {
      options.events.triggered({ anomaly: anomaly.id, outcome: 'ignored' })
      return { goods: [] }
    }
    const content = await draftContent(options, anomaly)
    const written: WrittenWarning = content === undefined ? { outcome: 'noGoods' } : await writer.write({ anomaly, content, receivedAtMs })
    if (written.outcome === 'drafted') options.events.triggerTook(options.nowMs() - receivedAtMs)
    options.events.triggered({ anomaly: anomaly.id, ...written })
    return { written, goods: content?.scope.exposed.map((stay) => stay.key) ?? [] }
  } catch (error) {
    options.events.triggerFailed({ anomaly: anomaly.id, error })
    return { goods: [] }
  }
}

async function leftTasks(cases: CaseStore, types: ReadonlySet<AnomalyType>): Promise<Task[]> {
  const recent = await cases.heads({ kind: 'anomaly', limit: takenUpMax })
  const open = await cases.heads({ kind: 'anomaly', open: true, limit: takenUpMax })
  const heads = new Map([...recent.heads, ...open.heads].map((head) => [head.id, head]))
  const tasks: Task[] = []
  for (const head of heads.values()) {
    const read = anomalies.check(head.state)
    if (!read.ok || !types.has(read.value.type)) continue
    if (read.value.status === 'open' || (await isBehind(cases, head)))
      tasks.push({ anomaly: read.value, receivedAtMs: read.value.detectedAtMs })
  }
  return tasks
}

/** Whether the draft of a closed anomaly is missing, or was last written before the anomaly was. */
async function isBehind(cases: CaseStore, anomaly: CaseHead): Promise<boolean> {
  const claim = await cases.head('audit', claimIdOf(anomaly.id))
  if (claim === undefined) return true
  const warning = await cases.head('warning', readClaim(claim))
  return warning === undefined || warning.updatedAtMs < anomaly.updatedAtMs
}
