/** Reads what the FSMA mapping needs beside the events themselves: the histories of their lots and of what their pallets hold. Bounded. */
import type { FsmaEvent, FsmaKnowledge } from '@tracegate/model/fsma'
import { contentOf } from '@tracegate/model/fsma-goods'
import { lotKeyOf } from '@tracegate/model/gs1/key'
import type { TraceSubject } from '@tracegate/model/trace-event'
import { memberKey } from '@tracegate/model/trace-graph/references'
import type { TraceStore } from '@tracegate/store/trace-store'
import { toSelected, type SelectedEvent } from './event-selection.ts'
import type { AttributeBook } from './attribute-book.ts'

/** Keys whose history is read for one page of events; serials of one lot past the first ones share what those tell. */
const keysMax = 4_000
const serialsPerLotMax = 20
const historyMax = 1_000
const atOnce = 8
const roundsMax = 6

export interface LoadedKnowledge extends FsmaKnowledge {
  /** Events that the ledger of their own goods does not have were declared wrong. */
  isDeclaredWrong(event: FsmaEvent): boolean
  readonly cuts: readonly string[]
}

export interface KnowledgeOptions {
  readonly trace: Pick<TraceStore, 'ledger'>
  readonly book: AttributeBook
  readonly knownAtMs?: number
}

export async function loadKnowledge(events: readonly SelectedEvent[], options: KnowledgeOptions): Promise<LoadedKnowledge> {
  const histories = new Map<string, readonly FsmaEvent[]>()
  const byId = new Map<string, FsmaEvent>(
    events.filter(({ fact }) => fact.errorDeclaration === undefined).map((event) => [event.fact.eventID, event])
  )
  const cuts = new Set<string>()
  const historyOf = (key: string) => histories.get(key) ?? []

  async function load(key: string): Promise<void> {
    const known = options.knownAtMs === undefined ? {} : { knownAtMs: options.knownAtMs }
    const names = lotKeyOf(key) === key ? [key, memberKey(key)] : [key]
    const ledgers = await Promise.all(names.map((name) => options.trace.ledger({ key: name, limit: historyMax, ...known })))
    if (ledgers.some((list) => list.length >= historyMax)) cuts.add(`the history of ${key} is longer than ${historyMax} events`)
    const found = new Map(ledgers.flat().map((event) => [event.eventID, byId.get(event.eventID) ?? toSelected(event)]))
    for (const [eventID, event] of found) byId.set(eventID, event)
    histories.set(
      key,
      [...found.values()].toSorted((left, right) => left.fact.eventTimeMs - right.fact.eventTimeMs)
    )
  }

  let wanted = keysIn(events.flatMap(({ fact }) => fact.subjects))
  for (let round = 0; round < roundsMax && wanted.length > 0; round += 1) {
    const room = keysMax - histories.size
    if (wanted.length > room) cuts.add(`more than ${keysMax} goods in one page of events: the history of the others was not read`)
    await eachAtOnce(wanted.slice(0, room), load)
    const inside = events.flatMap(({ fact }) =>
      fact.subjects.flatMap(({ key, kind }) =>
        kind === 'logistic' || kind === 'asset' ? contentOf(key, fact.eventTimeMs, { historyOf }) : []
      )
    )
    const units = [...histories.values()].flat().flatMap(({ fact }) => fact.subjects.filter(({ kind }) => kind === 'logistic'))
    wanted = keysIn([...inside, ...(round === 0 ? units : [])]).filter((key) => !histories.has(key))
  }
  return {
    historyOf,
    attributesOf: (key) => options.book.attributesOf(key),
    isDeclaredWrong(event) {
      const read = event.fact.subjects
        .map(({ key }) => histories.get(key))
        .find((history) => history !== undefined && history.length < historyMax)
      return read !== undefined && !read.some(({ fact }) => fact.eventID === event.fact.eventID)
    },
    cuts: [...cuts]
  }
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

async function eachAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values()
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      for (const item of waiting) await work(item)
    })
  )
}
