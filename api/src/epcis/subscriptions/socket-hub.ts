/**
 * Subscriptions over WebSocket: each reads the feed of the store at the pace of its client, one message under way at a time. Nothing of
 * them outlives the connection; who comes back says `initialRecordTime`. It knows nothing of the upgrade.
 */
import { randomUUID } from 'node:crypto'
import type { WebSocket } from '@fastify/websocket'
import type { FormatOptions } from '@tracegate/model/epcis/format'
import type { NamedQueries } from '../named-queries.ts'
import { queryError } from '../query-errors.ts'
import type { SubscriptionEvents } from './events.ts'
import type { Batch, FeedReader } from './feed-reader.ts'
import { writeQueryDocument } from './query-document.ts'
import type { SubscriptionControls } from './request.ts'
import { timetableOfKept } from './schedule.ts'
import type { SubscriptionSettings } from './settings.ts'
import { createBell, type Bell } from './slots.ts'
import type { WakeFilter } from './wake-filter.ts'

/** Why a socket is closed by this side; the codes are public. */
const socketCloses = {
  leaving: { code: 1001, text: 'the server is closing' },
  message: { code: 1003, text: 'this stream takes no messages' },
  fault: { code: 1011, text: 'the query could not be run' },
  signedOut: { code: 4401, text: 'the session or key is no longer valid' },
  queryDeleted: { code: 4404, text: 'the query was deleted' },
  slow: { code: 4408, text: 'the client reads too slowly' }
} as const
type SocketClose = keyof typeof socketCloses

interface SocketClient {
  readonly socket: WebSocket
  readonly queryName: string
  readonly controls: SubscriptionControls
  readonly format: FormatOptions
  /** Account or key. */
  readonly caller: string
  /** Whether the caller may still listen. */
  readonly isAllowed: () => boolean
}

export interface SocketHub {
  /** Throws `EPCIS_SOCKETS_FULL`; to be asked before the upgrade, when a refusal can still be said. */
  requireRoom(caller: string): void
  join(client: SocketClient): void
  closeOf(queryName: string): void
  /** Rings for the streams whose query the new events concern. */
  wake(concerns: (queryName: string) => boolean): void
  readonly size: number
  close(): void
}

export interface SocketHubOptions {
  readonly queries: NamedQueries
  readonly reader: FeedReader
  readonly settings: SubscriptionSettings
  readonly events: SubscriptionEvents
  readonly wakes: WakeFilter
}

/** How long a client has to take the close frame. */
const goodbyeMs = 1_000

interface Open {
  readonly client: SocketClient
  readonly id: string
  readonly bell: Bell
  readonly ending: AbortController
  cursor?: string
  told: boolean
  isAlive: boolean
}

export function createSocketHub(options: SocketHubOptions): SocketHub {
  const { settings, events } = options
  const open = new Set<Open>()

  function end(one: Open, why: SocketClose): void {
    if (!open.delete(one)) return
    const { code, text } = socketCloses[why]
    one.ending.abort()
    events.socketClosed({ query: one.client.queryName, reason: why, code })
    one.client.socket.close(code, text)
    // Who does not answer the good-bye is not waited for.
    setTimeout(() => one.client.socket.terminate(), goodbyeMs).unref()
  }
  const heartbeat = setInterval(() => {
    for (const one of open) {
      if (!one.client.isAllowed()) end(one, 'signedOut')
      else if (!one.isAlive) one.client.socket.terminate()
      else {
        one.isAlive = false
        one.client.socket.ping()
      }
    }
  }, settings.socketPingMs)
  heartbeat.unref()

  return {
    requireRoom(caller) {
      const own = [...open].filter(({ client }) => client.caller === caller).length
      if (own >= settings.socketsPerCallerMax)
        throw queryError('EPCIS_SOCKETS_FULL', { open: own, where: 'by this caller', max: settings.socketsPerCallerMax })
      if (open.size >= settings.socketsMax)
        throw queryError('EPCIS_SOCKETS_FULL', { open: open.size, where: 'in all', max: settings.socketsMax })
    },
    join(client) {
      const one: Open = { client, id: randomUUID(), bell: createBell(), ending: new AbortController(), told: false, isAlive: true }
      open.add(one)
      client.socket.on('pong', () => (one.isAlive = true))
      client.socket.on('message', () => end(one, 'message'))
      client.socket.on('close', (code) => {
        one.ending.abort()
        if (open.delete(one)) events.socketClosed({ query: client.queryName, reason: 'client', code })
      })
      serve(one, options).then(
        (why) => end(one, why),
        (error: unknown) => {
          if (one.ending.signal.aborted) return
          events.faulted({ subscription: one.id, query: client.queryName, error })
          end(one, 'fault')
        }
      )
    },
    closeOf(queryName) {
      for (const one of open) if (one.client.queryName === queryName) end(one, 'queryDeleted')
    },
    wake(concerns) {
      for (const one of open) {
        const { queryName, controls } = one.client
        if (controls.schedule !== undefined) continue
        one.told = true
        if (controls.reportIfEmpty || concerns(queryName)) one.bell.ring()
      }
    },
    get size() {
      return open.size
    },
    close() {
      clearInterval(heartbeat)
      for (const one of open) end(one, 'leaving')
    }
  }
}

/** Until the client is to be sent away; resolves with the reason, rejects when the query cannot be run. */
async function serve(one: Open, options: SocketHubOptions): Promise<SocketClose> {
  const { settings } = options
  const { signal } = one.ending
  const { controls } = one.client
  const fromMs = controls.initialRecordMs ?? settings.nowMs()
  let servedMs = settings.nowMs()
  while (!signal.aborted) {
    const timetable = controls.schedule === undefined ? undefined : timetableOfKept(controls.schedule)
    const startedMs = settings.nowMs()
    const dueMs = timetable?.nextMs(Math.min(servedMs, startedMs))
    if (timetable !== undefined && (dueMs === undefined || dueMs > startedMs)) {
      await one.bell.wait(Math.min((dueMs ?? Infinity) - startedMs, settings.sleepMaxMs), signal)
      continue
    }
    const mayReport = controls.reportIfEmpty && (timetable !== undefined || one.told)
    one.told = false
    const outcome = await sendAll(one, options, { fromMs, mayReport })
    if (outcome !== 'sent') return outcome
    servedMs = startedMs
    if (timetable !== undefined) continue
    const rang = await one.bell.wait(settings.pollMs * (0.75 + settings.random() / 2), signal)
    if (rang) await createBell().wait(settings.gatherMs, signal)
  }
  return 'leaving'
}

/** Everything that is there now, batch by batch. */
async function sendAll(
  one: Open,
  options: SocketHubOptions,
  { fromMs, mayReport }: { readonly fromMs: number; readonly mayReport: boolean }
): Promise<'sent' | SocketClose> {
  const { settings, queries, reader } = options
  const { signal } = one.ending
  for (let isFirst = true; ; isFirst = false) {
    if (!one.client.isAllowed()) return 'signedOut'
    const { filter, nothing } = await queries.read(one.client.queryName)
    options.wakes.note(one.client.queryName, filter)
    const batch: Batch | undefined = nothing
      ? undefined
      : await reader.read({
          filter,
          after: one.cursor,
          fromRecordMs: fromMs,
          eventsMax: settings.batchEventsMax,
          bytesMax: settings.batchBytesMax,
          signal
        })
    signal.throwIfAborted()
    const json = batch?.json ?? []
    if (json.length > 0 || (isFirst && batch?.more !== true && mayReport)) {
      if (!(await sendText(one, documentOf(one, json, settings.nowMs()), settings.socketSlowAfterMs))) return 'slow'
      options.events.streamed(json.length)
    }
    if (batch !== undefined) one.cursor = batch.next
    if (batch === undefined || !batch.more) return 'sent'
  }
}

function documentOf({ client, id }: Open, events: readonly string[], nowMs: number): string {
  const { queryName, format } = client
  return writeQueryDocument({ id: randomUUID(), queryName, subscriptionID: id, createdAtMs: nowMs, events, format })
}

/** Resolves when the message has left this process: true; or when it has not in time: false. */
function sendText(one: Open, text: string, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), timeoutMs)
  one.client.socket.send(text, () => {
    clearTimeout(timer)
    resolve(true)
  })
  return promise
}
