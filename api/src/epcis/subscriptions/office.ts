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
import type { Runner } from './runner.ts'
import type { RunnerParts } from './runner-attempt.ts'
import { createRunners, type Runners } from './runners.ts'
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

export function createSubscriptionOffice(options: OfficeOptions): SubscriptionOffice {
  const { cases, queries, settings, events } = options
  const dead = createGraveyard({ cases, events })
  const runners = createRunners({ cases, parts: partsOf(options, dead) })
  let loading: Promise<void> | undefined
  let making = 0

  const ready = (): Promise<void> =>
    (loading ??= load(options, { dead, runners }).catch((error: unknown) => {
      loading = undefined
      throw error
    }))
  function runnerOf(id: string, queryName?: string): Runner {
    const found = runners.get(id)
    if (found !== undefined && (queryName === undefined || found.row.queryName === queryName)) return found
    throw apiError('NOT_FOUND', { what: 'subscription', id: id.slice(0, 64) })
  }
  async function remove(id: string): Promise<void> {
    await runners.remove(id)
    await dead.removeOf(id)
  }

  return {
    dead,
    ready,
    async start() {
      await ready()
      runners.start()
    },
    async make(request) {
      requireRoom(settings, { ofQuery: runners.rows(request.queryName).length, all: runners.size, making })
      making += 1
      try {
        const row = rowOf(request, settings)
        const { version } = await cases.put('subscriptions', row.id, row, 0)
        // Deleted in the meantime: a subscription without its query would never end.
        if (!queries.has(request.queryName)) await cases.remove('subscriptions', row.id)
        queries.get(request.queryName)
        runners.hold(row, version)
        return row
      } finally {
        making -= 1
      }
    },
    all: (queryName) => runners.rows(queryName),
    get: (id, queryName) => runnerOf(id, queryName).row,
    async remove(id, queryName) {
      runnerOf(id, queryName)
      await remove(id)
    },
    async removeAllOf(queryName) {
      await Promise.all(runners.rows(queryName).map(({ id }) => remove(id)))
      options.wakes.forget(queryName)
    },
    async resume(id) {
      await runnerOf(id).resume()
      await dead.removeOf(id, 'stopped')
    },
    wake: (concerns) => runners.wake(concerns),
    close: () => runners.close()
  }
}

function partsOf({ settings, reader, events, send, queries, wakes }: OfficeOptions, dead: Graveyard): Omit<RunnerParts, 'save'> {
  return {
    settings,
    reader,
    events,
    slots: { first: createSlots(settings.deliveriesAtOnceMax), retry: createSlots(settings.retriesAtOnceMax) },
    send,
    async filterOf(queryName) {
      const { filter, nothing } = await queries.read(queryName)
      wakes.note(queryName, filter)
      return nothing ? undefined : filter
    },
    bury: (row) => dead.bury(row),
    buried: (id) => dead.countOf(id)
  }
}

async function load(
  { cases, queries, events }: OfficeOptions,
  { dead, runners }: { readonly dead: Graveyard; readonly runners: Runners }
): Promise<void> {
  await Promise.all([queries.ready(), dead.ready()])
  const orphans: string[] = []
  for (const { id, version, document } of await cases.list('subscriptions')) {
    const read = subscriptionRows.check(document)
    if (!read.ok) events.rowRefused({ register: 'subscriptions', row: id, message: read.reason.message })
    else if (queries.has(read.value.queryName)) runners.hold(read.value, version)
    else orphans.push(id)
  }
  // Their query was deleted and the process ended before they were; should this fail, the next start tries again.
  await Promise.allSettled(orphans.map((id) => cases.remove('subscriptions', id)))
}

function requireRoom(
  settings: SubscriptionSettings,
  kept: { readonly ofQuery: number; readonly all: number; readonly making: number }
): void {
  const { subscriptionsMax, subscriptionsPerQueryMax } = settings
  if (kept.ofQuery + kept.making >= subscriptionsPerQueryMax)
    throw queryError('EPCIS_SUBSCRIPTIONS_FULL', { kept: kept.ofQuery, where: 'to this query', max: subscriptionsPerQueryMax })
  if (kept.all + kept.making >= subscriptionsMax)
    throw queryError('EPCIS_SUBSCRIPTIONS_FULL', { kept: kept.all, where: 'in all', max: subscriptionsMax })
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
