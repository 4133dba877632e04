/** An EPCIS event as the trace store wants it: canonical keys, bare CBV words, integer times, its JSON ready to be served. */
import type { SubjectRole, TraceEvent, TraceSubject } from '../trace-event.ts'
import { canonicalKey, commonKeyKind, keyKind, lotKey, lotKeyOf, parentKeyOf } from '../gs1/key.ts'
import { declaredPrefixes } from './context.ts'
import { hashPrefixes } from './event-tree.ts'
import type { EpcisEvent } from './event.ts'
import { eventHashId } from './event-hash.ts'
import { bareTerm } from './vocabulary.ts'

export interface NormaliseOptions {
  /** When Tracegate took the event. */
  readonly recordTimeMs: number
  /** The JSON-LD context of its document: the prefixes of its extensions go into the stored event. */
  readonly context?: unknown
}

/** Makes the stored form of a checked event. An event without eventID gets the event hash id of CBV 2.0 §8.9. */
export function toTraceEvent(event: EpcisEvent, options: NormaliseOptions): TraceEvent {
  const eventID = event.eventID ?? eventHashId(event, options.context)
  const declaration = event.errorDeclaration
  return {
    eventID,
    type: event.type,
    ...('action' in event ? { action: event.action } : {}),
    eventTimeMs: parseTimeMs(event.eventTime),
    recordTimeMs: options.recordTimeMs,
    timeZoneOffset: event.eventTimeZoneOffset,
    ...(event.bizStep === undefined ? {} : { bizStep: bareTerm('bizStep', event.bizStep) }),
    ...(event.disposition === undefined ? {} : { disposition: bareTerm('disposition', event.disposition) }),
    ...(event.readPoint === undefined ? {} : { readPoint: keyOf(event.readPoint.id) }),
    ...(event.bizLocation === undefined ? {} : { bizLocation: keyOf(event.bizLocation.id) }),
    subjects: subjectsOf(event),
    ...(event.type === 'TransformationEvent' && event.transformationID !== undefined
      ? { transformationID: keyOf(event.transformationID) }
      : {}),
    sources: (event.sourceList ?? []).map(({ type, source }) => ({ type: bareTerm('sourceDestinationType', type), key: keyOf(source) })),
    destinations: (event.destinationList ?? []).map(({ type, destination }) => ({
      type: bareTerm('sourceDestinationType', type),
      key: keyOf(destination)
    })),
    bizTransactions: (event.bizTransactionList ?? []).map(({ type, bizTransaction }) => ({
      ...(type === undefined ? {} : { type: bareTerm('bizTransactionType', type) }),
      id: keyOf(bizTransaction)
    })),
    ...(declaration === undefined
      ? {}
      : {
          errorDeclaration: {
            declarationTimeMs: parseTimeMs(declaration.declarationTime),
            ...(declaration.reason === undefined ? {} : { reason: bareTerm('errorReason', declaration.reason) }),
            correctiveEventIDs: declaration.correctiveEventIDs ?? []
          }
        }),
    json: storedJson(event, eventID, options)
  }
}

/** The canonical key of a GS1 identifier; any other URI is its own key. */
export function keyOf(uri: string): string {
  return canonicalKey(uri) ?? uri
}

/** RFC 3339 to milliseconds since 1970; digits past the millisecond are cut off, a leap second counts as the second before it. */
export function parseTimeMs(text: string): number {
  if (plainTime.test(text)) return Date.parse(text)
  return Date.parse(
    text
      .replace(/(T\d\d:\d\d):60/i, '$1:59')
      .replace(/(\.\d{3})\d+/, '$1')
      .toUpperCase()
  )
}

const plainTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{3})?Z$/

function subjectsOf(event: EpcisEvent): TraceSubject[] {
  const subjects: TraceSubject[] = []
  const lotNumber = lotNumberOf(event)
  const epcs = (role: SubjectRole, uris: readonly string[] | undefined) => {
    for (const uri of uris ?? []) subjects.push(withLot(subject(role, uri), uri, lotNumber))
  }
  const classes = (role: SubjectRole, list: readonly QuantityElement[] | undefined) => {
    for (const { epcClass, quantity, uom } of list ?? [])
      subjects.push({
        ...subject(role, epcClass),
        ...(quantity === undefined ? {} : { quantity }),
        ...(uom === undefined ? {} : { uom })
      })
  }
  switch (event.type) {
    case 'ObjectEvent':
    case 'TransactionEvent':
      if (event.type === 'TransactionEvent' && event.parentID !== undefined) epcs('parent', [event.parentID])
      epcs('object', event.epcList)
      classes('object', event.quantityList)
      break
    case 'AggregationEvent':
    case 'AssociationEvent':
      if (event.parentID !== undefined) epcs('parent', [event.parentID])
      epcs('child', event.childEPCs)
      classes('child', event.childQuantityList)
      break
    case 'TransformationEvent':
      epcs('input', event.inputEPCList)
      classes('input', event.inputQuantityList)
      epcs('output', event.outputEPCList)
      classes('output', event.outputQuantityList)
      break
    default:
      return event
  }
  return subjects
}

interface QuantityElement {
  readonly epcClass: string
  readonly quantity?: number
  readonly uom?: string
}

function subject(role: SubjectRole, uri: string): TraceSubject {
  const common = commonKeyKind(uri)
  if (common !== undefined) return { key: uri, kind: common, role }
  const key = keyOf(uri)
  return { key, kind: keyKind(key), role }
}

/** Items know their lot when the link that names them does, or when the event that makes them says so in its ILMD (CBV 2.0 §9.2). */
function withLot(found: TraceSubject, uri: string, lotNumber: string | undefined): TraceSubject {
  if (found.kind !== 'item') return found
  // A link that is the key already names the item alone.
  const named = uri !== found.key && uri.startsWith('http') && /\/(?:10|lot)\//i.test(uri) ? lotKeyOf(uri) : undefined
  const isMade = found.role === 'object' || found.role === 'output'
  const lot = named ?? (lotNumber === undefined || !isMade ? undefined : lotOfMade(found.key, lotNumber))
  return lot === undefined ? found : { ...found, lot }
}

function lotOfMade(key: string, lotNumber: string): string | undefined {
  const gtin = /\/01\/(\d{14})$/.exec(parentKeyOf(key) ?? '')?.[1]
  return gtin === undefined ? undefined : lotKey(gtin, lotNumber)
}

function lotNumberOf(event: EpcisEvent): string | undefined {
  const ilmd = 'ilmd' in event ? event.ilmd : undefined
  const lot = Object.entries(ilmd ?? {}).find(([name]) => name === 'cbvmda:lotNumber')?.[1]
  return typeof lot === 'string' && lot.length <= 20 && lot !== '' ? lot : undefined
}

/**
 * The event as it is served: its eventID and recordTime filled in. Prefixes that its extensions use and its document
 * declared come along as the event's own context (EPCIS 2.0 §10.3 allows one at the event).
 */
function storedJson(event: EpcisEvent, eventID: string, options: NormaliseOptions): string {
  const { '@context': own, ...members } = event
  const json = JSON.stringify({ ...members, eventID, recordTime: new Date(options.recordTimeMs).toISOString() })
  const context = joinContexts(own, neededPrefixes(json, options.context, own))
  return context === undefined ? json : `{"@context":${JSON.stringify(context)},${json.slice(1)}`
}

/** The event's own context comes first; what only its document declared is added. */
function joinContexts(own: unknown, added: Record<string, string> | undefined): unknown {
  if (own === undefined || added === undefined) return own ?? added
  const parts: unknown[] = Array.isArray(own) ? own : [own]
  return [...parts, added]
}

/**
 * Those that the document declares and the event uses, as the beginning of a member's name or of a value. Left out is only what the hash
 * knows by itself: the stored event must have the hash of the captured one, or the same document would not be known when it comes again.
 */
function neededPrefixes(json: string, context: unknown, own: unknown): Record<string, string> | undefined {
  const declared = declaredPrefixes(context)
  if (declared.size === 0) return undefined
  const known = declaredPrefixes(own)
  const needed = [...declared].filter(
    ([prefix, uri]) => json.includes(`"${prefix}:`) && !known.has(prefix) && hashPrefixes.get(prefix) !== uri
  )
  return needed.length === 0 ? undefined : Object.fromEntries(needed)
}
