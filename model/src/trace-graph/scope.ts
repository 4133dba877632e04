/** Recall scope over finished walks: every part of every good in its group of state, holder and place, with exact sums. Pure. */
import { parentKeyOf } from '../gs1/key.ts'
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
  /** Events whose shipments are in. */
  readonly sent: Set<TraceFact | undefined>
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
  const classes = createClasses(session)
  for (const key of leavesOf(session, walks)) {
    if (except?.has(key) === true) continue
    classes.add(key)
    for (const held of heldParts(session, key)) {
      const group = groupOf(groups, held)
      enter(group, held)
      addTo(sumOf(sums, held.state), held)
      if (held.state === 'inTransit') addShipments(session, held, group)
    }
  }
  const sorted = [...groups].sort(([idA, a], [idB, b]) => b.count - a.count || (idA < idB ? -1 : 1))
  return {
    holders: sorted.slice(0, limits.holdersMax).map(([, group]) => holderOf(group, limits.goodsMax)),
    holdersFound: sorted.length,
    totals: scopeStates.flatMap((state) => totalOf(state, sums.get(state))),
    ...classes.found()
  }
}

/** The products and lots that goods belong to. */
function createClasses(session: TraceSession) {
  const products = new Set<string>()
  const lots = new Set<string>()
  // Neighbours are mostly of one product: its key is a part of theirs.
  let product = ''
  return {
    add(key: string): void {
      const kind = session.kindOf(key)
      if (product === '' || !key.startsWith(product)) {
        const found = kind === 'product' ? key : parentKeyOf(key)
        if (found !== undefined) products.add(found)
        product = found === undefined || kind === 'product' ? '' : `${found}/`
      }
      if (kind === 'lot') lots.add(key)
      if (kind !== 'item') return
      for (const fact of session.facts(key)) {
        if (!tellsLot(fact)) continue
        for (const { lot } of session.subjectsOf(fact, key)) if (lot !== undefined) lots.add(lot)
      }
    },
    found: () => ({ products: [...products].sort(), lots: [...lots].sort() })
  }
}

/** An event tells the lots of its first items or of none, but for those that name them one by one: looked through once. */
const lotTelling = new WeakMap<TraceFact, boolean>()

function tellsLot(fact: TraceFact): boolean {
  let tells = lotTelling.get(fact)
  if (tells === undefined) {
    tells = fact.subjects.some(({ lot }) => lot !== undefined)
    lotTelling.set(fact, tells)
  }
  return tells
}

function placeOfDestination({ state, since, last }: Held): string | undefined {
  if (state !== 'inTransit') return undefined
  for (const fact of [last, since]) for (const { type, key } of fact?.destinations ?? []) if (type === 'location') return key
  return undefined
}

function destinationOf(held: Held, place: string | undefined): ScopeHolder['to'] {
  const { state, party } = held
  if (state !== 'inTransit' || (party === undefined && place === undefined)) return undefined
  return { ...(party === undefined ? {} : { party }), ...(place === undefined ? {} : { place }) }
}

function groupOf(groups: Map<string, Group>, held: Held): Group {
  const place = placeOfDestination(held)
  const id = `${held.state} ${held.party ?? ''} ${held.place ?? ''} ${place ?? ''}`
  let group = groups.get(id)
  if (group === undefined) {
    const times = { sinceMs: Infinity, untilMs: -Infinity, lastMs: -Infinity }
    const shipments = { shipments: new Set<string>(), sent: new Set<TraceFact | undefined>() }
    group = { held, to: destinationOf(held, place), goods: [], ...shipments, count: 0, serials: 0, amount: noAmount(), ...times }
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
function addShipments(session: TraceSession, { key, since, last }: Held, { shipments, sent }: Group): void {
  if (shipments.size >= shipmentsMax || (sent.has(since) && sent.has(last))) return
  sent.add(since).add(last)
  const transactions = [...transactionsOf(since), ...transactionsOf(last)]
  for (const { id } of transactions) if (shipments.size < shipmentsMax) shipments.add(id)
  if (transactions.length > 0) return
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
