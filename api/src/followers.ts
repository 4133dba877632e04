/** Which open anomalies are followed, and which events of places and goods may change their scope. It judges nothing. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { TraceEvent } from '@tracegate/model/trace-event'

export interface Task {
  readonly anomaly: Anomaly
  /** When the reading or event behind it reached the collector. */
  readonly receivedAtMs: number
}

/** Past this the one followed longest is let go; it is still taken up when its anomaly changes. */
const followedMax = 10_000
/** An open anomaly is looked at again after a second, later after longer, as each update keeps the whole scope in the journal. */
export const lookEveryMs = 1_000
const lookEveryMaxMs = 60_000

interface Followed {
  task: Task
  readonly keys: readonly string[]
  readonly lookedAtMs: number
  readonly updates: number
  dirty: boolean
}

export interface Followers {
  /** Follows an open anomaly by its place and goods; lets a closed one go. */
  follow(task: Task, options: { readonly goods: readonly string[]; readonly updated: boolean; readonly nowMs: number }): void
  /** Keeps the newest state for later and gives true when the anomaly was looked at a moment ago. */
  postpone(task: Task, nowMs: number): boolean
  /** Gives what the events concern and is due; the rest of it is marked for later. */
  onEvents(events: readonly TraceEvent[], at: { readonly receivedAtMs: number; readonly nowMs: number }): Task[]
  /** What is marked and due, once. */
  due(nowMs: number): Task[]
}

export function createFollowers(): Followers {
  const followed = new Map<string, Followed>()
  const byKey = new Map<string, Set<Followed>>()

  function letGo(id: string): Followed | undefined {
    const one = followed.get(id)
    if (one === undefined) return undefined
    followed.delete(id)
    for (const key of one.keys) {
      const followers = byKey.get(key)
      followers?.delete(one)
      if (followers?.size === 0) byKey.delete(key)
    }
    return one
  }

  return {
    follow(task, { goods, updated, nowMs }) {
      const { anomaly } = task
      const before = letGo(anomaly.id)
      if (anomaly.status === 'closed') return
      const keys = [...new Set(anomaly.place === undefined ? goods : [anomaly.place, ...goods])]
      const one = { task, keys, lookedAtMs: nowMs, updates: (before?.updates ?? 0) + (updated ? 1 : 0), dirty: false }
      followed.set(anomaly.id, one)
      for (const key of keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(one))
      const oldest = followed.size > followedMax ? followed.keys().next().value : undefined
      if (oldest !== undefined) letGo(oldest)
    },
    postpone(task, nowMs) {
      const one = followed.get(task.anomaly.id)
      if (one === undefined || task.anomaly.status === 'closed' || isDue(one, nowMs)) return false
      one.task = task
      one.dirty = true
      return true
    },
    onEvents(events, { receivedAtMs, nowMs }) {
      const touched = new Set<Followed>()
      for (const event of events) for (const key of keysOf(event)) for (const one of byKey.get(key) ?? []) touched.add(one)
      const due: Task[] = []
      for (const one of touched) {
        // A draft that these events bring about is measured from them, not from the anomaly.
        if (!one.dirty) one.task = { anomaly: one.task.anomaly, receivedAtMs }
        one.dirty = !isDue(one, nowMs)
        if (!one.dirty) due.push(one.task)
      }
      return due
    },
    due(nowMs) {
      const due = [...followed.values()].filter((one) => one.dirty && isDue(one, nowMs))
      for (const one of due) one.dirty = false
      return due.map((one) => one.task)
    }
  }
}

function keysOf(event: TraceEvent): string[] {
  const places = [event.bizLocation, event.readPoint].filter((place) => place !== undefined)
  return [...places, ...event.subjects.map((subject) => subject.key)]
}

function isDue(one: Followed, nowMs: number): boolean {
  return nowMs - one.lookedAtMs >= Math.min(lookEveryMaxMs, lookEveryMs * (1 + one.updates))
}
