/** Whose goods the parts of a recall are: the party, else whoever runs the place, else the place. It asks the registers and no store. */
import { createHash } from 'node:crypto'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import type { RecallGood } from '@tracegate/model/recall-outcome'
import { type RecallHolder, recallHoldersMax, unknownHolder } from '@tracegate/model/recall-parts'
import { add, clean, noAmount, quantitiesOf, type Amount } from '@tracegate/model/trace-graph/amounts'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import { scopeStates, type ScopeHolder, type ScopeState, type ScopeTotal } from '@tracegate/model/trace-scope'
import type { Quantity } from '@tracegate/model/trace'
import type { Registers } from '../registers.ts'
import { indexNames, nameHolder, type NameIndex } from '../trace/scope-names.ts'

export interface HolderNames {
  /** Key of the holder, and what the registers know of it. */
  of(good: Pick<RecallGood, 'state' | 'party' | 'place'>): Named
}

interface Named {
  readonly key: string
  readonly names: Pick<ScopeHolder, 'party' | 'partyName' | 'contact' | 'place' | 'placeName'>
}

export async function openHolderNames(registers: Pick<Registers, 'names'>): Promise<HolderNames> {
  const index = indexNames(await registers.names())
  const known = new Map<string, Named>()
  return {
    of({ state, party, place }) {
      const id = `${party ?? ''}\t${place ?? ''}`
      let named = known.get(id)
      if (named === undefined) {
        const bare = { state, goods: [], count: 0, serials: 0, quantities: [], sinceMs: 0, untilMs: 0, lastMs: 0 }
        const told = nameHolder(index, { ...bare, ...partyOf(index, party, place), ...(place === undefined ? {} : { place }) })
        const { state: _state, goods: _goods, count: _count, serials: _serials, quantities: _quantities, ...names } = told
        named = { key: told.party ?? (place === undefined ? unknownHolder : glnPlace(place)), names: namesOnly(names) }
        known.set(id, named)
      }
      return named
    }
  }
}

/** A place of nobody we know is that of the party with the same GLN, where one is registered. */
function partyOf(index: NameIndex, party: string | undefined, place: string | undefined): { party?: string } {
  if (party !== undefined || place === undefined || index.places.has(place)) return party === undefined ? {} : { party }
  const same = glnPlace(place).replace('/414/', '/417/')
  return index.parties.has(same) ? { party: same } : {}
}

function namesOnly({ party, partyName, contact, place, placeName }: Partial<ScopeHolder>): Named['names'] {
  return {
    ...(party === undefined ? {} : { party }),
    ...(partyName === undefined ? {} : { partyName }),
    ...(contact === undefined ? {} : { contact }),
    ...(place === undefined ? {} : { place }),
    ...(placeName === undefined ? {} : { placeName })
  }
}

/** The same for the same holder in every recall, and not to be turned back into it without a list of all. */
function holderId(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}

const lotsPerHolderMax = 200
const productsPerHolderMax = 50

interface Group {
  readonly named: Named
  readonly states: Set<ScopeState>
  readonly products: Set<string>
  readonly lots: Set<string>
  readonly amount: Amount
  count: number
  serials: number
  sinceMs: number
  untilMs: number
  lastMs: number
}

/** Everything of one holder together, those with most goods first. */
export function groupHolders(goods: readonly RecallGood[], names: HolderNames): { holders: RecallHolder[]; found: number } {
  const groups = new Map<string, Group>()
  for (const good of goods) {
    const named = names.of(good)
    let group = groups.get(named.key)
    if (group === undefined) {
      const sums = {
        states: new Set<ScopeState>(),
        products: new Set<string>(),
        lots: new Set<string>(),
        amount: noAmount(),
        count: 0,
        serials: 0
      }
      group = { named, ...sums, sinceMs: Infinity, untilMs: 0, lastMs: 0 }
      groups.set(named.key, group)
    }
    enter(group, good)
  }
  const sorted = [...groups].sort(([keyA, a], [keyB, b]) => b.count - a.count || (keyA < keyB ? -1 : 1))
  return { holders: sorted.slice(0, recallHoldersMax).map(([key, group]) => holderOf(key, group)), found: sorted.length }
}

function enter(group: Group, good: RecallGood): void {
  const { key, lot, state, quantities, sinceMs, lastMs } = good
  group.states.add(state)
  const product = keyKind(key) === 'product' ? key : parentKeyOf(key)
  if (product !== undefined) group.products.add(product)
  const own = keyKind(key) === 'lot' ? key : lot
  if (own !== undefined) group.lots.add(own)
  group.count += 1
  if (quantities === undefined) group.serials += 1
  else addQuantities(group.amount, quantities, good.quantityUnknown)
  group.sinceMs = Math.min(group.sinceMs, sinceMs)
  group.untilMs = Math.max(group.untilMs, sinceMs)
  group.lastMs = Math.max(group.lastMs, lastMs)
}

function addQuantities(into: Amount, quantities: readonly Quantity[], untold: boolean | undefined): void {
  add(into, { of: new Map(quantities.map(({ quantity, uom }) => [uom ?? 'C62', clean(quantity)])), untold: untold === true })
}

function holderOf(key: string, group: Group): RecallHolder {
  const { named, states, products, lots, amount, count, serials, sinceMs, untilMs, lastMs } = group
  return {
    id: holderId(key),
    key,
    ...named.names,
    states: scopeStates.filter((state) => states.has(state)),
    products: [...products].sort().slice(0, productsPerHolderMax),
    lots: [...lots].sort().slice(0, lotsPerHolderMax),
    count,
    serials,
    quantities: quantitiesOf(amount),
    ...(amount.untold ? { quantityUnknown: true } : {}),
    sinceMs,
    untilMs,
    lastMs
  }
}

/** Exact sums by state. */
export function totalsOf(goods: readonly RecallGood[]): ScopeTotal[] {
  return scopeStates.flatMap((state) => {
    const own = goods.filter((good) => good.state === state)
    return own.length === 0 ? [] : [{ state, ...sumOf(own) }]
  })
}

export function sumOf(goods: readonly RecallGood[]): { count: number; serials: number; quantities: Quantity[] } {
  const amount = noAmount()
  let serials = 0
  for (const { quantities, quantityUnknown } of goods) {
    if (quantities === undefined) serials += 1
    else addQuantities(amount, quantities, quantityUnknown)
  }
  return { count: goods.length, serials, quantities: quantitiesOf(amount) }
}
