/** What the walks of a trace question read: the events of keys and the goods named at a place. One reader a question; reads only. */
import { isFoundUnder } from '@tracegate/model/trace-graph/references'
import { factsPerKeyMax, type TraceReader } from '@tracegate/model/trace-graph/session'
import type { Knowledge } from '@tracegate/model/trace-event'
import { storeError } from '../../errors.ts'
import { asKnown } from '../../trace-rules.ts'
import { spanOfMs } from '../selection.ts'
import type { EventReading, EventRows, StoredVersion } from './event-rows.ts'
import { lookUp, type Found } from './lookup.ts'
import { keysOfText, placeMeasurement } from './points.ts'
import { bucketOf, indexText, positionKey } from './position.ts'
import type { Selector } from './select.ts'
import { onePerVersion, versionsOf } from './versions.ts'

/** Points of one place that one question may read. */
const placePointsMax = 500_000
/** Events that one question may read: what it holds in memory, about a kilobyte each. */
const eventsMax = 200_000

export interface QuestionReader extends TraceReader {
  /** Of each key the events at what was found that name it and count under what is known, in the same order. */
  readonly of: (keys: readonly string[], found: Found, reading?: EventReading & Knowledge) => Promise<Map<string, StoredVersion[]>>
}

export function createQuestionReader(selector: Selector, events: EventRows): QuestionReader {
  /** What a question has read stays: the walks tell events apart by identity. */
  const known = new Map<string, StoredVersion | undefined>()

  const read = async ({ positions }: Found, reading: EventReading): Promise<void> => {
    const all = new Map([...positions.values()].flat().map((position) => [positionKey(position), position]))
    const missing = [...all].filter(([key]) => !known.has(key))
    const current = known.size + missing.length
    if (current > eventsMax) {
      throw storeError('STORE_TOO_MUCH', { action: 'answer trace question', what: 'number of events to read', current, wanted: eventsMax })
    }
    for (const [key] of missing) known.set(key, undefined)
    const versions = await events.at(
      selector,
      missing.map(([, position]) => position),
      reading
    )
    for (const version of versions) known.set(positionKey(version.position), version)
  }
  /** Of events that are declared wrong: when the first declaration was recorded. Asked for only when the question wants to know. */
  const declaredMs = new Map<string, number>()
  const marked = new Map<StoredVersion, StoredVersion>()
  const readDeclarations = async ({ positions }: Found, { knownAtMs, withDeclared }: Knowledge): Promise<void> => {
    if (knownAtMs === undefined && withDeclared !== true) return
    const wrong = [...positions.values()].flat().flatMap((position) => {
      const version = known.get(positionKey(position))
      return version?.isWrong === true && !declaredMs.has(version.fact.eventID) ? [version.fact.eventID] : []
    })
    for (const [eventID, versions] of await versionsOf(selector, [...new Set(wrong)], { events })) {
      const declarations = versions.filter(({ fact }) => fact.errorDeclaration !== undefined)
      declaredMs.set(eventID, Math.min(...declarations.map(({ fact }) => fact.recordTimeMs)))
    }
  }
  /** The same version each time: the walks tell events apart by identity. */
  const judged = (version: StoredVersion, knowledge: Knowledge): StoredVersion | undefined => {
    const fact = asKnown(version.fact, version.isWrong ? (declaredMs.get(version.fact.eventID) ?? -Infinity) : undefined, knowledge)
    if (fact === undefined || fact === version.fact) return fact === undefined ? undefined : version
    const before = marked.get(version)
    if (before !== undefined) return before
    const changed = { ...version, fact }
    marked.set(version, changed)
    return changed
  }
  const reader: QuestionReader = {
    async of(keys, found, { json = false, ...knowledge } = {}) {
      await read(found, { json })
      await readDeclarations(found, knowledge)
      return new Map(
        keys.map((key) => {
          const there = (found.positions.get(key) ?? []).flatMap((position) => known.get(positionKey(position)) ?? [])
          const named = there.flatMap((version) => (isFoundUnder(version.fact, key) ? (judged(version, knowledge) ?? []) : []))
          const kept = new Set(onePerVersion(named))
          return [key, named.filter((version) => kept.has(version))]
        })
      )
    },
    async factsOf(keys, knowledge = {}) {
      const versions = await reader.of(keys, await lookUp(selector, keys), knowledge)
      return new Map([...versions].map(([key, ofKey]) => [key, ofKey.slice(0, factsPerKeyMax).map(({ fact }) => fact)]))
    },
    async keysAt({ place, toMs }) {
      const span = spanOfMs(0, Math.max(toMs, 0))
      const rows = await selector.rows({
        measurement: placeMeasurement,
        fields: ['roles', 'keys'],
        where: [
          { tag: 'b', anyOf: [bucketOf(place)] },
          { field: 'place', anyOf: [indexText(place)] }
        ],
        tags: [],
        rowsMax: placePointsMax + 1,
        ...(span === undefined ? {} : { span })
      })
      if (rows.length > placePointsMax) {
        throw storeError('STORE_TOO_MUCH', {
          action: 'find goods',
          what: `number of points at ${place}`,
          current: rows.length,
          wanted: placePointsMax
        })
      }
      return [...new Set(rows.flatMap((row) => keysOfText(String(row.values[1] ?? ''))))]
    }
  }
  return reader
}
