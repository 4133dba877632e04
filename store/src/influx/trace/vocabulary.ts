/**
 * The words and keys that events use, in pages: words by their hash, one point each; keys by their bucket and then their hash, since distinct
 * keys can only be told from references. Reads only.
 */
import { hash53 } from '@tracegate/model/hash53'
import { encodeCursor, readCursor } from '../../trace-rules.ts'
import type { VocabularyPage, VocabularyQuery } from '../../trace-store.ts'
import { nanosTextOf } from '../line-protocol.ts'
import { wholeTime, type SelectedRow } from '../selection.ts'
import type { EventRows } from './event-rows.ts'
import { refMeasurement, wordMeasurement } from './points.ts'
import { bucketNames, indexText, positionKey, type Position } from './position.ts'
import { positionOf } from './position-reader.ts'
import type { Selector } from './select.ts'

const wordsPageMax = 10_000

export async function vocabularyOf(selector: Selector, events: EventRows, query: VocabularyQuery): Promise<VocabularyPage> {
  const limit = Math.max(1, Math.min(query.limit, wordsPageMax))
  return query.name === 'epc' ? keysPage(selector, events, { ...query, limit }) : wordsPage(selector, { ...query, limit })
}

async function wordsPage(selector: Selector, { name, after, limit }: VocabularyQuery): Promise<VocabularyPage> {
  const from = after === undefined ? undefined : readCursor(after)
  const start = from === undefined ? 0n : BigInt(nanosTextOf(from.timeMs, from.seq)) + 1n
  const rows = await selector.rows({
    measurement: wordMeasurement,
    fields: ['word'],
    where: [{ tag: 'k', anyOf: [name] }],
    tags: [],
    span: { ...wholeTime, fromNanos: start.toString() },
    rowsMax: limit + 1
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const values = page.map(({ values: [word] }) => String(word))
  return rows.length > limit && last !== undefined ? { values, next: encodeCursor({ timeMs: last.timeMs, seq: last.nanos }) } : { values }
}

/** Buckets read at once, and references that they may hold together before fewer are read at once. */
const bucketsAtOnce = 256
const rowsAtOnce = 20_000
/** References of one key that are looked into for an event that came to be. */
const positionsPerKey = 8

interface Named {
  readonly key: string
  readonly hash: number
}

async function keysPage(selector: Selector, events: EventRows, { after, limit }: VocabularyQuery): Promise<VocabularyPage> {
  const from = after === undefined ? { timeMs: 0, seq: -1 } : readCursor(after)
  const values: string[] = []
  let last = from
  let bucket = Math.max(0, from.timeMs)
  let count = bucketsAtOnce
  while (bucket < bucketNames.length) {
    const names = bucketNames.slice(bucket, bucket + count)
    const rows = await refsOf(selector, names)
    if (rows === undefined) {
      count = Math.max(1, Math.floor(count / 4))
      continue
    }
    const byBucket = Map.groupBy(rows, ({ tags }) => tags['b'] ?? '')
    for (const [index, name] of names.entries()) {
      const ofBucket = byBucket.get(name)
      const known = ofBucket === undefined ? [] : await keysOf(selector, events, ofBucket)
      for (const { key, hash } of known) {
        if (bucket + index === from.timeMs && hash <= from.seq) continue
        if (values.length === limit) return { values, next: encodeCursor(last) }
        values.push(key)
        last = { timeMs: bucket + index, seq: hash }
      }
    }
    bucket += names.length
  }
  return { values }
}

/** Undefined when they are too many to be read at once. */
async function refsOf(selector: Selector, buckets: readonly string[]): Promise<SelectedRow[] | undefined> {
  const rows = await selector.rows({
    measurement: refMeasurement,
    fields: ['roles', 'key'],
    where: [{ tag: 'b', anyOf: buckets }],
    tags: ['b', 's'],
    ...(buckets.length === 1 ? {} : { rowsMax: rowsAtOnce + 1 })
  })
  return buckets.length > 1 && rows.length > rowsAtOnce ? undefined : rows
}

/** Keys of goods in one bucket by their hash; only such as an event names that came to be. */
async function keysOf(selector: Selector, events: EventRows, rows: readonly SelectedRow[]): Promise<Named[]> {
  const positions = new Map<string, Position[]>()
  for (const row of rows) {
    const [roles, text] = row.values
    if (Number(roles) === 0) continue
    const known = positions.get(String(text)) ?? []
    if (known.length < positionsPerKey) positions.set(String(text), [...known, positionOf(row)])
  }
  const all = new Map([...positions.values()].flat().map((position) => [positionKey(position), position]))
  const keys = new Set<string>()
  for (const { fact } of await events.at(selector, [...all.values()]))
    for (const { key } of fact.subjects) if (positions.has(indexText(key))) keys.add(key)
  return [...keys].map((key) => ({ key, hash: hash53(key) })).sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1))
}
