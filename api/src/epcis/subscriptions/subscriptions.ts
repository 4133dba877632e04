/** Named queries with their subscriptions by webhook and by WebSocket: puts the parts together, starts and ends them. */
import { epcFormats, type FormatOptions } from '@tracegate/model/epcis/format'
import { readQuery } from '@tracegate/model/epcis/query/query'
import type { CompanyPrefixes } from '@tracegate/model/gs1/company-prefix'
import type { MasterDataLookup } from '@tracegate/model/master-data'
import type { Bus } from '@tracegate/service/bus'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { version } from '../../version.ts'
import { createNamedQueries, type NamedQueries, type ReadBody } from '../named-queries.ts'
import { createSubscriptionEvents, type SubscriptionEvents } from './events.ts'
import { createFeedReader, type FeedReader } from './feed-reader.ts'
import { createSubscriptionOffice, type SubscriptionOffice } from './office.ts'
import { writeQueryDocument } from './query-document.ts'
import type { Pending, SubscriptionRow } from './rows.ts'
import type { RunnerParts } from './runner-attempt.ts'
import { createSender, type Sender } from './sender.ts'
import { subscriptionDefaults, type SubscriptionSettings } from './settings.ts'
import { signatureOf } from './signature.ts'
import { createSlots } from './slots.ts'
import { createWakeFilter } from './wake-filter.ts'
import { createSocketHub, type SocketHub } from './socket-hub.ts'

export interface Subscriptions {
  readonly settings: SubscriptionSettings
  readonly queries: NamedQueries
  readonly office: SubscriptionOffice
  readonly sockets: SocketHub
  readonly events: SubscriptionEvents
  readonly reader: FeedReader
  readonly send: RunnerParts['send']
  /** The words of the CBV have one form in JSON; GS1-CBV-XML-Format speaks of XML. */
  formatOf(epcFormat: string): FormatOptions
  /** Which prefixes are known for writing URNs; none before it is called. */
  writeWith(prefixes: CompanyPrefixes): void
  /** Deliveries begin; before it everything can be made and listed. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface SubscriptionsOptions {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly bus: Bus
  readonly logger: Logger
  readonly metrics: Metrics
  readonly masterData: () => Promise<MasterDataLookup | undefined>
  readonly settings?: Partial<SubscriptionSettings>
}

export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { cases, trace, bus } = options
  const settings = { ...subscriptionDefaults, ...options.settings }
  const events = createSubscriptionEvents(options)
  const queries = createNamedQueries({
    cases,
    readBody: readBodyWith(options.masterData),
    nowMs: settings.nowMs,
    queriesMax: settings.queriesMax,
    onRowRefused: (row, message) => events.rowRefused({ register: 'queries', row, message })
  })
  const reader = createFeedReader({ trace, slots: createSlots(settings.readsAtOnceMax) })
  const wakes = createWakeFilter()
  const sender = createSender(settings)
  let prefixes: CompanyPrefixes = { lengthOf: () => undefined }
  const formatOf: Subscriptions['formatOf'] = (epcFormat) => ({
    epc: epcFormats.find((known) => known === epcFormat) ?? 'No_Preference',
    cbv: 'No_Preference',
    prefixes
  })
  const send = sendWith({ sender, formatOf, settings })
  const office = createSubscriptionOffice({ cases, queries, reader, settings, events, send, wakes })
  const sockets = createSocketHub({ queries, reader, settings, events, wakes })
  const endListening = bus.subscribe('events', (message) => {
    const concerns = wakes.judge(message.events)
    office.wake(concerns)
    sockets.wake(concerns)
  })
  events.showGauges({
    states: () => countStates(office.all()),
    lagMs: () => lagOf(office.all(), settings.nowMs()),
    deadLetters: () => office.dead.size,
    sockets: () => sockets.size
  })
  return {
    settings,
    queries,
    office,
    sockets,
    events,
    reader,
    send,
    formatOf,
    writeWith(known) {
      prefixes = known
    },
    start: () => office.start(),
    async close() {
      endListening()
      sockets.close()
      await office.close()
      sender.close()
    }
  }
}

function readBodyWith(masterData: SubscriptionsOptions['masterData']): ReadBody {
  return async (query, context) => {
    const lookup = await masterData()
    return readQuery(query, { form: 'body', context, ...(lookup === undefined ? {} : { masterData: lookup }) })
  }
}

/** What the receiver gets is the same at each attempt, but for the time in its signature. */
function sendWith({
  sender,
  formatOf,
  settings
}: {
  readonly sender: Sender
  readonly formatOf: Subscriptions['formatOf']
  readonly settings: SubscriptionSettings
}): RunnerParts['send'] {
  return async ({ row, pending, events, signal }) => {
    const body = bodyOf(row, { pending, events, format: formatOf(row.epcFormat) })
    const { signatureToken: secret, epcFormat, extensions } = row
    return sender.send({
      url: row.dest,
      body,
      signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': `Tracegate/${version}`,
        'GS1-EPCIS-Version': '2.0',
        'GS1-CBV-Version': '2.0',
        'GS1-EPC-Format': epcFormat === 'No_Preference' ? 'Never_Translates' : epcFormat,
        ...(extensions === '' ? {} : { 'GS1-Extensions': extensions }),
        'Idempotency-Key': pending.id,
        ...(secret === undefined ? {} : { 'GS1-Signature': signatureOf({ secret, body, atMs: settings.nowMs() }) })
      }
    })
  }
}

function bodyOf(
  row: SubscriptionRow,
  { pending, events, format }: { readonly pending: Pending; readonly events: readonly string[]; readonly format: FormatOptions }
): string {
  const { id: subscriptionID, queryName } = row
  return writeQueryDocument({ id: pending.id, queryName, subscriptionID, createdAtMs: pending.madeAtMs, events, format })
}

function countStates(rows: readonly SubscriptionRow[]) {
  const stopped = rows.filter(({ progress }) => progress.stopped !== undefined).length
  const retrying = rows.filter(({ progress }) => progress.stopped === undefined && progress.attempts > 0).length
  return { stopped, retrying, active: rows.length - stopped - retrying }
}

/** A subscription that owes nothing it knows of has no lag. */
function lagOf(rows: readonly SubscriptionRow[], nowMs: number): number {
  const owed = rows.flatMap(({ progress: { pending } }) => pending?.firstRecordMs ?? [])
  return Math.max(0, ...owed.map((recordMs) => nowMs - recordMs))
}
