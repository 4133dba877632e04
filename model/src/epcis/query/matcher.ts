/**
 * Judges events by the conditions of a query. Conditions are made ready once; an event's JSON is parsed at most once, and only when a
 * condition needs what its fact does not hold. Pure.
 */
import { parentKeyOf } from '../../gs1/key.ts'
import type { TraceEvent, TraceFact, TraceSubject } from '../../trace-event.ts'
import { keyOf } from '../normalise.ts'
import { bareTerm } from '../vocabulary.ts'
import { compare } from './compare.ts'
import { classLists, type EventCondition, type KeyMatch, type MatchList } from './condition.ts'
import { membersOf, memberOf, openEvent, stringsOf, type OpenEvent } from './event-members.ts'
import { judgeExtension, judgeNamedIdentifier } from './match-extension.ts'
import { judgeSensorNumber, judgeSensorText, judgeSensorTime, sensorPartsOf } from './match-sensor.ts'
import { matchesFilter, type EventFilter } from './filter.ts'
import { convertCommonUnit } from '../../common-unit.ts'

/** `json` is called at most once. */
export type EventMatcher = (fact: TraceFact, json: () => string) => boolean

type Judge = (event: OpenEvent) => boolean

/** One matcher for many events. */
export function createMatcher(conditions: readonly EventCondition[]): EventMatcher {
  // What the fact decides comes first: most events need no parsing then.
  const judges = conditions.toSorted((a, b) => Number(needsJson(a)) - Number(needsJson(b))).map(judgeOf)
  return (fact, json) => {
    const event = openEvent(fact, json)
    return judges.every((judge) => judge(event))
  }
}

/** A matcher of the whole filter, conditions included. */
export function createFilterMatcher(filter: EventFilter): EventMatcher {
  const matches = createMatcher(filter.conditions ?? [])
  return (fact, json) => matchesFilter(fact, filter) && matches(fact, json)
}

const matchers = new WeakMap<readonly EventCondition[], EventMatcher>()

/** Whether one event meets all of the conditions; the same array is made ready once. */
export function matchesConditions(event: TraceEvent, conditions: readonly EventCondition[] | undefined): boolean {
  if (conditions === undefined || conditions.length === 0) return true
  let matcher = matchers.get(conditions)
  if (matcher === undefined) matchers.set(conditions, (matcher = createMatcher(conditions)))
  return matcher(event, () => event.json)
}

/** Whether judging the condition may parse the event. */
function needsJson(condition: EventCondition): boolean {
  switch (condition.type) {
    case 'quantity':
    case 'bizTransaction':
    case 'source':
    case 'destination':
    case 'transformationID':
    case 'declarationTime':
    case 'errorReason':
    case 'correctiveEventID':
    case 'match':
      return false
    case 'exists':
      return condition.member !== 'errorDeclaration'
    case 'identifier':
      return typeof condition.field !== 'string' || condition.field === 'deviceID'
    case 'persistentDisposition':
    case 'sensorTime':
    case 'sensorText':
    case 'sensorBoolean':
    case 'sensorNumber':
    case 'extension':
      return true
    default:
      return condition
  }
}

function judgeOf(condition: EventCondition): Judge {
  switch (condition.type) {
    case 'match':
      return judgeMatch(condition.lists, condition.keys)
    case 'quantity':
      return judgeQuantity(condition)
    case 'bizTransaction':
      return judgePairs(condition, ({ fact }) => fact.bizTransactions.map(({ type, id }) => ({ type, key: id })))
    case 'source':
      return judgePairs(condition, ({ fact }) => fact.sources)
    case 'destination':
      return judgePairs(condition, ({ fact }) => fact.destinations)
    case 'transformationID': {
      const keys = new Set(condition.keys)
      return ({ fact }) => fact.transformationID !== undefined && keys.has(fact.transformationID)
    }
    case 'persistentDisposition': {
      const terms = new Set(condition.terms)
      return (event) => {
        const list = memberOf(memberOf(event.members(), 'persistentDisposition'), condition.list)
        return stringsOf(list).some((term) => terms.has(bareTerm('disposition', term)))
      }
    }
    case 'exists':
      return condition.member === 'errorDeclaration'
        ? ({ fact }) => fact.errorDeclaration !== undefined
        : (event) => sensorPartsOf(event).length > 0
    case 'declarationTime':
      return ({ fact }) =>
        fact.errorDeclaration !== undefined && compare(condition.comparison, fact.errorDeclaration.declarationTimeMs, condition.timeMs)
    case 'errorReason': {
      const terms = new Set(condition.terms)
      return ({ fact }) => fact.errorDeclaration?.reason !== undefined && terms.has(fact.errorDeclaration.reason)
    }
    case 'correctiveEventID': {
      const ids = new Set(condition.ids)
      return ({ fact }) => fact.errorDeclaration?.correctiveEventIDs.some((id) => ids.has(id)) === true
    }
    case 'sensorTime':
      return judgeSensorTime(condition)
    case 'sensorText':
      return judgeSensorText(condition)
    case 'sensorBoolean':
      return (event) =>
        sensorPartsOf(event).some(({ reports }) => reports.some((report) => memberOf(report, 'booleanValue') === condition.value))
    case 'sensorNumber':
      return judgeSensorNumber(condition)
    case 'extension':
      return judgeExtension(condition)
    case 'identifier':
      return judgeIdentifier(condition)
    default:
      return condition
  }
}

function judgeQuantity({ comparison, values, uom }: Extract<EventCondition, { type: 'quantity' }>): Judge {
  return ({ fact }) =>
    fact.subjects.some((subject) => {
      if (subject.quantity === undefined) return false
      // EPCIS 2.0 §7.3.3.3.1: a quantity without unit is a count of instances.
      const found = uom === undefined ? subject.quantity : convertCommonUnit(subject.quantity, subject.uom ?? 'C62', uom)
      return found !== undefined && values.some((value) => compare(comparison, found, value))
    })
}

function judgePairs(
  { ofType, keys }: { readonly ofType: string; readonly keys: readonly string[] },
  pairsOf: (event: OpenEvent) => readonly { readonly type?: string | undefined; readonly key: string }[]
): Judge {
  const wanted = new Set(keys)
  return (event) => pairsOf(event).some(({ type, key }) => type === ofType && wanted.has(key))
}

const rolesOfList: Readonly<Record<MatchList, TraceSubject['role']>> = {
  epcList: 'object',
  quantityList: 'object',
  childEPCs: 'child',
  childQuantityList: 'child',
  parentID: 'parent',
  inputEPCList: 'input',
  inputQuantityList: 'input',
  outputEPCList: 'output',
  outputQuantityList: 'output'
}
const classListNames: ReadonlySet<MatchList> = new Set(classLists)

/**
 * The fact names its subjects by role, without saying from which list they came. What can only be an instance, or has a quantity, is
 * decided by it; anything else is looked up in the event itself.
 */
function judgeMatch(lists: readonly MatchList[], keys: readonly KeyMatch[]): Judge {
  const roles = new Set(lists.map((list) => rolesOfList[list]))
  const wantsClasses = lists.every((list) => classListNames.has(list))
  const isMatch = keyMatcher(keys)
  return (event) => {
    let isOpen = false
    for (const subject of event.fact.subjects) {
      if (!roles.has(subject.role) || !isMatch(subject)) continue
      const isClass = classOf(subject)
      if (isClass === wantsClasses) return true
      if (isClass === undefined) isOpen = true
    }
    if (!isOpen) return false
    const lots = lotsByKey(event.fact)
    return lists.some((list) => namesIn(event, list).some((key) => isMatch({ key, lot: lots.get(key) })))
  }
}

/** Whether the subject came from a list of classes, as far as it shows. */
function classOf({ kind, role, quantity, uom }: TraceSubject): boolean | undefined {
  if (quantity !== undefined || uom !== undefined) return true
  return role === 'parent' || kind === 'item' || kind === 'logistic' ? false : undefined
}

function lotsByKey(fact: TraceFact): Map<string, string> {
  return new Map(fact.subjects.flatMap(({ key, lot }) => (lot === undefined ? [] : [[key, lot]])))
}

function namesIn(event: OpenEvent, list: MatchList): string[] {
  const value = memberOf(event.members(), list)
  if (typeof value === 'string') return [keyOf(value)]
  if (!classListNames.has(list)) return stringsOf(value).map(keyOf)
  return membersOf(value).flatMap((element) => {
    const epcClass = memberOf(element, 'epcClass')
    return typeof epcClass === 'string' ? [keyOf(epcClass)] : []
  })
}

function keyMatcher(keys: readonly KeyMatch[]): (subject: { readonly key: string; readonly lot?: string | undefined }) => boolean {
  const exact = new Set<string>()
  const products = new Set<string>()
  const lots = new Set<string>()
  const patterns: RegExp[] = []
  for (const match of keys) {
    if (match.type === 'pattern') patterns.push(new RegExp(match.source))
    else exact.add(match.key)
    if (match.type === 'product') products.add(match.key)
    if (match.type === 'lot') lots.add(match.key)
  }
  return ({ key, lot }) => {
    if (exact.has(key) || (lot !== undefined && lots.has(lot))) return true
    const product = products.size === 0 ? undefined : parentKeyOf(key)
    return (product !== undefined && products.has(product)) || patterns.some((pattern) => pattern.test(key))
  }
}

function judgeIdentifier({ field, keys }: Extract<EventCondition, { type: 'identifier' }>): Judge {
  const wanted = new Set(keys)
  const isWanted = (key: string | undefined): boolean => key !== undefined && wanted.has(key)
  if (typeof field !== 'string') return judgeNamedIdentifier(field, wanted)
  switch (field) {
    case 'readPoint':
    case 'bizLocation':
    case 'bizStep':
    case 'disposition':
    case 'transformationID':
    case 'eventID':
      return ({ fact }) => isWanted(fact[field])
    case 'source':
      return ({ fact }) => fact.sources.some(({ key }) => isWanted(key))
    case 'destination':
      return ({ fact }) => fact.destinations.some(({ key }) => isWanted(key))
    case 'bizTransaction':
      return ({ fact }) => fact.bizTransactions.some(({ id }) => isWanted(id))
    case 'parentID':
      return ({ fact }) => fact.subjects.some(({ role, key }) => role === 'parent' && isWanted(key))
    case 'epc':
      return ({ fact }) => fact.subjects.some(({ key }) => isWanted(key))
    case 'epcClass':
      return ({ fact }) => fact.subjects.some(({ key, lot }) => isWanted(key) || isWanted(lot) || isWanted(parentKeyOf(key)))
    case 'deviceID':
      return judgeSensorText({ type: 'sensorText', member: 'deviceID', values: keys })
    default:
      return field
  }
}
