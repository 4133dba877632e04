/** The events of keys by time: the ledger of one, the newest of several. Reads only. */
import { compareFacts, type TraceFact } from '@tracegate/model/trace-graph/session'
import type { Knowledge, TraceEvent } from '@tracegate/model/trace-event'
import { ledgerLimitDefault } from '../../trace-rules.ts'
import { nanosTextOf } from '../line-protocol.ts'
import { spanOfMs, type TimeSpan } from '../selection.ts'
import type { EventRows, StoredVersion } from './event-rows.ts'
import { keysPerStatement, lookUpOnce } from './lookup.ts'
import { createQuestionReader } from './reader.ts'
import { pointTimeMs, type Position } from './position.ts'
import { chunksOf, type Selector } from './select.ts'

export interface LedgerQuery extends Knowledge {
  readonly key: string
  readonly fromMs?: number
  /** Included. */
  readonly toMs?: number
  readonly limit?: number
}

/** Oldest first, with their JSON. */
export async function ledgerOf(selector: Selector, events: EventRows, query: LedgerQuery): Promise<TraceEvent[]> {
  const { key, fromMs = -Infinity, toMs = Infinity, limit = ledgerLimitDefault, knownAtMs, withDeclared } = query
  const knowledge = { ...(knownAtMs === undefined ? {} : { knownAtMs }), ...(withDeclared === undefined ? {} : { withDeclared }) }
  if (limit <= 0) return []
  const found: StoredVersion[] = []
  let span = spanOfMs(pointTimeMs(fromMs), pointTimeMs(toMs))
  while (span !== undefined) {
    const refs = await lookUpOnce(selector, [key], { span, rowsMax: limit + 64 })
    const versions = (await createQuestionReader(selector, events).of([key], refs, { json: true, ...knowledge })).get(key) ?? []
    found.push(...versions.filter(({ fact }) => fact.eventTimeMs >= fromMs && fact.eventTimeMs <= toMs))
    const last = refs.positions.get(key)?.at(-1)
    // Events of one time are put in order by more than their position: all of the last time are needed before the cut.
    const isEnough = (found[limit - 1]?.position.ms ?? Infinity) < (last?.ms ?? -Infinity)
    span = refs.isCut && !isEnough ? spanAfter(span, last) : undefined
  }
  const ordered = found.sort((a, b) => compareFacts(a.fact, b.fact)).slice(0, limit)
  return ordered.map(({ fact, json }) => ({ ...fact, json }))
}

/** The whole seat was read, in every slot: a page ends with whole times. */
function spanAfter(span: TimeSpan, last: Position | undefined): TimeSpan | undefined {
  if (last === undefined) return undefined
  const fromNanos = (BigInt(nanosTextOf(last.ms, last.nanos)) + 16n).toString()
  return BigInt(fromNanos) > BigInt(span.toNanos) ? undefined : { ...span, fromNanos }
}

/** The newest events of each key, oldest first. */
export async function newestOf(
  selector: Selector,
  events: EventRows,
  { keys, newest }: { readonly keys: readonly string[]; readonly newest: number }
): Promise<Map<string, readonly TraceFact[]>> {
  const histories = new Map<string, readonly TraceFact[]>()
  if (newest <= 0) return new Map(keys.map((key) => [key, []]))
  const read = async (asked: readonly string[], rowsMax: number): Promise<void> => {
    const refs = await lookUpOnce(selector, asked, { order: 'descending', rowsMax })
    if (refs.isCut && asked.length > 1) {
      const middle = Math.ceil(asked.length / 2)
      for (const half of [asked.slice(0, middle), asked.slice(middle)]) await read(half, rowsWanted(half.length, newest))
      return
    }
    const versions = await createQuestionReader(selector, events).of(asked, refs)
    for (const [key, ofKey] of versions) {
      // Of the last millisecond some may be missing, and what is declared wrong took room.
      if (refs.isCut && !isWhole(ofKey, newest)) return read(asked, rowsMax * 8)
      histories.set(
        key,
        ofKey
          .map(({ fact }) => fact)
          .sort(compareFacts)
          .slice(-newest)
      )
    }
  }
  await selector.each(chunksOf([...new Set(keys)], keysPerStatement), (chunk) => read(chunk, rowsWanted(chunk.length, newest)))
  return histories
}

function rowsWanted(keys: number, newest: number): number {
  return keys * newest * 2 + 16
}

function isWhole(versions: readonly StoredVersion[], newest: number): boolean {
  const last = versions.at(-1)
  return versions.length > newest && versions[newest - 1]?.position.ms !== last?.position.ms
}
