/**
 * What became of recalled goods, told by events alone: quarantined, on the way back, returned, corrected, destroyed, sold, or only where
 * they are. Which events say so is policy and plan. Pure.
 */
import type { OutcomeRule, OutcomeRules } from './policy/recalls.ts'
import type { TraceFact } from './trace-event.ts'
import type { KeyCut, Quantity } from './trace.ts'
import type { ScopeState } from './trace-scope.ts'

/** Best to worst for whoever must find them; the last six are where goods are of which no event told more. */
export const recallOutcomes = [
  'destroyed',
  'returned',
  'corrected',
  'quarantined',
  'returning',
  'consumed',
  'sold',
  'inStock',
  'inTransit',
  'unknown'
] as const
export type RecallOutcome = (typeof recallOutcomes)[number]
/** Out of the way of harm for good. */
export const removedOutcomes: ReadonlySet<RecallOutcome> = new Set(['destroyed', 'returned', 'corrected'])

export interface OutcomeSettings {
  readonly rules: OutcomeRules
  /** Parties and places that take goods back. */
  readonly returnTo: readonly string[]
  readonly quarantineAt: readonly string[]
  /** Returns and corrections of before are not of this recall. */
  readonly sinceMs: number
}

/** One good, or the part of a lot that shares state, holder, place and outcome. */
export interface RecallGood {
  readonly key: string
  readonly lot?: string
  readonly state: ScopeState
  readonly outcome: RecallOutcome
  readonly party?: string
  readonly place?: string
  /** Where goods under way are sent. */
  readonly toPlace?: string
  /** Missing for a thing with a serial number. */
  readonly quantities?: readonly Quantity[]
  readonly quantityUnknown?: boolean
  readonly sinceMs: number
  readonly lastMs: number
  /** The event that told the outcome. */
  readonly outcomeMs?: number
  readonly eventID?: string
}

export interface RecallGoodsAnswer {
  readonly goods: readonly RecallGood[]
  /** Parts found; more than listed where the list is cut. */
  readonly found: number
  /** Asked `exact`: everything that any of them ever was in, with the places of these in the list asked for. An event of it is one of theirs. */
  readonly within: Readonly<Record<string, readonly number[]>>
  readonly cuts?: readonly KeyCut[]
  readonly truncated: boolean
  readonly tookMs: number
}

export interface OutcomeRuler {
  /** What the events, oldest first, say at last; undefined where they only say where it is. */
  fold(facts: readonly TraceFact[]): { readonly outcome: RecallOutcome; readonly by: TraceFact } | undefined
  /** What one event says of goods of which `told` was said before; undefined: nothing new, `cleared`: it no longer holds. */
  tells(fact: TraceFact, told: RecallOutcome | undefined): RecallOutcome | 'cleared' | undefined
}

const arrivals: ReadonlySet<string> = new Set(['receiving', 'arriving', 'accepting'])
const leavings: ReadonlySet<string> = new Set(['shipping', 'departing', 'transporting', 'consigning', 'loading'])
const isUnderWay = (fact: TraceFact): boolean => fact.disposition === 'in_transit' || leavings.has(fact.bizStep ?? '')

export function createOutcomeRuler(settings: OutcomeSettings): OutcomeRuler {
  const { rules, sinceMs } = settings
  const quarantined = matcherOf(rules.quarantined, settings.quarantineAt)
  const returned = matcherOf(rules.returned)
  const corrected = matcherOf(rules.corrected)
  const destroyed = matcherOf(rules.destroyed)
  const released = matcherOf(rules.released)
  const returnTo = placeMatcher(settings.returnTo)
  const isReturn = (fact: TraceFact): boolean =>
    returned(fact) || returnTo(fact.bizLocation) || returnTo(fact.readPoint, fact) || fact.destinations.some(({ key }) => returnTo(key))

  function tells(fact: TraceFact, told: RecallOutcome | undefined): RecallOutcome | 'cleared' | undefined {
    if (destroyed(fact)) return 'destroyed'
    // Seen again after its destruction: then it was not destroyed.
    if (told === 'destroyed') return 'cleared'
    const isNew = fact.eventTimeMs >= sinceMs
    if (isNew && corrected(fact)) return 'corrected'
    if (told === 'corrected') return undefined
    if (isNew && isReturn(fact))
      return isUnderWay(fact) && !arrivals.has(fact.bizStep ?? '') ? (told === 'returned' ? undefined : 'returning') : 'returned'
    if (told === 'returning' && arrivals.has(fact.bizStep ?? '')) return 'returned'
    if (told === 'returned' || told === 'returning')
      // Returned goods may travel on to where they are destroyed; only to be sold again undoes it.
      return released(fact) && !isUnderWay(fact) ? 'cleared' : undefined
    if (quarantined(fact)) return 'quarantined'
    return told === 'quarantined' && released(fact) ? 'cleared' : undefined
  }

  return {
    tells,
    fold(facts) {
      let told: { outcome: RecallOutcome; by: TraceFact } | undefined
      for (const fact of facts) {
        const says = tells(fact, told?.outcome)
        if (says === 'cleared') told = undefined
        else if (says !== undefined && says !== told?.outcome) told = { outcome: says, by: fact }
      }
      return told
    }
  }
}

type Matcher = (fact: TraceFact) => boolean

function matcherOf(rule: OutcomeRule, places: readonly string[] = []): Matcher {
  const steps = new Set(rule.bizSteps)
  const dispositions = new Set(rule.dispositions)
  const transactions = new Set(rule.transactions)
  const isPlace = placeMatcher([...rule.places, ...places])
  return (fact) =>
    (fact.bizStep !== undefined && steps.has(fact.bizStep)) ||
    (fact.disposition !== undefined && dispositions.has(fact.disposition)) ||
    isPlace(fact.bizLocation) ||
    fact.bizTransactions.some(({ type }) => type !== undefined && transactions.has(bareType(type)))
}

/** `rma` of `urn:epcglobal:cbv:btt:rma` and of `https://ref.gs1.org/cbv/BTT-rma`. */
function bareType(type: string): string {
  return /(?::btt:|BTT-)([a-z_]+)$/.exec(type)?.[1] ?? type
}

/**
 * A place of a GLN is meant with all its sub-locations, and a party with the place of its GLN. As a read point it counts only where nobody
 * sends the goods away from it.
 */
function placeMatcher(keys: readonly string[]): (key: string | undefined, from?: TraceFact) => boolean {
  const wanted = new Set(keys.map(placeOfParty))
  if (wanted.size === 0) return () => false
  return (key, from) => {
    if (key === undefined || (from !== undefined && (isUnderWay(from) || from.bizLocation !== undefined))) return false
    const place = placeOfParty(key)
    if (wanted.has(place)) return true
    const at = place.indexOf('/254/')
    return at > 0 && wanted.has(place.slice(0, at))
  }
}

const placeOfParty = (key: string): string => key.replace('/417/', '/414/')
