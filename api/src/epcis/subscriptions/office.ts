/**
 * All webhook subscriptions of a process: made, kept, listed, ended; each has a runner of its own. What they owe lies in the registers
 * `subscriptions` and `deliveries`, so a restart goes on where the last run stopped. It knows nothing of HTTP answers.
 */
import { randomUUID } from 'node:crypto'
import type { CaseStore } from '@tracegate/store/case-store'
import { apiError } from '../../errors.ts'
import type { NamedQueries } from '../named-queries.ts'
import { queryError } from '../query-errors.ts'
import { createGraveyard, type Graveyard } from './graveyard.ts'
import type { SubscriptionEvents } from './events.ts'
import type { FeedReader } from './feed-reader.ts'
import type { WebhookRequest } from './request.ts'
import { subscriptionRows, type SubscriptionRow } from './rows.ts'
import { createRunner, type Runner } from './runner.ts'
import type { RunnerParts } from './runner-attempt.ts'
import type { SubscriptionSettings } from './settings.ts'
import { createSlots } from './slots.ts'
import type { WakeFilter } from './wake-filter.ts'

interface NewSubscription extends WebhookRequest {
  readonly queryName: string
  readonly createdBy: string
  readonly epcFormat: string
  readonly extensions: string
}

export interface SubscriptionOffice {
  readonly dead: Graveyard
  /** To be awaited before anything else; loads once. */
  ready(): Promise<void>
  /** Deliveries begin. */
  start(): Promise<void>
  /** Throws `EPCIS_SUBSCRIPTIONS_FULL`. */
  make(request: NewSubscription): Promise<SubscriptionRow>
  /** In the order in which they were made. */
  all(queryName?: string): readonly SubscriptionRow[]
  /** Throws `NOT_FOUND`. */
  get(id: string, queryName?: string): SubscriptionRow
  /** Ends what is under way before it resolves. Throws `NOT_FOUND`. */
  remove(id: string, queryName?: string): Promise<void>
  removeAllOf(queryName: string): Promise<void>
  /** A stopped one goes on where it stopped. Throws `NOT_FOUND`. */
  resume(id: string): Promise<void>
  /** Rings for the streams whose query the new events concern. */
  wake(concerns: (queryName: string) => boolean): void
  close(): Promise<void>
}

export interface OfficeOptions {
  readonly cases: CaseStore
  readonly queries: NamedQueries
  readonly reader: FeedReader
  readonly settings: SubscriptionSettings
  readonly events: SubscriptionEvents
  readonly send: RunnerParts['send']
  readonly wakes: WakeFilter
}

/** How long deliveries under way may take to end at a close; what does not is sent again after the restart. */
const closeGraceMs = 1_000

interface Held {
  readonly runner: Runner
  version: number
}

export function createSubscriptionOffice(options: OfficeOptions): SubscriptionOffice {
  const { cases, queries, settings, events, wakes } = options
  const held = new Map<string, Held>()
  const dead = createGraveyard({ cases, events })
  const slots = { first: createSlots(settings.deliveriesAtOnceMax), retry: createSlots(settings.retriesAtOnceMax) }
  let loading: Promise<void> | undefined
  let isStarted = false
  let making = 0

  const parts: RunnerParts = {
    settings,
    reader: options.reader,
    events,
    slots,
    send: options.send,
    async filterOf(queryName) {
      const { filter, nothing } = await queries.read(queryName)
      wakes.note(queryName, filter)
      return nothing ? undefined : filter
    },
    async save(row) {
      const own = held.get(row.id)
      // Removed while its last delivery ended: there is nothing to keep.
      if (own === undefined) return
      own.version = (await cases.put('subscriptions', row.id, row, own.version)).version
    },
    bury: (row) => dead.bury(row),
    buried: (id) => dead.countOf(id)
  }

  function hold(row: SubscriptionRow, version: number): void {
    const runner = createRunner(row, parts)
    held.set(row.id, { runner, version })
    if (isStarted) runner.start()
  }
  async function load(): Promise<void> {
    await Promise.all([queries.ready(), dead.ready()])
    const orphans: string[] = []
    for (const { id, version, document } of await cases.list('subscriptions')) {
      const read = subscriptionRows.check(document)
      if (!read.ok) events.rowRefused({ register: 'subscriptions', row: id, message: read.reason.message })
      else if (queries.has(read.value.queryName)) hold(read.value, version)
      else orphans.push(id)
    }
    // Their query was deleted and the process ended before they were; should this fail, the next start tries again.
    await Promise.allSettled(orphans.map((id) => cases.remove('subscriptions', id)))
  }
  const ready = (): Promise<void> =>
    (loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    }))
  const all = (queryName?: string): SubscriptionRow[] =>
    [...held.values()]
      .map(({ runner }) => runner.row)
      .filter((row) => queryName === undefined || row.queryName === queryName)
      .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
  function heldOf(id: string, queryName?: string): Held {
    const found = held.get(id)
    if (found !== undefined && (queryName === undefined || found.runner.row.queryName === queryName)) return found
    throw apiError('NOT_FOUND', { what: 'subscription', id: id.slice(0, 64) })
  }
  async function remove(id: string): Promise<void> {
    const found = held.get(id)
    held.delete(id)
    await found?.runner.stop()
    await cases.remove('subscriptions', id)
    await dead.removeOf(id)
  }
  function requireRoom(queryName: string): void {
    const { subscriptionsMax, subscriptionsPerQueryMax } = settings
    const ofQuery = all(queryName).length
    if (ofQuery + making >= subscriptionsPerQueryMax)
      throw queryError('EPCIS_SUBSCRIPTIONS_FULL', { kept: ofQuery, where: 'to this query', max: subscriptionsPerQueryMax })
    if (held.size + making >= subscriptionsMax)
      throw queryError('EPCIS_SUBSCRIPTIONS_FULL', { kept: held.size, where: 'in all', max: subscriptionsMax })
  }

  return {
    dead,
    ready,
    async start() {
      isStarted = true
      await ready()
      for (const { runner } of held.values()) runner.start()
    },
    async make(request) {
      requireRoom(request.queryName)
      making += 1
      try {
        const row = rowOf(request, settings)
        const { version } = await cases.put('subscriptions', row.id, row, 0)
        // Deleted in the meantime: a subscription without its query would never end.
        if (!queries.has(request.queryName)) await cases.remove('subscriptions', row.id)
        queries.get(request.queryName)
        hold(row, version)
        return row
      } finally {
        making -= 1
      }
    },
    all,
    get: (id, queryName) => heldOf(id, queryName).runner.row,
    async remove(id, queryName) {
      heldOf(id, queryName)
      await remove(id)
    },
    async removeAllOf(queryName) {
      await Promise.all(all(queryName).map(({ id }) => remove(id)))
      wakes.forget(queryName)
    },
    async resume(id) {
      const { runner } = heldOf(id)
      await runner.resume()
      await dead.removeOf(id, 'stopped')
    },
    wake(concerns) {
      for (const { runner } of held.values()) {
        const { queryName, schedule, reportIfEmpty } = runner.row
        if (schedule === undefined && (reportIfEmpty || concerns(queryName))) runner.wake()
      }
    },
    async close() {
      await Promise.all([...held.values()].map(({ runner }) => runner.stop(closeGraceMs)))
    }
  }
}

function rowOf(request: NewSubscription, settings: SubscriptionSettings): SubscriptionRow {
  const { initialRecordMs, schedule, ...rest } = request
  const createdAtMs = settings.nowMs()
  const fromMs = initialRecordMs ?? createdAtMs
  return {
    ...rest,
    id: randomUUID(),
    ...(schedule === undefined ? {} : { schedule: { ...schedule } }),
    createdAtMs,
    initialRecordMs: fromMs,
    progress: { minRecordMs: fromMs, batchMax: settings.batchEventsMax, delivered: 0, attempts: 0 }
  }
}
