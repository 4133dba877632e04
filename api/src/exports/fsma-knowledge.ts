/** Reads what the FSMA mapping needs beside the events themselves: the histories of their lots and of what their pallets hold. Bounded. */
import type { FsmaEvent, FsmaKnowledge } from '@tracegate/model/fsma'
import { contentOf } from '@tracegate/model/fsma-goods'
import { lotKeyOf } from '@tracegate/model/gs1/key'
import type { TraceFact, TraceSubject } from '@tracegate/model/trace-event'
import { memberKey } from '@tracegate/model/trace-graph/references'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { AttributeBook } from './attribute-book.ts'
import { queried, type SelectedEvent } from './event-selection.ts'

/** Keys whose history is read for one page of events; serials of one lot past the first ones share what those tell. */
const keysMax = 4_000
const serialsPerLotMax = 20
const historyMax = 1_000
const keysAtOnce = 500
const ledgersAtOnce = 8
const roundsMax = 6
/** Texts of events that pages of one export share. */
const sourcesMax = 5_000

interface LoadedKnowledge extends FsmaKnowledge {
  /** Events that the ledger of their own goods does not have were declared wrong. */
  isDeclaredWrong(event: FsmaEvent): boolean
  readonly cuts: readonly string[]
}

export interface KnowledgeReader {
  load(events: readonly SelectedEvent[]): Promise<LoadedKnowledge>
}

export interface KnowledgeOptions {
  readonly trace: Pick<TraceStore, 'ledger' | 'histories' | 'events'>
  readonly book: AttributeBook
  readonly knownAtMs?: number
}

type Source = FsmaEvent['source']

export function createKnowledgeReader(options: KnowledgeOptions): KnowledgeReader {
  const { trace, book, knownAtMs } = options
  const sources = new Map<string, Source>()
  const readAll = knownAtMs === undefined ? factsNow(trace) : factsThen(trace, knownAtMs)
  return {
    async load(events) {
      for (const { fact, source } of events) if (fact.errorDeclaration === undefined) sources.set(fact.eventID, source)
      const facts = new Map<string, readonly TraceFact[]>()
      const cuts = new Set<string>()
      const bare = (key: string) => (facts.get(key) ?? []).map((fact) => ({ fact, source: {} }))
      let wanted = keysIn(events.flatMap(({ fact }) => fact.subjects))
      for (let round = 0; round < roundsMax && wanted.length > 0; round += 1) {
        const room = keysMax - facts.size
        if (wanted.length > room) cuts.add(`more than ${keysMax} goods in one page of events: the history of the others was not read`)
        for (const [key, found] of await readAll(wanted.slice(0, room))) {
          if (found.length >= historyMax) cuts.add(`the history of ${key} is longer than ${historyMax} events`)
          facts.set(key, found)
        }
        const inside = events.flatMap(({ fact }) => unitsOf(fact).flatMap((key) => contentOf(key, fact.eventTimeMs, { historyOf: bare })))
        const units =
          round === 0 ? [...facts.values()].flat().flatMap((fact) => fact.subjects.filter(({ kind }) => kind === 'logistic')) : []
        wanted = keysIn([...inside, ...units]).filter((key) => !facts.has(key))
      }
      await readSources(trace, sources, [...facts.values()].flat())
      const known = withSources(facts, sources)
      // Forgotten only between pages: this one has all it asked for.
      for (const eventID of sources.keys()) {
        if (sources.size <= sourcesMax) break
        sources.delete(eventID)
      }
      return {
        historyOf: (key) => known.get(key) ?? [],
        attributesOf: (key) => book.attributesOf(key),
        isDeclaredWrong({ fact }) {
          const read = fact.subjects
            .map(({ key }) => facts.get(key))
            .find((history) => history !== undefined && history.length < historyMax)
          return read !== undefined && !read.some(({ eventID }) => eventID === fact.eventID)
        },
        cuts: [...cuts]
      }
    }
  }
}

function unitsOf(fact: TraceFact): string[] {
  return fact.subjects.flatMap(({ key, kind }) => (kind === 'logistic' || kind === 'asset' ? [key] : []))
}

function withSources(
  facts: ReadonlyMap<string, readonly TraceFact[]>,
  sources: ReadonlyMap<string, Source>
): Map<string, readonly FsmaEvent[]> {
  const byId = new Map<string, FsmaEvent>()
  const eventOf = (fact: TraceFact): FsmaEvent => {
    const held = byId.get(fact.eventID) ?? { fact, source: sources.get(fact.eventID) ?? {} }
    byId.set(fact.eventID, held)
    return held
  }
  return new Map([...facts].map(([key, list]) => [key, list.map(eventOf)]))
}

type ReadFacts = (keys: readonly string[]) => Promise<Map<string, readonly TraceFact[]>>

/** A lot has the events that name it and those of items that were told to be of it. */
function namesOf(key: string): string[] {
  return lotKeyOf(key) === key ? [key, memberKey(key)] : [key]
}

function joined(lists: readonly (readonly TraceFact[])[]): readonly TraceFact[] {
  const found = new Map(lists.flat().map((fact) => [fact.eventID, fact]))
  return [...found.values()].toSorted((left, right) => left.eventTimeMs - right.eventTimeMs)
}

/** Many keys in one question. */
function factsNow(trace: Pick<TraceStore, 'histories'>): ReadFacts {
  return async (keys) => {
    const found = new Map<string, readonly TraceFact[]>()
    for (let start = 0; start < keys.length; start += keysAtOnce) {
      const chunk = keys.slice(start, start + keysAtOnce)
      const histories = await trace.histories({ keys: chunk.flatMap(namesOf), newest: historyMax })
      for (const key of chunk) found.set(key, joined(namesOf(key).map((name) => histories.get(name) ?? [])))
    }
    return found
  }
}

/** What was known then, declarations of error included, only the ledger tells, key by key. */
function factsThen(trace: Pick<TraceStore, 'ledger'>, knownAtMs: number): ReadFacts {
  return async (keys) => {
    const found = new Map<string, readonly TraceFact[]>()
    const waiting = keys.values()
    const work = async () => {
      for (const key of waiting) {
        const ledgers = await Promise.all(namesOf(key).map((name) => trace.ledger({ key: name, limit: historyMax, knownAtMs })))
        found.set(key, joined(ledgers))
      }
    }
    await Promise.all(Array.from({ length: Math.min(ledgersAtOnce, keys.length) }, work))
    return found
  }
}

/** The texts of events of which more is asked than the trace keeps: ILMD of what makes lots, sensor data of cooling. */
async function readSources(trace: Pick<TraceStore, 'events'>, sources: Map<string, Source>, facts: readonly TraceFact[]): Promise<void> {
  const isAsked = ({ type, action, bizStep }: TraceFact) =>
    type === 'TransformationEvent' || (type === 'ObjectEvent' && (action === 'ADD' || bizStep === 'other'))
  const wanted = [...new Set(facts.filter((fact) => isAsked(fact) && !sources.has(fact.eventID)).map(({ eventID }) => eventID))]
  for (let start = 0; start < wanted.length; start += keysAtOnce)
    for await (const page of queried(trace, { eventIDs: wanted.slice(start, start + keysAtOnce) }))
      for (const { fact, source } of page) if (fact.errorDeclaration === undefined) sources.set(fact.eventID, source)
}

/** Lots, units and things; of the serials of one lot the first ones. */
function keysIn(subjects: readonly TraceSubject[]): string[] {
  const keys = new Set<string>()
  const serials = new Map<string, number>()
  for (const { key, kind, lot } of subjects) {
    if (keys.has(key)) continue
    if (lot !== undefined) keys.add(lot)
    if (kind === 'item') {
      const family = lot ?? key.slice(0, key.lastIndexOf('/'))
      const count = serials.get(family) ?? 0
      serials.set(family, count + 1)
      if (count >= serialsPerLotMax && lot !== undefined) continue
    }
    keys.add(key)
  }
  return [...keys]
}
