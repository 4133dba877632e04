/** State, events and effects of the uplink window (`window.ts`), and the small functions on them. */

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
  /** An event or a scan. */
  readonly urgent: boolean
}

export interface InFlight extends SentMessage {
  readonly sentAtMs: number
  readonly acknowledged: boolean
}

/** The messages of one device. */
export interface Stream {
  /** Id of the last message sent over this connection. */
  readonly cursor: number
  /** Messages behind the cursor: at most so many, never fewer than there are. */
  readonly unsent: number
  readonly urgent: number
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
  /** The boot of this agent. */
  readonly boot: string
  readonly connected: boolean
  readonly streams: ReadonlyMap<string, Stream>
  /** The send effect that the shell has not answered yet. */
  readonly asked: { readonly device: string } | undefined
  readonly inFlightMessages: number
  readonly inFlightBytes: number
  /** Messages up to this id waited when the connection was made; sending them costs tokens. */
  readonly backlogUpToId: number
  readonly tokens: number
  readonly tokensAtMs: number
  readonly served: number
}

export type WindowEvent =
  | {
      readonly type: 'connected'
      readonly lastId: number
      readonly backlog: readonly { readonly device: string; readonly messages: number; readonly urgent: number }[]
    }
  | { readonly type: 'disconnected' }
  | { readonly type: 'appended'; readonly device: string; readonly messages: number; readonly urgent: number }
  /** The answer to a `send` effect. `exhausted`: the outbox has no more messages of the device. */
  | { readonly type: 'sent'; readonly device: string; readonly messages: readonly SentMessage[]; readonly exhausted: boolean }
  | { readonly type: 'acknowledged'; readonly device: string; readonly id: number }
  | { readonly type: 'watermark'; readonly device: string; readonly boot: string; readonly upTo: number }
  | { readonly type: 'tick' }

export type WindowEffect =
  | {
      readonly type: 'send'
      readonly device: string
      readonly afterId: number
      readonly messagesMax: number
      readonly bytesMax: number
    }
  | { readonly type: 'release'; readonly device: string; readonly boot: string; readonly upTo: number }
  | { readonly type: 'resend'; readonly device: string; readonly messages: number }
  | { readonly type: 'tooFar'; readonly device: string; readonly upTo: number; readonly sentUpTo: number }
  | { readonly type: 'reconnect' }

export const emptyStream: Stream = {
  cursor: 0,
  unsent: 0,
  urgent: 0,
  inFlight: [],
  sentUpTo: -1,
  progressAtMs: 0,
  silenceFactor: 1,
  watermark: undefined,
  servedAt: 0
}

export function withStream(state: WindowState, device: string, stream: Stream): WindowState {
  return { ...state, streams: new Map(state.streams).set(device, stream) }
}

/** Devices with events or scans first, then whoever has waited longest. */
export function byService(left: readonly [string, Stream], right: readonly [string, Stream]): number {
  return Number(right[1].urgent > 0) - Number(left[1].urgent > 0) || left[1].servedAt - right[1].servedAt
}

export function neverEvent(event: never): never {
  throw new TypeError(`Cannot reduce window: event is "${JSON.stringify(event)}", expected one of WindowEvent`)
}
