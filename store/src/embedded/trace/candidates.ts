/**
 * Which ledger rows can answer a query: those of the member or condition that names the fewest events. They only narrow down; the matcher
 * decides. Runs in the worker.
 */
import { keyMatchers, type EventFilter } from '@tracegate/model/epcis/query/filter'
import { hintsOf, type EventReference } from '@tracegate/model/epcis/query/hints'
import { memberKey, transactionKey, transformationKey } from '@tracegate/model/trace-graph/references'
import { eventIDKey, hashKey, roleBits, subjectBits } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerRow } from './ledger-row.ts'
import { hasOwnRows, referenceKey } from './refs.ts'

/** A key of the ledger and the roles in which it must stand. */
interface Asked {
  readonly hash: number
  readonly roles: number
}

/** Rows that are read for one member of a query: with more, going along the heads is cheaper. */
const rowsMax = 500_000
/** With so few no other member is looked at. */
const rowsFew = 256

/** Each event once, oldest first; undefined when nothing of the query names keys, or only such as too many events name. */
export function candidatesOf(ledger: Ledger, filter: EventFilter): LedgerRow[] | undefined {
  let least: LedgerRow[] | undefined
  for (const asked of askedBy(filter)) {
    const rows = rowsOf(ledger, asked, filter)
    if (rows === undefined || (least !== undefined && rows.length >= least.length)) continue
    least = rows
    if (least.length <= rowsFew) break
  }
  return least
}

function rowsOf(ledger: Ledger, asked: readonly Asked[], { fromMs, toMs }: EventFilter): LedgerRow[] | undefined {
  const range = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs: toMs - 1 }) }
  if (asked.length === 1) {
    const [only] = asked
    const rows = only === undefined ? [] : ledger.find({ ...only, ...range, limit: rowsMax })
    return rows.length === rowsMax ? undefined : rows
  }
  const found = new Map<number, LedgerRow>()
  for (const one of asked) {
    for (const row of ledger.find({ ...one, ...range, limit: rowsMax })) found.set(row.seq, row)
    if (found.size >= rowsMax) return undefined
  }
  return [...found.values()].sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq)
}

/** Of each member that names keys: the keys of which an event must name one. */
function* askedBy(filter: EventFilter): Generator<readonly Asked[]> {
  if (filter.eventIDs !== undefined)
    yield filter.eventIDs.map((eventID) => ({ hash: hashKey(eventIDKey(eventID)), roles: roleBits.eventID }))
  for (const { member, roles } of keyMatchers) {
    const keys = filter[member]
    if (keys === undefined) continue
    const bits = roles.length === 0 ? subjectBits : roles.reduce((all, role) => all | roleBits[role], 0)
    yield keys.map((key) => ({ hash: hashKey(key), roles: bits }))
  }
  for (const condition of filter.conditions ?? []) {
    const asked = hintsOf(condition).references?.map(askedOf)
    if (asked?.every((one) => one !== undefined) === true) yield asked.flatMap((one) => one ?? [])
  }
}

/** Undefined where the ledger has no rows of the kind. */
function askedOf(reference: EventReference): readonly Asked[] | undefined {
  const { kind, value } = reference
  const refer = (key: string): Asked => ({ hash: hashKey(key), roles: roleBits.reference })
  switch (kind) {
    case 'key':
      return [{ hash: hashKey(value), roles: subjectBits }]
    case 'product':
      return [refer(memberKey(value)), { hash: hashKey(value), roles: subjectBits }]
    case 'transformation':
      return [refer(transformationKey(value))]
    case 'bizTransaction':
      return [refer(transactionKey(value))]
    case 'source':
    case 'destination':
    case 'correctiveEvent':
    case 'device':
      return hasOwnRows(reference) ? [refer(referenceKey(reference))] : undefined
    default:
      return kind
  }
}
