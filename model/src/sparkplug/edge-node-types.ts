/** What is known of an edge node and its metrics, and what a message of it may bring about. Types and limits only. */
import type { Reason } from '../errors.ts'
import type { SparkplugType } from './datatypes.ts'
import type { PropertySet, SparkplugPayload, SparkplugValue } from './payload.ts'
import type { SparkplugMessageType } from './topic.ts'

/** A metric as its birth declared it. */
export interface DeclaredMetric {
  readonly name: string
  readonly type: SparkplugType
  readonly alias: number | bigint | undefined
  readonly properties: PropertySet
  readonly isTransient: boolean
}

/** A value with everything known of it. */
export interface ResolvedMetric extends DeclaredMetric {
  readonly value: SparkplugValue
  readonly timeMs: number
  /** Kept by the edge node while it was offline; not the live value. */
  readonly isHistorical: boolean
}

/** What is declared for the node itself (key '') or one of its devices. */
export interface Subject {
  readonly online: boolean
  readonly metrics: ReadonlyMap<string, DeclaredMetric>
}

export interface HeldMessage {
  readonly message: NodeMessage
  readonly seq: number
}

export interface EdgeNodeState {
  readonly online: boolean
  readonly bdSeq: number | undefined
  /** The `seq` that comes next. */
  readonly nextSeq: number | undefined
  readonly subjects: ReadonlyMap<string, Subject>
  /** Aliases are unique over the whole node. */
  readonly aliases: ReadonlyMap<number | bigint, { readonly device: string; readonly metric: DeclaredMetric }>
  /** Messages that came before one that is missing, in order of arrival. */
  readonly held: readonly HeldMessage[]
  readonly gapSinceMs: number | undefined
  readonly rebirthAskedAtMs: number | undefined
}

export interface NodeMessage {
  readonly type: SparkplugMessageType
  /** '' for the node itself. */
  readonly device: string
  readonly payload: SparkplugPayload
  readonly receivedAtMs: number
}

export type NodeEvent = { readonly type: 'message'; readonly message: NodeMessage } | { readonly type: 'tick' } | { readonly type: 'lost' }

export type NodeEffect =
  /** Born: everything that it will ever send, with its present values. `device` is '' for the node itself. */
  | { readonly type: 'birth'; readonly device: string; readonly timeMs: number; readonly metrics: readonly ResolvedMetric[] }
  | { readonly type: 'data'; readonly device: string; readonly metrics: readonly ResolvedMetric[] }
  /** Its metrics are stale from then on. */
  | { readonly type: 'death'; readonly device: string; readonly timeMs: number; readonly reason: string }
  /** To be sent as NCMD `Node Control/Rebirth` = true. */
  | { readonly type: 'rebirth'; readonly reason: string }
  /** Numbers that did not come in time. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number }
  | { readonly type: 'refused'; readonly message: NodeMessage; readonly reason: Reason }

export interface EdgeNodeLimits {
  /** How long a missing message is waited for. */
  readonly reorderTimeoutMs: number
  /** Shortest time between two rebirth requests. */
  readonly rebirthIntervalMs: number
  /** Most messages that wait for a missing one. */
  readonly heldMax: number
  /** Most devices of one node. */
  readonly devicesMax: number
}

export const edgeNodeLimits: EdgeNodeLimits = { reorderTimeoutMs: 2_000, rebirthIntervalMs: 10_000, heldMax: 128, devicesMax: 1_000 }

export const unknownEdgeNode: EdgeNodeState = {
  online: false,
  bdSeq: undefined,
  nextSeq: undefined,
  subjects: new Map(),
  aliases: new Map(),
  held: [],
  gapSinceMs: undefined,
  rebirthAskedAtMs: undefined
}

export interface NodeStep {
  readonly state: EdgeNodeState
  readonly effects: readonly NodeEffect[]
}
