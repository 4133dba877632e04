/**
 * Hands what a host application finds to the sink as messages of our own contract, so that all behind it works as for any other device.
 * Sparkplug sends nothing again: while the sink stalls a bounded queue fills, and past it readings are dropped, told in the stream of their
 * device, and asked for by a rebirth once there is room. It opens no connection.
 */
import type { DeviceChange, HostReading, HostRefusal, NodeName } from '@tracegate/model/sparkplug/host/host-types'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import { createBackOff } from '../input/back-off.ts'
import { createCommitQueue, type CommitQueue } from './commit-queue.ts'
import { born, createDeviceBooks, type DeviceBook, ended, withLiveValues } from './device-books.ts'
import type { KnownDevice } from './known-nodes.ts'
import type { SparkplugEvents } from './sparkplug-events.ts'
import { birthMessage, deathMessage, droppedReading, telemetryMessages, type WireMessage } from './wire-messages.ts'

export interface DeviceFeedOptions {
  readonly sink: IngestSink
  /** Of this start; all devices have it. */
  readonly boot: string
  /** In logs and dead letters. */
  readonly clientId: string
  readonly pointOf: (node: NodeName) => string
  readonly events: SparkplugEvents
  readonly nowMs: () => number
  readonly waitingMessagesMax: number
  readonly waitingBytesMax: number
  readonly askRebirth: (node: NodeName, reason: string) => void
  /** Which devices there are, or what they declare, has changed. */
  readonly onKnownChanged: () => void
}

export interface DeviceFeed {
  readonly queue: Pick<CommitQueue, 'messages' | 'bytes' | 'drain' | 'stop'>
  device(change: DeviceChange): void
  readings(readings: readonly HostReading[], about: { readonly node: NodeName; readonly isBirth: boolean }): void
  /** Messages that never came, in the stream of the edge node itself. */
  gap(device: string, node: NodeName, missing: number): void
  refuse(refusal: HostRefusal): void
  know(devices: readonly KnownDevice[]): void
  known(): Iterable<KnownDevice>
  /** Those of the last run that were not born in this one are stale. */
  giveUpUnborn(): void
}

const inFlightMax = 500
const againMs = { firstMs: 200, maxMs: 5_000 } as const

/** What a device is owed as there was no room for it. */
interface Debt {
  dropped: number
  death: { readonly timeMs: number; readonly reason: string } | undefined
}

export function createDeviceFeed(options: DeviceFeedOptions): DeviceFeed {
  const { sink, boot, events, nowMs } = options
  const books = createDeviceBooks(options.pointOf)
  const debts = new Map<DeviceBook, Debt>()

  const queue = createCommitQueue({
    messagesMax: options.waitingMessagesMax,
    bytesMax: options.waitingBytesMax,
    inFlightMax,
    backOff: createBackOff(againMs),
    onRoom: () => settleDebts(),
    onRetry: (error) => events.retried(error)
  })
  const put = ({ topic, payload }: WireMessage) => {
    const message: IncomingMessage = { topic, payload, retain: false, receivedAtMs: nowMs(), clientId: options.clientId }
    queue.push({ bytes: payload.length, run: () => sink.commit(message) })
  }
  const tell = (book: DeviceBook, readings: readonly HostReading[]) => {
    const messages = telemetryMessages(book, readings, { boot, seq: book.seq, receivedAtMs: nowMs() })
    book.seq += messages.length
    for (const message of messages) put(message)
  }
  const debtOf = (book: DeviceBook): Debt => {
    const found = debts.get(book)
    if (found !== undefined) return found
    if (debts.size === 0) events.full()
    const made: Debt = { dropped: 0, death: undefined }
    debts.set(book, made)
    return made
  }
  const drop = (book: DeviceBook, readings: number) => {
    debtOf(book).dropped += readings
    events.dropped(readings)
  }
  const end = (book: DeviceBook, { timeMs, reason }: { readonly timeMs: number; readonly reason: string }) => {
    const marks = ended(book, timeMs, nowMs())
    put(deathMessage(book, { boot, timeMs, reason }))
    tell(book, marks)
    events.died(book.id, reason)
  }

  function settleDebts(): void {
    const settled: DeviceBook[] = []
    const nodes = new Map<string, NodeName>()
    for (const [book, { dropped, death }] of debts) {
      if (!queue.hasRoom) break
      debts.delete(book)
      settled.push(book)
      if (dropped > 0) tell(book, [droppedReading(book.id, { count: dropped, timeMs: nowMs() })])
      const { online } = book
      if (death !== undefined) end(book, death)
      book.online = online
      if (online) nodes.set(`${book.node.group}/${book.node.node}`, book.node)
    }
    events.roomAgain(settled.length)
    // What was dropped is gone, what holds now is not.
    for (const node of nodes.values()) options.askRebirth(node, 'readings were dropped')
  }

  return {
    queue,
    device(change) {
      const book = books.of(change.id, change.node)
      const { declared } = change
      if (declared === undefined) {
        if (queue.hasRoom) return end(book, change)
        debtOf(book).death = change
        book.online = false
        return undefined
      }
      // Its birth is asked for when there is room, and taken down then.
      if (!queue.hasRoom) {
        book.online = true
        book.isBorn = true
        return drop(book, 0)
      }
      const { marks, isNew } = born(book, change, nowMs())
      if (isNew) options.onKnownChanged()
      put(birthMessage(book, { boot, timeMs: change.timeMs, declared }))
      return tell(book, marks)
    },
    readings(readings, { node, isBirth }) {
      const [first] = readings
      if (first === undefined) return
      const book = books.of(first.device, node)
      if (queue.hasRoom) tell(book, withLiveValues(book, readings, { isBirth, nowMs: nowMs() }))
      else drop(book, readings.length)
    },
    gap(device, node, missing) {
      const book = books.of(device, node)
      if (queue.hasRoom) tell(book, [droppedReading(device, { count: missing, timeMs: nowMs() })])
      else drop(book, missing)
    },
    refuse({ topic, payload, reason }) {
      events.refused()
      if (!queue.hasRoom || sink.refuse === undefined) return events.refusalLost()
      const message: IncomingMessage = { topic, payload, retain: false, receivedAtMs: nowMs(), clientId: options.clientId }
      return queue.push({ bytes: payload.length, run: async () => sink.refuse?.(message, reason) })
    },
    know: (devices) => books.know(devices, nowMs()),
    known: () => books.known(),
    giveUpUnborn() {
      for (const book of books.all) {
        if (book.isBorn) continue
        end(book, { timeMs: nowMs(), reason: 'no birth since the start of the host' })
        book.isGivenUp = true
        options.onKnownChanged()
      }
    }
  }
}
