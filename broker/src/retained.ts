/** Retained messages, the last of each topic, bounded, found by filter without looking at all of them. In memory only. */
import type { BrokerLimits } from './limits.ts'
import type { Message } from './sessions/message.ts'

export interface RetainedMessages {
  readonly count: number
  readonly bytes: number
  get(topic: string): Message | undefined
  /** Keeps it, or lets the topic go when it is empty (MQTT 3.1.1 §3.3.1.3). full: the bound is reached, nothing changed. */
  put(message: Message): 'kept' | 'unchanged' | 'full'
  /** Lazily: each is the one of the moment it is asked for. */
  match(filter: string): Generator<Message>
}

interface Level {
  readonly next: Map<string, Level>
  message: Message | undefined
}

export function createRetainedMessages(limits: Pick<BrokerLimits, 'retainedMax' | 'retainedBytesMax'>): RetainedMessages {
  const root: Level = { next: new Map(), message: undefined }
  const byTopic = new Map<string, Message>()
  let bytes = 0
  return {
    get count() {
      return byTopic.size
    },
    get bytes() {
      return bytes
    },
    get: (topic) => byTopic.get(topic),
    put(message) {
      const before = byTopic.get(message.topic)
      const parts = message.topic.split('/')
      if (message.payload.length === 0) {
        if (before === undefined) return 'unchanged'
        byTopic.delete(message.topic)
        bytes -= before.payload.length
        remove(root, parts, 0)
        return 'kept'
      }
      const bytesAfter = bytes - (before?.payload.length ?? 0) + message.payload.length
      if ((before === undefined && byTopic.size >= limits.retainedMax) || bytesAfter > limits.retainedBytesMax) return 'full'
      byTopic.set(message.topic, message)
      bytes = bytesAfter
      let level = root
      for (const part of parts) {
        const next = level.next.get(part) ?? { next: new Map(), message: undefined }
        level.next.set(part, next)
        level = next
      }
      level.message = message
      return 'kept'
    },
    match: (filter) => walk(root, filter.split('/'), 0)
  }
}

function* walk(level: Level, parts: readonly string[], depth: number): Generator<Message> {
  const part = parts[depth]
  if (part === undefined) {
    if (level.message !== undefined) yield level.message
    return
  }
  if (part === '#') yield* everything(level, depth === 0)
  else if (part === '+') {
    for (const [name, next] of level.next) if (depth > 0 || !name.startsWith('$')) yield* walk(next, parts, depth + 1)
  } else {
    const next = level.next.get(part)
    if (next !== undefined) yield* walk(next, parts, depth + 1)
  }
}

/** Wildcards at the beginning do not match `$` topics (§4.7.2). */
function* everything(level: Level, isRoot: boolean): Generator<Message> {
  if (level.message !== undefined) yield level.message
  for (const [name, next] of level.next) if (!isRoot || !name.startsWith('$')) yield* everything(next, false)
}

/** True when the level is empty afterwards and may go. */
function remove(level: Level, parts: readonly string[], depth: number): boolean {
  const part = parts[depth]
  if (part === undefined) level.message = undefined
  else {
    const next = level.next.get(part)
    if (next !== undefined && remove(next, parts, depth + 1)) level.next.delete(part)
  }
  return level.message === undefined && level.next.size === 0
}
