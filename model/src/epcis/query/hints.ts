/**
 * What an index can make of a condition: features that every matching event has, and references of which it names at least one. Both
 * only narrow down; the matcher decides. The event's side of the same lists is here too, so that planning and indexing agree.
 */
import type { TraceFact } from '../../trace-event.ts'
import { keyKind, parentKeyOf } from '../../gs1/key.ts'
import type { EventCondition, ExtensionPlace } from './condition.ts'

export const eventFeatures = ['sensorElements', 'ilmd', 'errorDeclaration', 'persistentDisposition', 'extensions', 'quantities'] as const
export type EventFeature = (typeof eventFeatures)[number]

export const referenceKinds = [
  'bizTransaction',
  'source',
  'destination',
  'transformation',
  'correctiveEvent',
  'device',
  'product',
  'key'
] as const
export type ReferenceKind = (typeof referenceKinds)[number]

/** product: a product (GTIN, ITIP, CPI) or lot that is a subject itself or has one as its member; key: a subject itself. */
export interface EventReference {
  readonly kind: ReferenceKind
  readonly value: string
}

export interface ConditionHints {
  /** A matching event has all of these. */
  readonly features: readonly EventFeature[]
  /** A matching event names at least one of these; missing where nothing of the sort is known. */
  readonly references?: readonly EventReference[]
}

export function hintsOf(condition: EventCondition): ConditionHints {
  switch (condition.type) {
    case 'match':
      return matchHints(condition)
    case 'quantity':
      return { features: ['quantities'] }
    case 'bizTransaction':
    case 'source':
    case 'destination':
      return { features: [], references: refer(condition.type, condition.keys) }
    case 'transformationID':
      return { features: [], references: refer('transformation', condition.keys) }
    case 'persistentDisposition':
      return { features: ['persistentDisposition'] }
    case 'exists':
      return { features: [condition.member === 'errorDeclaration' ? 'errorDeclaration' : 'sensorElements'] }
    case 'declarationTime':
    case 'errorReason':
      return { features: ['errorDeclaration'] }
    case 'correctiveEventID':
      return { features: ['errorDeclaration'], references: refer('correctiveEvent', condition.ids) }
    case 'sensorText':
      return condition.member === 'deviceID'
        ? { features: ['sensorElements'], references: refer('device', condition.values) }
        : { features: ['sensorElements'] }
    case 'sensorTime':
    case 'sensorBoolean':
    case 'sensorNumber':
      return { features: ['sensorElements'] }
    case 'extension':
      return { features: placeFeatures[condition.place] }
    case 'identifier':
      return identifierHints(condition)
    default:
      return condition
  }
}

const placeFeatures: Readonly<Record<ExtensionPlace, readonly EventFeature[]>> = {
  event: ['extensions'],
  ilmd: ['ilmd', 'extensions'],
  errorDeclaration: ['errorDeclaration', 'extensions'],
  readPoint: ['extensions'],
  bizLocation: ['extensions'],
  sensorElement: ['sensorElements', 'extensions'],
  sensorMetadata: ['sensorElements', 'extensions'],
  sensorReport: ['sensorElements', 'extensions']
}

function refer(kind: ReferenceKind, values: readonly string[]): EventReference[] {
  return values.map((value) => ({ kind, value }))
}

/** Hints stand only when every alternative has one: a single pattern over all keys makes the rest worthless. */
function matchHints({ keys }: Extract<EventCondition, { type: 'match' }>): ConditionHints {
  const references: EventReference[] = []
  for (const match of keys) {
    if (match.type === 'key') references.push({ kind: 'key', value: match.key })
    else if (match.type !== 'pattern') references.push({ kind: 'product', value: match.key })
    else if (match.product !== undefined) references.push({ kind: 'product', value: match.product })
    else return { features: [] }
  }
  return { features: [], references }
}

function identifierHints({ field, keys }: Extract<EventCondition, { type: 'identifier' }>): ConditionHints {
  if (typeof field !== 'string') return { features: ['extensions'] }
  switch (field) {
    case 'source':
    case 'destination':
    case 'bizTransaction':
      return { features: [], references: refer(field, keys) }
    case 'transformationID':
      return { features: [], references: refer('transformation', keys) }
    case 'deviceID':
      return { features: ['sensorElements'], references: refer('device', keys) }
    case 'epc':
    case 'parentID':
      return { features: [], references: refer('key', keys) }
    case 'epcClass':
      return { features: [], references: refer('product', keys) }
    case 'readPoint':
    case 'bizLocation':
    case 'bizStep':
    case 'disposition':
    case 'eventID':
      return { features: [] }
    default:
      return field
  }
}

const featureTexts: readonly (readonly [EventFeature, string | ((json: string) => boolean)])[] = [
  ['sensorElements', '"sensorElementList"'],
  ['ilmd', '"ilmd"'],
  ['errorDeclaration', '"errorDeclaration"'],
  ['persistentDisposition', '"persistentDisposition"'],
  ['extensions', namesPrefixed],
  ['quantities', '"quantity"']
]

/** From the event's text without parsing it: never too few, and too many only where a text quotes the name of a member. */
export function featuresOfEvent(json: string): EventFeature[] {
  return featureTexts.filter(([, sign]) => (typeof sign === 'string' ? json.includes(sign) : sign(json))).map(([feature]) => feature)
}

/** Whether some member has a name with a prefix: goes from name to name, as stores ask this of every event that comes in. */
function namesPrefixed(json: string): boolean {
  for (let end = json.indexOf('":'); end > 0; end = json.indexOf('":', end + 2)) {
    const start = json.lastIndexOf('"', end - 1) + 1
    const colon = json.indexOf(':', start)
    if (colon > start && colon < end - 1) return true
  }
  return false
}

/**
 * Every reference of an event that its fact holds, each once: all kinds but `device`, which stands in its JSON alone, and `key`; or those
 * of some kinds only, which is cheaper as subjects need not be looked at.
 */
export function referencesOfEvent(fact: TraceFact, only?: ReadonlySet<ReferenceKind>): EventReference[] {
  const found = new Map<string, EventReference>()
  const add = (kind: ReferenceKind, value: string): void => {
    if (only === undefined || only.has(kind)) found.set(`${kind} ${value}`, { kind, value })
  }
  for (const { id } of fact.bizTransactions) add('bizTransaction', id)
  for (const { key } of fact.sources) add('source', key)
  for (const { key } of fact.destinations) add('destination', key)
  if (fact.transformationID !== undefined) add('transformation', fact.transformationID)
  for (const id of fact.errorDeclaration?.correctiveEventIDs ?? []) add('correctiveEvent', id)
  if (only !== undefined && !only.has('product')) return [...found.values()]
  for (const { key, lot } of fact.subjects)
    for (const one of [key, lot, parentKeyOf(key)]) {
      const kind = one === undefined ? undefined : keyKind(one)
      if (one !== undefined && (kind === 'product' || kind === 'lot')) add('product', one)
    }
  return [...found.values()]
}
