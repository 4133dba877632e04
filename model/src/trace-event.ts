/**
 * An EPCIS event as the trace store keeps it: keys canonical, times in milliseconds, the original JSON beside them.
 * `epcis/normalise.ts` makes it; nothing downstream reads the JSON again to answer a trace question.
 */
import type { NodeKind } from './trace.ts'

export const epcisEventTypes = ['ObjectEvent', 'AggregationEvent', 'TransactionEvent', 'TransformationEvent', 'AssociationEvent'] as const
export type EpcisEventType = (typeof epcisEventTypes)[number]

export const actions = ['ADD', 'OBSERVE', 'DELETE'] as const
export type Action = (typeof actions)[number]

/** object: epcList or quantityList of Object and Transaction events; the others as EPCIS names them. */
export const subjectRoles = ['object', 'parent', 'child', 'input', 'output'] as const
export type SubjectRole = (typeof subjectRoles)[number]

export interface TraceSubject {
  /** Canonical key (Digital Link at id.gs1.org, or the URI itself where it is no GS1 key). */
  readonly key: string
  readonly kind: NodeKind
  readonly role: SubjectRole
  /** Key of the lot of an item, where its link or the event's ILMD names it. */
  readonly lot?: string
  readonly quantity?: number
  /** UN/ECE Recommendation 20 code, as EPCIS spells units. */
  readonly uom?: string
}

export interface TraceEvent {
  readonly eventID: string
  readonly type: EpcisEventType
  readonly action?: Action
  readonly eventTimeMs: number
  /** When Tracegate took it; set by the capturer. */
  readonly recordTimeMs: number
  readonly timeZoneOffset: string
  /** Bare CBV word where the term is of the CBV, otherwise the URI. */
  readonly bizStep?: string
  readonly disposition?: string
  /** Canonical keys of the locations. */
  readonly readPoint?: string
  readonly bizLocation?: string
  readonly subjects: readonly TraceSubject[]
  readonly transformationID?: string
  readonly sources: readonly { readonly type: string; readonly key: string }[]
  readonly destinations: readonly { readonly type: string; readonly key: string }[]
  readonly bizTransactions: readonly { readonly type?: string; readonly id: string }[]
  /** Set when this event declares an earlier one with the same eventID wrong (EPCIS 2.0 §7.4.1.2). */
  readonly errorDeclaration?: {
    readonly declarationTimeMs: number
    readonly reason?: string
    readonly correctiveEventIDs: readonly string[]
  }
  /** Given by a reader that was asked for declared-wrong events too: this one was declared wrong, or declares it. */
  readonly declaredWrong?: boolean
  /** The event as JSON text with its eventID and recordTime, ready to be served. */
  readonly json: string
}

/** An event without its JSON: all that a trace question or a trace rule needs. */
export type TraceFact = Omit<TraceEvent, 'json'>

/** Which of the stored events an answer stands on. */
export interface Knowledge {
  /** Only what was recorded up to this time counts, declarations of error included: the answer that was right then. */
  readonly knownAtMs?: number
  /** Events that were declared wrong take part, marked `declaredWrong`; left out by default. */
  readonly withDeclared?: boolean
}

/** bizLocation says where the goods are right after the event; these business steps without one say that they left. */
export const leavingBizSteps: ReadonlySet<string> = new Set([
  'shipping',
  'departing',
  'transporting',
  'retail_selling',
  'dispensing',
  'decommissioning',
  'destroying',
  'unloading',
  'consigning'
])
