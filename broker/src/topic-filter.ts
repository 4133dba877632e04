/** MQTT topic filters (MQTT 3.1.1 §4.7): an index of many filters, asked with a topic. */
import type { Qos } from './packets.ts'

/** One subscriber with the highest QoS of its filters that match (§3.3.5). */
export interface Match<Subscriber> {
  readonly subscriber: Subscriber
  qos: Qos
}

export interface FilterIndex<Subscriber> {
  /** Rises with every change. */
  readonly version: number
  set(filter: string, subscriber: Subscriber, qos: Qos): void
  remove(filter: string, subscriber: Subscriber): void
  match(topic: string): readonly Match<Subscriber>[]
}

interface Level<Subscriber> {
  /** Made when needed: most levels have one of the two. */
  next: Map<string, Level<Subscriber>> | undefined
  subscribers: Map<Subscriber, Qos> | undefined
}

const nobody: readonly never[] = []

export function createFilterIndex<Subscriber>(): FilterIndex<Subscriber> {
  const root: Level<Subscriber> = { next: undefined, subscribers: undefined }
  let version = 0

  function collect(level: Level<Subscriber>, names: readonly string[], depth: number, found: Match<Subscriber>[]): void {
    const name = names[depth]
    const { next } = level
    // `a/#` matches `a` too (§4.7.1.2).
    const many = next?.get('#')
    if (many !== undefined) take(many, found)
    if (name === undefined) return take(level, found)
    const one = next?.get('+')
    if (one !== undefined) collect(one, names, depth + 1, found)
    const exact = next?.get(name)
    if (exact !== undefined) collect(exact, names, depth + 1, found)
  }

  return {
    get version() {
      return version
    },
    set(filter, subscriber, qos) {
      let level = root
      for (const part of filter.split('/')) {
        level.next ??= new Map()
        const next = level.next.get(part) ?? { next: undefined, subscribers: undefined }
        level.next.set(part, next)
        level = next
      }
      level.subscribers ??= new Map()
      level.subscribers.set(subscriber, qos)
      version += 1
    },
    remove(filter, subscriber) {
      removeFrom(root, filter.split('/'), 0, subscriber)
      version += 1
    },
    match(topic) {
      const found: Match<Subscriber>[] = []
      const names = topic.split('/')
      if (!topic.startsWith('$')) collect(root, names, 0, found)
      else {
        // Wildcards at the beginning do not match `$` topics (§4.7.2).
        const exact = root.next?.get(names[0] ?? '')
        if (exact !== undefined) collect(exact, names, 1, found)
      }
      return found.length === 0 ? nobody : found
    }
  }
}

function take<Subscriber>({ subscribers }: Level<Subscriber>, found: Match<Subscriber>[]): void {
  if (subscribers === undefined) return
  // Nobody is twice in one level, and most topics have subscribers in one level only.
  const before = found.length === 0 ? undefined : new Map(found.map((match) => [match.subscriber, match]))
  for (const [subscriber, qos] of subscribers) {
    const match = before?.get(subscriber)
    if (match === undefined) found.push({ subscriber, qos })
    else if (match.qos < qos) match.qos = qos
  }
}

/** True when the level is empty afterwards and may go. */
function removeFrom<Subscriber>(level: Level<Subscriber>, parts: readonly string[], depth: number, subscriber: Subscriber): boolean {
  const part = parts[depth]
  if (part === undefined) {
    level.subscribers?.delete(subscriber)
    if (level.subscribers?.size === 0) level.subscribers = undefined
  } else {
    const next = level.next?.get(part)
    if (next !== undefined && removeFrom(next, parts, depth + 1, subscriber)) level.next?.delete(part)
    if (level.next?.size === 0) level.next = undefined
  }
  return level.subscribers === undefined && level.next === undefined
}
