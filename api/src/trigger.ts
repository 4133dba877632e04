/**
 * The trigger engine: an anomaly that may harm goods becomes a warning draft with level and recall scope, and the draft follows the
 * anomaly while it is open. Once per anomaly, whatever restarts or comes twice. It proposes; it never publishes.
 */
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { draftContent, type DraftSources } from './draft.ts'
import type { ApiEvents } from './events.ts'
import { createWarningWriter, type WrittenWarning } from './warning-writer.ts'

/** Anomalies waiting; past it a new one is dropped and counted, and taken up at its next change or the next start. */
export const waitingMax = 10_000
const runningMax = 4
/** A draft that exists is looked at again at most so often, except at the end of its anomaly. */
export const updateEveryMs = 1_000
/** Anomalies looked through at the start for ones that nobody has drafted. */
const takenUpMax = 1_000
const followedMax = 10_000

export interface TriggerEngine extends AsyncDisposable {
  /** Takes up what was left when the process ended: open anomalies, and drafts whose anomaly went on without it. */
  takeUp(): Promise<void>
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>
}

export interface TriggerOptions extends DraftSources {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly events: ApiEvents
}

interface Task {
  readonly anomaly: Anomaly
  readonly receivedAtMs: number
}

/** An open anomaly with a place or goods, whose scope may still change. */
interface Followed {
  task: Task
  /** The place and the goods whose events may change it. */
  keys: readonly string[]
  dirty: boolean
  lookedAtMs: number
}

const anomalies = compileValidator(Anomaly)

export function createTriggerEngine(options: TriggerOptions): TriggerEngine {
  const waiting = new Map<string, Task>()
  const running = new Set<string>()
  const followed = new Map<string, Followed>()
  const followersByKey = new Map<string, Set<Followed>>()
  const writer = createWarningWriter({ cases: options.cases, bus: options.bus, nowMs: options.nowMs })
  let closed = false
  let idleWaiters: (() => void)[] = []

  function enqueue(task: Task): void {
    const { anomaly } = task
    if (closed || anomaly.category === 'device') return
    if (!waiting.has(anomaly.id) && waiting.size >= waitingMax) {
      options.events.triggerDropped({ anomaly: anomaly.id, waiting: waiting.size })
      return
    }
    const known = followed.get(anomaly.id)
    if (known !== undefined && anomaly.status === 'open' && options.nowMs() - known.lookedAtMs < updateEveryMs) {
      known.task = task
      known.dirty = true
      return
    }
    // The first receipt counts for the time to the draft; the newest state of the anomaly for its content.
    const receivedAtMs = waiting.get(anomaly.id)?.receivedAtMs ?? task.receivedAtMs
    waiting.set(anomaly.id, { anomaly, receivedAtMs })
    pump()
  }

  function pump(): void {
    for (const [id, task] of waiting) {
      if (running.size >= runningMax) return
      if (running.has(id)) continue
      waiting.delete(id)
      running.add(id)
      void judge(task).finally(() => {
        running.delete(id)
        pump()
        if (running.size === 0 && waiting.size === 0) {
          for (const resolve of idleWaiters) resolve()
          idleWaiters = []
        }
      })
    }
  }

  async function judge(task: Task): Promise<void> {
    const { anomaly } = task
    try {
      const content = await draftContent(options, anomaly)
      follow(task, content?.scope.exposed.map((stay) => stay.key) ?? [])
      const written: WrittenWarning =
        content === undefined ? { outcome: 'noGoods' } : await writer.write({ anomaly, content, receivedAtMs: task.receivedAtMs })
      if (written.outcome === 'drafted') options.events.triggerTook(options.nowMs() - task.receivedAtMs)
      options.events.triggered({ anomaly: anomaly.id, ...written })
    } catch (error) {
      options.events.triggerFailed({ anomaly: anomaly.id, error })
      follow(task, [])
    }
  }

  function follow(task: Task, goods: readonly string[]): void {
    const { anomaly } = task
    unfollow(anomaly.id)
    if (anomaly.status === 'closed') return
    const keys = [...new Set(anomaly.place === undefined ? goods : [anomaly.place, ...goods])]
    const one: Followed = { task, keys, dirty: false, lookedAtMs: options.nowMs() }
    followed.set(anomaly.id, one)
    for (const key of keys) followersByKey.set(key, (followersByKey.get(key) ?? new Set()).add(one))
    const oldest = followed.size > followedMax ? followed.keys().next().value : undefined
    if (oldest !== undefined) unfollow(oldest)
  }

  function unfollow(id: string): void {
    const one = followed.get(id)
    if (one === undefined) return
    followed.delete(id)
    for (const key of one.keys) {
      const followers = followersByKey.get(key)
      followers?.delete(one)
      if (followers?.size === 0) followersByKey.delete(key)
    }
  }

  function touch(key: string): void {
    for (const one of followersByKey.get(key) ?? []) one.dirty = true
  }

  function onEvents(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.bizLocation !== undefined) touch(event.bizLocation)
      if (event.readPoint !== undefined) touch(event.readPoint)
      for (const subject of event.subjects) touch(subject.key)
    }
  }

  const subscriptions = [options.bus.subscribe('anomaly', enqueue), options.bus.subscribe('events', (message) => onEvents(message.events))]
  const timer = setInterval(() => {
    for (const one of followed.values()) {
      if (!one.dirty || options.nowMs() - one.lookedAtMs < updateEveryMs) continue
      one.dirty = false
      enqueue(one.task)
    }
  }, updateEveryMs / 2)
  timer.unref()

  function idle(): Promise<void> {
    if (running.size === 0 && waiting.size === 0) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    idleWaiters.push(resolve)
    return promise
  }

  return {
    async takeUp() {
      const recent = await options.cases.heads({ kind: 'anomaly', limit: takenUpMax })
      const open = await options.cases.heads({ kind: 'anomaly', open: true, limit: takenUpMax })
      for (const head of new Map([...recent.heads, ...open.heads].map((head) => [head.id, head])).values()) {
        const read = anomalies.check(head.state)
        if (read.ok) enqueue({ anomaly: read.value, receivedAtMs: read.value.detectedAtMs })
      }
    },
    idle,
    async [Symbol.asyncDispose]() {
      closed = true
      for (const end of subscriptions) end()
      clearInterval(timer)
      waiting.clear()
      // What runs ends by itself: every store call in it has its own limit.
      await idle()
    }
  }
}
