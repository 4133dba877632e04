/**
 * All sessions and retained messages of the broker: who has one, who it belongs to, and what is queued for it. Kept on disk with
 * a data folder, in memory without; bounded either way. It sends nothing itself.
 */
import type { BrokerLimits } from '../limits.ts'
import type { Qos } from '../packets.ts'
import { createRetainedMessages } from '../retained.ts'
import { createFilterIndex, type Match } from '../topic-filter.ts'
import { createBody, createEntry, type Body, type Message } from './message.ts'
import { createSession, type Session, type SessionKeeper, type SessionParts } from './session.ts'
import { openSessionFile, type SessionFile, type SessionRecord } from './session-file.ts'
import { createFileKeeper, type FileKeeper } from './session-keeper.ts'

/** Why a message is not queued or retained. */
export type SessionLoss = 'queueFull' | 'sessionsFull' | 'retainedFull'

export type SubscriptionBound = 'subscriptionsPerClient' | 'subscriptions' | 'filterBytes'

export interface SessionTableOptions {
  readonly limits: BrokerLimits
  readonly dataDir?: string
  readonly nowMs: () => number
  readonly onLoss: (loss: SessionLoss) => void
  readonly onExpired: (session: { readonly clientId: string; readonly messages: number }) => void
  readonly onFullWindow: () => void
  readonly onCommit: () => void
  readonly onFailure: (error: unknown) => void
}

export type SessionTable = ReturnType<typeof createSessionTable>

export function createSessionTable(options: SessionTableOptions) {
  const { limits, nowMs, onLoss } = options
  const kept = new Map<string, Session>()
  const online = new Set<string>()
  const index = createFilterIndex<Session>()
  const retained = createRetainedMessages(limits)
  let filterCount = 0
  let filterBytes = 0
  let bytes = 0
  let nextKey = 1
  /** The last message that was queued, as it is kept on disk and as it is not. */
  const last: { message: Message | undefined; kept: Body | undefined; unkept: Body | undefined } = {
    message: undefined,
    kept: undefined,
    unkept: undefined
  }
  let keeper: FileKeeper | undefined
  const sessionKeeper: SessionKeeper = {
    entryChanged: (entry) => keeper?.entryChanged(entry),
    durable: () => keeper?.durable() ?? Promise.resolve()
  }

  const shared: SessionParts = {
    limits,
    keeper: options.dataDir === undefined ? undefined : sessionKeeper,
    onBytes: (delta) => void (bytes += delta),
    onFullWindow: options.onFullWindow
  }

  function create(id: string, owner: string, persistent: boolean): Session {
    return createSession({ id, owner, persistent, shared })
  }

  function load(from: ReturnType<SessionFile['load']>): void {
    for (const record of from.sessions) {
      const session = create(record.id, record.owner, true)
      session.lastSeenMs = record.lastSeenMs
      for (const packetId of record.received) session.received.add(packetId)
      kept.set(record.id, session)
      for (const [filter, qos] of record.filters) addFilter(session, filter, qos)
    }
    const wasOnline = new Set(from.sessions.filter((record) => record.online).map(({ id }) => id))
    for (const entry of from.entries) {
      // Sent or not: the process ended before it could be noted (§3.3.1.1).
      if (wasOnline.has(entry.session)) entry.dup = true
      nextKey = Math.max(nextKey, entry.ordinal + 1, entry.body.key + 1)
      kept.get(entry.session)?.restore(entry)
    }
    for (const message of from.retained) retained.put(message)
  }

  function addFilter(session: Session, filter: string, qos: Qos): void {
    if (!session.filters.has(filter)) {
      filterCount += 1
      filterBytes += filter.length
    }
    session.filters.set(filter, qos)
    index.set(filter, session, qos)
  }

  function dropFilter(session: Session, filter: string): void {
    if (!session.filters.delete(filter)) return
    filterCount -= 1
    filterBytes -= filter.length
    index.remove(filter, session)
  }

  function changed(session: Session): void {
    if (session.persistent) keeper?.sessionChanged(session.id)
  }

  /** The same body for every session that queues the message. */
  function bodyOf(message: Message, persistent: boolean): Body {
    if (last.message !== message) Object.assign(last, { message, kept: undefined, unkept: undefined })
    const known = persistent ? last.kept : last.unkept
    if (known !== undefined) return known
    // What was read is a view of a larger buffer, which it would keep alive.
    const body = createBody(persistent ? nextKey++ : 0, message.topic, Buffer.from(message.payload))
    if (persistent) last.kept = body
    else last.unkept = body
    return body
  }

  function end(session: Session): void {
    for (const filter of session.filters.keys()) dropFilter(session, filter)
    session.clear()
    if (kept.get(session.id) !== session) return
    kept.delete(session.id)
    online.delete(session.id)
    changed(session)
  }

  if (options.dataDir !== undefined) {
    const file = openSessionFile(options.dataDir)
    try {
      load(file.load())
    } catch (error) {
      file.close()
      throw error
    }
    const session = (id: string): SessionRecord | undefined => {
      const found = kept.get(id)
      return found === undefined ? undefined : { ...recordOf(found), online: online.has(id) }
    }
    keeper = createFileKeeper({ ...options, file, session, retained: (topic) => retained.get(topic) })
  }

  return {
    find: (id: string) => kept.get(id),
    hasRoomFor: (id: string) => kept.has(id) || kept.size < limits.sessionsMax,
    ownerOf: (id: string) => kept.get(id)?.owner,
    counts: () => ({ sessions: kept.size, filters: filterCount, bytes, retained: retained.count, retainedBytes: retained.bytes }),
    /** Rises with every change of subscriptions, so that what `match` gave may be kept until then. */
    version: () => index.version,
    match: (topic: string): readonly Match<Session>[] => index.match(topic),
    /** The session of a client that connects; a clean one begins anew and ends the one that was kept (§3.1.2.4). */
    open(fields: { readonly id: string; readonly owner: string; readonly persistent: boolean }): Session {
      const before = kept.get(fields.id)
      if (before !== undefined && fields.persistent) return before
      if (before !== undefined) end(before)
      const session = create(fields.id, fields.owner, fields.persistent)
      if (!fields.persistent) return session
      kept.set(fields.id, session)
      session.lastSeenMs = nowMs()
      changed(session)
      return session
    },
    end,
    seen(session: Session, isOnline: boolean) {
      session.lastSeenMs = nowMs()
      if (!session.persistent || kept.get(session.id) !== session) return
      if (isOnline) online.add(session.id)
      else online.delete(session.id)
      changed(session)
    },
    /** Gives the bound that is reached, if one is. */
    subscribe(session: Session, filter: string, qos: Qos): SubscriptionBound | undefined {
      if (!session.filters.has(filter)) {
        if (session.filters.size >= limits.subscriptionsPerClientMax) return 'subscriptionsPerClient'
        if (filterCount >= limits.subscriptionsMax) return 'subscriptions'
        if (filterBytes + filter.length > limits.filterBytesMax) return 'filterBytes'
      }
      if (session.filters.get(filter) === qos) return undefined
      addFilter(session, filter, qos)
      changed(session)
      return undefined
    },
    unsubscribe(session: Session, filter: string) {
      dropFilter(session, filter)
      changed(session)
    },
    /** Queues a message for a session, which sends it when it can. False when its bound or that of all is reached. */
    enqueue(session: Session, message: Message, qos: 1 | 2): boolean {
      const size = message.payload.length + message.topic.length
      if (!session.hasRoomFor(size) || bytes + size > limits.sessionsBytesMax) {
        onLoss(session.hasRoomFor(size) ? 'sessionsFull' : 'queueFull')
        return false
      }
      session.add(createEntry({ session: session.id, ordinal: nextKey++, body: bodyOf(message, session.persistent), qos, retain: false }))
      return true
    },
    retain(message: Message) {
      const put = retained.put({ ...message, payload: Buffer.from(message.payload), retain: true })
      if (put === 'full') onLoss('retainedFull')
      else if (put === 'kept') keeper?.retainedChanged(message.topic)
    },
    retainedFor: (filter: string) => retained.match(filter),
    /** A QoS 2 message from the client: false when it came before and awaits its PUBREL. */
    receive(session: Session, packetId: number): boolean {
      if (session.received.has(packetId)) return false
      session.received.add(packetId)
      changed(session)
      return true
    },
    releaseReceived(session: Session, packetId: number) {
      if (session.received.delete(packetId)) changed(session)
    },
    /** undefined: nothing waits to be written. */
    durable: (): Promise<void> | undefined => (keeper?.isDirty() === true ? keeper.durable() : undefined),
    /** Why nothing can be kept now; undefined when it can. */
    trouble: () => keeper?.trouble(),
    expire() {
      const before = nowMs() - limits.sessionExpiryMs
      for (const session of kept.values()) {
        if (session.outlet !== undefined || online.has(session.id) || session.lastSeenMs >= before) continue
        options.onExpired({ clientId: session.id, messages: session.messages })
        end(session)
      }
    },
    close() {
      keeper?.close()
    }
  }
}

function recordOf({ id, owner, filters, received, lastSeenMs }: Session): Omit<SessionRecord, 'online'> {
  return { id, owner, filters, received, lastSeenMs }
}
