/** The trace store in memory: the reference for every other adapter, for tests and small tools. It keeps nothing after close. */
import { createTraceAnswers } from '@tracegate/model/trace-graph'
import { referenceKeysOf } from '@tracegate/model/trace-graph/references'
import { compareFacts, factsPerKeyMax, type TraceReader } from '@tracegate/model/trace-graph/session'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import type { EventCondition } from '@tracegate/model/epcis/query/condition'
import { matchesFilter } from '@tracegate/model/epcis/query/filter'
import { createFilterMatcher, createMatcher } from '@tracegate/model/epcis/query/matcher'
import type { Knowledge, TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import { asKnown, encodeCursor, eventsLimitMax, isDuplicate, judgedEventsMax, ledgerLimitDefault, readCursor } from './trace-rules.ts'
import type {
  CaptureOutcome,
  EventPage,
  EventQuery,
  FeedPage,
  FeedQuery,
  TraceStore,
  VocabularyName,
  VocabularyPage,
  VocabularyQuery
} from './trace-store.ts'

interface Version {
  readonly seq: number
  readonly event: TraceEvent
}

interface MemoryState {
  readonly versions: Version[]
  readonly byId: Map<string, TraceEvent[]>
  readonly byKey: Map<string, Set<TraceEvent>>
  /** Keys ever named at a place; a sub-location counts for its GLN place too. */
  readonly keysByPlace: Map<string, Set<string>>
  /** Events that were declared wrong, and when the first declaration was recorded. */
  readonly declared: Map<string, number>
  readonly offsets: Map<string, number>
  keys: number
}

export function createMemoryTraceStore(): TraceStore {
  const state: MemoryState = {
    versions: [],
    byId: new Map(),
    byKey: new Map(),
    keysByPlace: new Map(),
    declared: new Map(),
    offsets: new Map(),
    keys: 0
  }
  const reader = createReader(state)
  const answers = createTraceAnswers(reader)
  return {
    capture(events, source) {
      if (source !== undefined) {
        if (source.upTo <= (state.offsets.get(source.log) ?? -1)) {
          return Promise.resolve(events.map(({ eventID }) => ({ eventID, outcome: 'duplicate' })))
        }
        state.offsets.set(source.log, source.upTo)
      }
      return Promise.resolve(events.map((event) => captureOne(state, event)))
    },
    capturedUpTo: (log) => Promise.resolve(state.offsets.get(log) ?? -1),
    byId(eventID) {
      const versions = state.byId.get(eventID) ?? []
      const order = (event: TraceEvent): number => event.errorDeclaration?.declarationTimeMs ?? -Infinity
      return Promise.resolve(versions.toSorted((a, b) => order(a) - order(b) || 0).map((event) => event.json))
    },
    events: (query) => Promise.try(() => queryEvents(state, query)),
    ledger({ key, fromMs = -Infinity, toMs = Infinity, limit = ledgerLimitDefault, ...knowledge }) {
      const events = knownEvents(state, key, knowledge).filter(({ eventTimeMs }) => eventTimeMs >= fromMs && eventTimeMs <= toMs)
      return Promise.resolve(events.sort(compareFacts).slice(0, limit))
    },
    async histories({ keys, newest }) {
      const facts = await reader.factsOf(keys)
      return new Map([...facts].map(([key, found]) => [key, found.slice(-newest)]))
    },
    ask: (question, asked) => answers[question](asked),
    vocabulary: (query) => Promise.try(() => vocabularyPage(state, query)),
    feed: (query) => Promise.try(() => feedPage(state, query)),
    counts: () => Promise.resolve({ events: state.versions.length, keys: state.keys }),
    close: () => Promise.resolve()
  }
}

function captureOne(state: MemoryState, event: TraceEvent): CaptureOutcome {
  const versions = state.byId.get(event.eventID) ?? []
  const known = versions.map((version) => ({ declarationTimeMs: version.errorDeclaration?.declarationTimeMs }))
  if (isDuplicate(event, known)) return { eventID: event.eventID, outcome: 'duplicate' }
  state.versions.push({ seq: state.versions.length + 1, event })
  state.byId.set(event.eventID, [...versions, event])
  if (event.errorDeclaration !== undefined) {
    const earlierMs = state.declared.get(event.eventID) ?? Infinity
    state.declared.set(event.eventID, Math.min(earlierMs, event.recordTimeMs))
  }
  const keys = new Set(event.subjects.map((subject) => subject.key))
  for (const key of keys) {
    if (!state.byKey.has(key)) state.keys += 1
    addTo(state.byKey, key, event)
  }
  for (const key of referenceKeysOf(event)) addTo(state.byKey, key, event)
  if (event.bizLocation !== undefined) {
    for (const place of new Set([event.bizLocation, glnPlace(event.bizLocation)])) {
      for (const key of keys) addTo(state.keysByPlace, place, key)
    }
  }
  return { eventID: event.eventID, outcome: 'stored' }
}

function addTo<Value>(map: Map<string, Set<Value>>, key: string, value: Value): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, new Set([value]))
  else values.add(value)
}

function knownEvents(state: MemoryState, key: string, knowledge: Knowledge): TraceEvent[] {
  return [...(state.byKey.get(key) ?? [])].flatMap((event) => asKnown(event, state.declared.get(event.eventID), knowledge) ?? [])
}

function createReader(state: MemoryState): TraceReader {
  // One object an event, as walks tell events apart by identity; without JSON, as no other store gives it here.
  const known = new WeakMap<TraceEvent, TraceFact>()
  const factOf = (event: TraceEvent): TraceFact => {
    const earlier = known.get(event)
    if (earlier !== undefined) return earlier
    const { json: _, ...fact } = event
    known.set(event, fact)
    return fact
  }
  return {
    factsOf(keys, knowledge = {}) {
      const facts = new Map<string, TraceFact[]>()
      for (const key of keys) {
        const events = knownEvents(state, key, knowledge).sort(compareFacts).slice(0, factsPerKeyMax)
        facts.set(key, events.map(factOf))
      }
      return Promise.resolve(facts)
    },
    keysAt: ({ place }) => Promise.resolve([...(state.keysByPlace.get(place) ?? [])])
  }
}

function queryEvents(state: MemoryState, query: EventQuery): EventPage {
  const timeOf = ({ event }: Version): number => (query.orderBy === 'eventTime' ? event.eventTimeMs : event.recordTimeMs)
  const sign = query.order === 'ascending' ? 1 : -1
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
  const limit = Math.min(query.limit, eventsLimitMax)
  const candidates = state.versions
    .filter((version) => matchesFilter(version.event, query))
    .filter((version) => after === undefined || sign * (timeOf(version) - after.timeMs || version.seq - after.seq) > 0)
    .sort((a, b) => sign * (timeOf(a) - timeOf(b) || a.seq - b.seq))
  const { found, last } = judge(candidates, { limit, conditions: query.conditions })
  const json = found.map(({ event }) => event.json)
  return last === undefined ? { json } : { json, next: encodeCursor({ timeMs: timeOf(last), seq: last.seq }) }
}

/** The first versions that meet the conditions; `last` is where to go on, when there are more or so many were judged. */
function judge(
  versions: readonly Version[],
  { limit, conditions = [] }: { readonly limit: number; readonly conditions: readonly EventCondition[] | undefined }
): { readonly found: readonly Version[]; readonly last?: Version | undefined } {
  const judgedMax = conditions.length === 0 ? Infinity : judgedEventsMax
  const matches = createMatcher(conditions)
  const found: Version[] = []
  for (const [index, version] of versions.entries()) {
    if (index >= judgedMax) return { found, last: versions[index - 1] }
    if (!matches(version.event, () => version.event.json)) continue
    if (found.length >= limit) return { found, last: found.at(-1) }
    found.push(version)
  }
  return { found }
}

const wordsOf: Readonly<Record<VocabularyName, (event: TraceEvent) => readonly (string | undefined)[]>> = {
  eventType: ({ type }) => [type],
  epc: ({ subjects }) => subjects.map(({ key }) => key),
  bizStep: ({ bizStep }) => [bizStep],
  bizLocation: ({ bizLocation }) => [bizLocation],
  readPoint: ({ readPoint }) => [readPoint],
  disposition: ({ disposition }) => [disposition]
}

function vocabularyPage(state: MemoryState, query: VocabularyQuery): VocabularyPage {
  const { name, after = '', limit } = query
  const all = new Set(state.versions.flatMap(({ event }) => wordsOf[name](event).filter((word) => word !== undefined)))
  const rest = [...all].filter((word) => word > after).sort()
  const values = rest.slice(0, limit)
  const next = rest.length > limit ? values.at(-1) : undefined
  return next === undefined ? { values } : { values, next }
}

function feedPage(state: MemoryState, query: FeedQuery): FeedPage {
  const { after, fromRecordMs = -Infinity, limit, filter = {} } = query
  const firstAt = after === undefined ? state.versions.findIndex(({ event }) => event.recordTimeMs >= fromRecordMs) : readCursor(after).seq
  const start = firstAt === -1 ? state.versions.length : firstAt
  const matches = createFilterMatcher(filter)
  const lookMax = filter.conditions === undefined ? Infinity : judgedEventsMax
  const json: string[] = []
  let seq = start
  for (const { event } of state.versions.slice(start)) {
    if (json.length >= limit || seq - start >= lookMax) break
    seq += 1
    if (matches(event, () => event.json)) json.push(event.json)
  }
  return { json, next: encodeCursor({ timeMs: 0, seq }), more: seq < state.versions.length }
}
