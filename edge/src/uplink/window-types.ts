/** State, events and effects of the uplink window (`window.ts`), and the small functions on them. */

import type { Pipe } from './pipe.ts'

export interface WindowLimits {
  readonly messagesMax: number
  readonly bytesMax: number
  readonly watermarkTimeoutMs: number
  readonly pubackTimeoutMs: number
  readonly replayMessagesPerSecondMax: number
}

interface SentMessage {
  readonly id: number
  readonly boot: string
  readonly seq: number
  readonly bytes: number
}

export interface InFlight extends SentMessage {
  readonly sentAtMs: number
  readonly acknowledged: boolean
}

/** The messages of one device in one order: its telemetry or its alarm lane. */
export interface Stream {
  /** An alarm lane: it goes before all telemetry. */
  readonly urgent: boolean
  /** Id of the last message sent over this connection. */
  readonly cursor: number
  /** Messages behind the cursor: at most so many, never fewer than there are. */
  readonly unsent: number
  /** Messages up to this id waited when the connection was made; sending them costs tokens. */
  readonly backlogUpToId: number
  readonly inFlight: readonly InFlight[]
  /** Highest sequence number of this boot that was ever sent; -1 for none. */
  readonly sentUpTo: number
  /** When the watermark, a PUBACK or the first message of the flight was last seen. */
  readonly progressAtMs: number
  readonly silenceFactor: number
  /** The last watermark over this connection. */
  readonly watermark: { readonly boot: string; readonly upTo: number } | undefined
  readonly servedAt: number
}

export interface WindowState {
  /** The boot of this agent; its alarm lanes count under another (TG-414). */
  readonly boots: { readonly telemetry: string; readonly urgent: string }
  readonly connected: boolean
  /** By the key of the stream. Changed in place: a reducer takes its state over, as copies of a map of hundreds cost more than all else. */
  readonly streams: Map<string, Stream>
  /** The send effect that the shell has not answered yet. */
  readonly asked: { readonly stream: string } | undefined
  readonly inFlightMessages: number
  readonly inFlightBytes: number
  /** Telemetry without a PUBACK. */
  readonly onTheWay: number
  readonly pipe: Pipe
  readonly tokens: number
  readonly tokensAtMs: number
  readonly served: number
}

interface StreamBacklog {
  readonly stream: string
  readonly urgent: boolean
  readonly messages: number
  /** Id of its newest message. */
  readonly lastId: number
}

export type WindowEvent =
  | { readonly type: 'connected'; readonly backlog: readonly StreamBacklog[] }
  | { readonly type: 'disconnected' }
  | { readonly type: 'appended'; readonly streams: readonly Omit<StreamBacklog, 'lastId'>[] }
  /** The answer to a `send` effect. `exhausted`: the outbox has no more messages of the stream. */
  | { readonly type: 'sent'; readonly stream: string; readonly messages: readonly SentMessage[]; readonly exhausted: boolean }
  | { readonly type: 'acknowledged'; readonly stream: string; readonly ids: ReadonlySet<number> }
  | { readonly type: 'watermark'; readonly stream: string; readonly boot: string; readonly upTo: number }
  | { readonly type: 'tick' }

export type WindowEffect =
  | {
      readonly type: 'send'
      readonly stream: string
      readonly afterId: number
      readonly messagesMax: number
      readonly bytesMax: number
    }
  | { readonly type: 'release'; readonly stream: string; readonly boot: string; readonly upTo: number }
  | { readonly type: 'resend'; readonly stream: string; readonly messages: number }
  | { readonly type: 'tooFar'; readonly stream: string; readonly upTo: number; readonly sentUpTo: number }
  | { readonly type: 'reconnect' }

export const emptyStream: Stream = {
  urgent: false,
  cursor: 0,
  unsent: 0,
  backlogUpToId: 0,
  inFlight: [],
  sentUpTo: -1,
  progressAtMs: 0,
  silenceFactor: 1,
  watermark: undefined,
  servedAt: 0
}

export function withStream(state: WindowState, key: string, stream: Stream): WindowState {
  state.streams.set(key, stream)
  return { ...state }
}

/** Alarm lanes first, then whoever has waited longest. */
export function goesBefore(left: Stream, right: Stream): boolean {
  return left.urgent === right.urgent ? left.servedAt < right.servedAt : left.urgent
}

export function ownBootOf(state: WindowState, stream: Stream): string {
  return stream.urgent ? state.boots.urgent : state.boots.telemetry
}

export function neverEvent(event: never): never {
  throw new TypeError(`Cannot reduce window: event is "${JSON.stringify(event)}", expected one of WindowEvent`)
}
