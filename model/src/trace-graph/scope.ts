/** Recall scope over finished walks: every part of every good in its group of state, holder and place, with exact sums. Pure. */
import { keyKind, parentKeyOf } from '../gs1/key.ts'
import type { ScopeAnswer, ScopeHolder, ScopeState, ScopeTotal } from '../trace-scope.ts'
import { scopeStates } from '../trace-scope.ts'
import { add, noAmount, quantitiesOf, type Amount } from './amounts.ts'
import { heldParts, leavesOf, type Held } from './holders.ts'
import type { TraceFact, TraceSession } from './session.ts'
import type { WalkResult } from './walk.ts'
import { windowsOf } from './windows.ts'

export interface ScopeLimits {
  readonly holdersMax: number
  readonly goodsMax: number
}

type ScopePart = Pick<ScopeAnswer, 'holders' | 'holdersFound' | 'totals' | 'products' | 'lots'>

interface Sum {
  count: number
  serials: number
  readonly amount: Amount
}

interface Group extends Sum {
  readonly held: Held
  readonly to: ScopeHolder['to']
  readonly goods: string[]
  readonly shipments: Set<string>
  sinceMs: number
  untilMs: number
  lastMs: number
}

const shipmentsMax = 20

/** `except`: goods that are told elsewhere. */
export function deriveScope(
  session: TraceSession,
  walks: readonly WalkResult[],
  limits: ScopeLimits,
  except?: ReadonlySet<string>
): ScopePart {
  const groups = new Map<string, Group>()
  const sums = new Map<ScopeState, Sum>()
  const products = new Set<string>()
  const lots = new Set<string>()
  for (const key of leavesOf(session, walks)) {
    if (except?.has(key) === true) continue
    addClasses(session, key, products, lots)
    for (const held of heldParts(session, key)) {
      enter(groupOf(groups, held), held)
      if (held.state === 'inTransit') addShipments(session, held, groups.get(idOf(held))?.shipments)
      addTo(sumOf(sums, held.state), held)
    }
  }
  const sorted = [...groups].sort(([idA, a], [idB, b]) => b.count - a.count || (idA < idB ? -1 : 1))
  return {
    holders: sorted.slice(0, limits.holdersMax).map(([, group]) => holderOf(group, limits.goodsMax)),
    holdersFound: sorted.length,
    totals: scopeStates.flatMap((state) => totalOf(state, sums.get(state))),
    products: [...products].sort(),
    lots: [...lots].sort()
  }
}

function addClasses(session: TraceSession, key: string, products: Set<string>, lots: Set<string>): void {
  const kind = keyKind(key)
  const product = kind === 'product' ? key : parentKeyOf(key)
  if (product !== undefined) products.add(product)
  if (kind === 'lot') lots.add(key)
  if (kind !== 'item') return
  for (const fact of session.facts(key)) for (const { lot } of session.subjectsOf(fact, key)) if (lot !== undefined) lots.add(lot)
}

function idOf(held: Held): string {
  const { party, place } = destinationOf(held) ?? {}
  return `${held.state} ${held.party ?? ''} ${held.place ?? ''} ${party ?? ''} ${place ?? ''}`
}

function destinationOf({ state, party, since, last }: Held): ScopeHolder['to'] {
  if (state !== 'inTransit') return undefined
  const place = [last, since].flatMap((fact) => fact?.destinations ?? []).find(({ type }) => type === 'location')?.key
  return party === undefined && place === undefined
    ? undefined
    : { ...(party === undefined ? {} : { party }), ...(place === undefined ? {} : { place }) }
}

function groupOf(groups: Map<string, Group>, held: Held): Group {
  const id = idOf(held)
  let group = groups.get(id)
  if (group === undefined) {
    const times = { sinceMs: Infinity, untilMs: -Infinity, lastMs: -Infinity }
    group = { held, to: destinationOf(held), goods: [], shipments: new Set(), count: 0, serials: 0, amount: noAmount(), ...times }
    groups.set(id, group)
  }
  return group
}

function enter(group: Group, held: Held): void {
  group.goods.push(held.key)
  addTo(group, held)
  const sinceMs = held.since?.eventTimeMs ?? 0
  group.sinceMs = Math.min(group.sinceMs, sinceMs)
  group.untilMs = Math.max(group.untilMs, sinceMs)
  group.lastMs = Math.max(group.lastMs, held.last?.eventTimeMs ?? 0)
}

function sumOf(sums: Map<ScopeState, Sum>, state: ScopeState): Sum {
  let sum = sums.get(state)
  if (sum === undefined) {
    sum = { count: 0, serials: 0, amount: noAmount() }
    sums.set(state, sum)
  }
  return sum
}

function addTo(sum: Sum, held: Held): void {
  sum.count += 1
  if (held.amount === undefined) sum.serials += 1
  else add(sum.amount, held.amount)
}

/** The transactions of the events that sent it, else the outermost unit that it travels in. */
function addShipments(session: TraceSession, { key, since, last }: Held, shipments: Set<string> | undefined): void {
  if (shipments === undefined || shipments.size >= shipmentsMax) return
  const before = shipments.size
  for (const fact of [since, last]) for (const { id } of transactionsOf(fact)) if (shipments.size < shipmentsMax) shipments.add(id)
  if (shipments.size > before || transactionsOf(last).length > 0) return
  const own = session.containments(key).findLast(({ closed }) => closed === undefined)
  const outermost = own === undefined ? undefined : windowsOf(session, own).findLast(({ window }) => window.to === undefined)
  if (outermost !== undefined) shipments.add(outermost.window.container)
}

function transactionsOf(fact: TraceFact | undefined): TraceFact['bizTransactions'] {
  return fact?.bizTransactions ?? []
}

function holderOf(group: Group, goodsMax: number): ScopeHolder {
  const { held, to, shipments, count, serials, amount, sinceMs, untilMs, lastMs } = group
  const { state, party, place } = held
  return {
    state,
    ...(party === undefined ? {} : { party }),
    ...(place === undefined ? {} : { place }),
    ...(to === undefined ? {} : { to }),
    ...(shipments.size === 0 ? {} : { shipments: [...shipments].sort() }),
    goods: group.goods.sort().slice(0, goodsMax),
    count,
    serials,
    quantities: quantitiesOf(amount),
    ...(amount.untold ? { quantityUnknown: true } : {}),
    sinceMs,
    untilMs,
    lastMs
  }
}

function totalOf(state: ScopeState, sum: Sum | undefined): ScopeTotal[] {
  if (sum === undefined) return []
  return [{ state, count: sum.count, serials: sum.serials, quantities: quantitiesOf(sum.amount) }]
}
