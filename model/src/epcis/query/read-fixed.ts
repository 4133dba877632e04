/** What each of the fixed parameters asks: a member of the filter, which an index serves, or a condition (EPCIS 2.0 §8.2.7.1). */
import { keyKind } from '../../gs1/key.ts'
import { actions, epcisEventTypes } from '../../trace-event.ts'
import { classLists, epcLists, type Comparison, type MatchList, type SensorText, type SensorTime } from './condition.ts'
import { addCondition, readKeys, readTerms, readUris, uriPattern, type Draft } from './draft.ts'
import { keyMatchWanted, readKeyMatch } from './key-pattern.ts'
import { sensorTextOf } from './match-sensor.ts'
import { nearestName } from './nearest.ts'
import type { FixedParameter } from './parameter.ts'
import { readBoolean, readFlag, readList, readNumber, readNumbers, readTimeMs, type Given } from './read-values.ts'

type Read = (draft: Draft, given: Given) => void

export function readFixed(draft: Draft, name: FixedParameter, given: Given): void {
  readers[name](draft, given)
}

/** Read elsewhere: the context before all others, what concerns the result with `query.ts`. */
const nothing: Read = () => undefined

const readers: Readonly<Record<FixedParameter, Read>> = {
  '@context': nothing,
  orderBy: nothing,
  orderDirection: nothing,
  eventCountLimit: nothing,
  maxEventCount: nothing,
  eventType(draft, given) {
    draft.filter.eventTypes = readList(draft, given, {
      read: (text) => epcisEventTypes.find((type) => type === text.replace(/^(?:https?:\/\/\S*[#/]|epcis:)/, '')),
      wanted: `one of ${epcisEventTypes.join(', ')}`,
      nearest: (text) => nearestName(text, epcisEventTypes)
    })
  },
  EQ_action(draft, given) {
    draft.filter.actions = readList(draft, given, {
      read: (text) => actions.find((action) => action === text),
      wanted: `one of ${actions.join(', ')}`,
      nearest: (text) => nearestName(text, actions)
    })
  },
  EQ_bizStep(draft, given) {
    draft.filter.bizSteps = readTerms(draft, given, 'bizStep')
  },
  EQ_disposition(draft, given) {
    draft.filter.dispositions = readTerms(draft, given, 'disposition')
  },
  EQ_eventID(draft, given) {
    draft.filter.eventIDs = readUris(draft, given)
  },
  GE_eventTime: time('fromMs'),
  LT_eventTime: time('toMs'),
  GE_recordTime: time('recordFromMs'),
  LT_recordTime: time('recordToMs'),
  EQ_readPoint: places('readPoint', false),
  WD_readPoint: places('readPoint', true),
  EQ_bizLocation: places('bizLocation', false),
  WD_bizLocation: places('bizLocation', true),
  MATCH_epc: match('objectKeys', ['epcList', 'childEPCs']),
  MATCH_parentID: match('parentKeys', ['parentID']),
  MATCH_inputEPC: match('inputKeys', ['inputEPCList']),
  MATCH_outputEPC: match('outputKeys', ['outputEPCList']),
  MATCH_anyEPC: match('anyKeys', epcLists),
  MATCH_epcClass: match('objectKeys', ['quantityList', 'childQuantityList']),
  MATCH_inputEPCClass: match('inputKeys', ['inputQuantityList']),
  MATCH_outputEPCClass: match('outputKeys', ['outputQuantityList']),
  MATCH_anyEPCClass: match('anyKeys', classLists),
  EQ_quantity(draft, given) {
    const values = readNumbers(draft, given)
    addCondition(draft, values && { type: 'quantity', comparison: 'EQ', values })
  },
  GT_quantity: quantity('GT'),
  GE_quantity: quantity('GE'),
  LT_quantity: quantity('LT'),
  LE_quantity: quantity('LE'),
  EQ_transformationID(draft, given) {
    const keys = readKeys(draft, given)
    addCondition(draft, keys && { type: 'transformationID', keys })
  },
  EQ_persistentDisposition_set: persistentDisposition('set'),
  EQ_persistentDisposition_unset: persistentDisposition('unset'),
  EXISTS_errorDeclaration: exists('errorDeclaration'),
  GE_errorDeclaration_Time: declarationTime('GE'),
  LT_errorDeclaration_Time: declarationTime('LT'),
  EQ_errorReason(draft, given) {
    const terms = readTerms(draft, given, 'errorReason')
    addCondition(draft, terms && { type: 'errorReason', terms })
  },
  EQ_correctiveEventID(draft, given) {
    const ids = readUris(draft, given)
    addCondition(draft, ids && { type: 'correctiveEventID', ids })
  },
  EXISTS_sensorElementList: exists('sensorElementList'),
  GE_time: sensorTime('time', 'GE'),
  LT_time: sensorTime('time', 'LT'),
  GE_startTime: sensorTime('startTime', 'GE'),
  LT_startTime: sensorTime('startTime', 'LT'),
  GE_endTime: sensorTime('endTime', 'GE'),
  LT_endTime: sensorTime('endTime', 'LT'),
  EQ_type: sensorText('type', { pattern: /^[A-Za-z][\w+.-]*(?::\S+)?$/, wanted: 'a measurement type or a URI' }),
  EQ_deviceID: sensorText('deviceID'),
  EQ_dataProcessingMethod: sensorText('dataProcessingMethod'),
  EQ_microorganism: sensorText('microorganism'),
  EQ_chemicalSubstance: sensorText('chemicalSubstance'),
  EQ_bizRules: sensorText('bizRules'),
  EQ_stringValue: sensorText('stringValue', { pattern: /^/, wanted: 'a text' }),
  EQ_hexBinaryValue: sensorText('hexBinaryValue', { pattern: /^[A-Fa-f0-9]+$/, wanted: 'hexadecimal digits' }),
  EQ_uriValue: sensorText('uriValue'),
  EQ_booleanValue(draft, given) {
    const value = readBoolean(draft, given)
    addCondition(draft, value === undefined ? undefined : { type: 'sensorBoolean', value })
  },
  GT_percRank: percRank('GT'),
  GE_percRank: percRank('GE'),
  LT_percRank: percRank('LT'),
  LE_percRank: percRank('LE')
}

function time(member: 'fromMs' | 'toMs' | 'recordFromMs' | 'recordToMs'): Read {
  return (draft, given) => {
    const timeMs = readTimeMs(draft, given)
    if (timeMs !== undefined) draft.filter[member] = timeMs
  }
}

/** EQ_ and WD_ of the same field both hold: the second becomes a condition. */
function places(field: 'readPoint' | 'bizLocation', withDescendants: boolean): Read {
  return (draft, given) => {
    const named = readKeys(draft, given)
    if (named === undefined) return
    const keys = withDescendants ? [...new Set(named.flatMap((key) => draft.masterData?.descendants(key) ?? [key]))] : named
    const member = `${field}s` as const
    if (draft.filter[member] === undefined) draft.filter[member] = keys
    else addCondition(draft, { type: 'identifier', field, keys })
  }
}

const surelyInstances: ReadonlySet<string> = new Set(['item', 'logistic'])

/**
 * The index finds keys by role; whether one stood in a list of instances or of classes is a condition, which is left out where the key
 * can only be an instance. Parameters for instances and for classes given together both hold.
 */
function match(member: 'objectKeys' | 'parentKeys' | 'inputKeys' | 'outputKeys' | 'anyKeys', lists: readonly MatchList[]): Read {
  return (draft, given) => {
    const keys = readList(draft, given, { read: readKeyMatch, wanted: keyMatchWanted })
    if (keys === undefined) return
    const exact = keys.flatMap((one) => (one.type === 'key' ? [one.key] : []))
    const isIndexed = exact.length === keys.length && draft.filter[member] === undefined
    if (isIndexed) draft.filter[member] = exact
    // A parent can only be an instance.
    const areInstances = epcLists.some((list) => lists.includes(list)) && exact.every((key) => surelyInstances.has(keyKind(key)))
    const isDecided = isIndexed && (member === 'parentKeys' || areInstances)
    if (!isDecided) addCondition(draft, { type: 'match', lists, keys })
  }
}

function quantity(comparison: Comparison): Read {
  return (draft, given) => {
    const value = readNumber(draft, given)
    addCondition(draft, value === undefined ? undefined : { type: 'quantity', comparison, values: [value] })
  }
}

function percRank(comparison: Comparison): Read {
  return (draft, given) => {
    const value = readNumber(draft, given)
    addCondition(draft, value === undefined ? undefined : { type: 'sensorNumber', member: 'percRank', comparison, values: [value] })
  }
}

function persistentDisposition(list: 'set' | 'unset'): Read {
  return (draft, given) => {
    const terms = readTerms(draft, given, 'disposition')
    addCondition(draft, terms && { type: 'persistentDisposition', list, terms })
  }
}

function exists(member: 'errorDeclaration' | 'sensorElementList'): Read {
  return (draft, given) => addCondition(draft, readFlag(draft, given) && { type: 'exists', member })
}

function declarationTime(comparison: 'GE' | 'LT'): Read {
  return (draft, given) => {
    const timeMs = readTimeMs(draft, given)
    addCondition(draft, timeMs === undefined ? undefined : { type: 'declarationTime', comparison, timeMs })
  }
}

function sensorTime(member: SensorTime, comparison: 'GE' | 'LT'): Read {
  return (draft, given) => {
    const timeMs = readTimeMs(draft, given)
    addCondition(draft, timeMs === undefined ? undefined : { type: 'sensorTime', member, comparison, timeMs })
  }
}

function sensorText(
  member: SensorText,
  taken: { readonly pattern: RegExp; readonly wanted: string } = { pattern: uriPattern, wanted: 'a URI' }
): Read {
  return (draft, given) => {
    const read = (text: string): string | undefined => (taken.pattern.test(text) ? sensorTextOf(member, text) : undefined)
    const values = readList(draft, given, { read, wanted: taken.wanted })
    addCondition(draft, values && { type: 'sensorText', member, values })
  }
}
