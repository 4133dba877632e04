/**
 * The bookkeeping of the uplink as a pure reducer: which messages are in flight, whose turn it is, when to send again, and
 * what a watermark frees. No I/O, no clock: the shell reads the outbox and talks to the broker. A message leaves by the commit
 * watermark, and one that is in flight not before its PUBACK either: a collector may give a gap up after a while.
 *
 * Within a device the order of the outbox is kept, because the watermark is a prefix; between devices those with events or
 * scans go first, the others take turns.
 */
import {
  byService,
  emptyStream,
  neverEvent,
  type InFlight,
  type Stream,
  withStream,
  type WindowEffect,
  type WindowEvent,
  type WindowLimits,
  type WindowState
} from './window-types.ts'

export function initialWindow(boot: string): WindowState {
  return {
    boot,
    connected: false,
    streams: new Map(),
    asked: undefined,
    inFlightMessages: 0,
    inFlightBytes: 0,
    backlogUpToId: 0,
    tokens: 0,
    tokensAtMs: 0,
    served: 0
  }
}

/** Most messages that one device sends before another has its turn. */
const turnMessagesMax = 32
/** The silence before sending again doubles up to this many times the configured one. */
const silenceFactorMax = 32

export interface Step {
  readonly state: WindowState
  readonly effects: readonly WindowEffect[]
}

export function reduceWindow(state: WindowState, event: WindowEvent, options: { nowMs: number; limits: WindowLimits }): Step {
  const step = apply(state, event, options)
  const next = refillTokens(step.state, options)
  return plan({ state: next, effects: step.effects }, options)
}

function apply(state: WindowState, event: WindowEvent, options: { nowMs: number; limits: WindowLimits }): Step {
  switch (event.type) {
    case 'connected':
      return { state: connect(state, event, options), effects: [] }
    case 'disconnected':
      return { state: disconnect(state), effects: [] }
    case 'appended':
      return { state: append(state, event), effects: [] }
    case 'sent':
      return { state: sent(state, event, options.nowMs), effects: [] }
    case 'acknowledged':
      return acknowledge(state, event, options)
    case 'watermark':
      return takeWatermark(state, event, options)
    case 'tick':
      return tick(state, options)
    default:
      return neverEvent(event)
  }
}

function connect(
  state: WindowState,
  event: WindowEvent & { type: 'connected' },
  options: { nowMs: number; limits: WindowLimits }
): WindowState {
  const known = disconnect(state).streams
  const streams = new Map<string, Stream>()
  for (const { device, messages, urgent } of event.backlog)
    streams.set(device, { ...emptyStream, sentUpTo: known.get(device)?.sentUpTo ?? -1, unsent: messages, urgent })
  for (const [device, stream] of known) if (!streams.has(device)) streams.set(device, { ...emptyStream, sentUpTo: stream.sentUpTo })
  return {
    ...state,
    connected: true,
    streams,
    asked: undefined,
    inFlightMessages: 0,
    inFlightBytes: 0,
    backlogUpToId: event.lastId,
    tokens: options.limits.replayMessagesPerSecondMax,
    tokensAtMs: options.nowMs
  }
}

function disconnect(state: WindowState): WindowState {
  const streams = new Map<string, Stream>()
  for (const [device, stream] of state.streams) streams.set(device, rewind(stream))
  return { ...state, connected: false, streams, asked: undefined, inFlightMessages: 0, inFlightBytes: 0 }
}

/** Everything in flight is to be sent again. */
function rewind(stream: Stream): Stream {
  const first = stream.inFlight[0]
  if (first === undefined) return { ...stream, watermark: undefined }
  const urgent = stream.inFlight.filter((entry) => entry.urgent).length
  return {
    ...stream,
    cursor: first.id - 1,
    unsent: stream.unsent + stream.inFlight.length,
    urgent: stream.urgent + urgent,
    inFlight: [],
    watermark: undefined
  }
}

function append(state: WindowState, event: WindowEvent & { type: 'appended' }): WindowState {
  const stream = state.streams.get(event.device) ?? emptyStream
  return withStream(state, event.device, { ...stream, unsent: stream.unsent + event.messages, urgent: stream.urgent + event.urgent })
}

function sent(state: WindowState, event: WindowEvent & { type: 'sent' }, nowMs: number): WindowState {
  const asked = state.asked
  const cleared = { ...state, asked: undefined }
  const stream = state.streams.get(event.device)
  if (!state.connected || asked?.device !== event.device || stream === undefined) return cleared
  const last = event.messages.at(-1)
  // The outbox had less than thought (freed by an earlier connection's watermark): nothing is left to send.
  if (last === undefined) return withStream(cleared, event.device, { ...stream, unsent: 0, urgent: 0 })
  const added: InFlight[] = event.messages.map((message) => ({ ...message, sentAtMs: nowMs, acknowledged: false }))
  const own = event.messages.filter((message) => message.boot === state.boot)
  const urgent = event.messages.filter((message) => message.urgent).length
  const backlog = event.messages.filter((message) => message.id <= state.backlogUpToId).length
  return {
    ...withStream(cleared, event.device, {
      ...stream,
      cursor: last.id,
      unsent: event.exhausted ? 0 : Math.max(1, stream.unsent - event.messages.length),
      urgent: event.exhausted ? 0 : Math.max(0, stream.urgent - urgent),
      inFlight: [...stream.inFlight, ...added],
      sentUpTo: Math.max(stream.sentUpTo, own.at(-1)?.seq ?? -1),
      progressAtMs: stream.inFlight.length === 0 ? nowMs : stream.progressAtMs,
      servedAt: state.served + 1
    }),
    served: state.served + 1,
    inFlightMessages: state.inFlightMessages + event.messages.length,
    inFlightBytes: state.inFlightBytes + sumBytes(event.messages),
    tokens: state.tokens - backlog
  }
}

function acknowledge(state: WindowState, event: WindowEvent & { type: 'acknowledged' }, options: { nowMs: number }): Step {
  const { device, id } = event
  const stream = state.streams.get(device)
  const index = stream?.inFlight.findIndex((entry) => entry.id === id) ?? -1
  const entry = stream?.inFlight[index]
  if (stream === undefined || entry === undefined || entry.acknowledged) return { state, effects: [] }
  const inFlight = stream.inFlight.with(index, { ...entry, acknowledged: true })
  const acknowledged = withStream(state, device, { ...stream, inFlight, progressAtMs: options.nowMs })
  const settled = settle(acknowledged, device, options)
  return settled.state === acknowledged ? { state: acknowledged, effects: [] } : settled
}

function takeWatermark(state: WindowState, event: WindowEvent & { type: 'watermark' }, options: { nowMs: number }): Step {
  const { device, boot } = event
  const stream = state.streams.get(device)
  // The watermarks of all devices of the point come by; most points have devices that are not behind this agent.
  if (stream === undefined) return { state, effects: [] }
  // Of this boot nothing can be committed that was never sent; of earlier boots the agent no longer knows.
  const { sentUpTo } = stream
  const upTo = boot === state.boot ? Math.min(event.upTo, sentUpTo) : event.upTo
  const effects: WindowEffect[] = upTo < event.upTo ? [{ type: 'tooFar', device, upTo: event.upTo, sentUpTo }] : []
  if (upTo < 0) return { state, effects }
  const settled = settle(withStream(state, device, { ...stream, watermark: { boot, upTo } }), device, options)
  return { state: settled.state, effects: [...effects, ...settled.effects] }
}

/** Frees what the last watermark of a device covers, up to the first message in flight that has no PUBACK yet. */
function settle(state: WindowState, device: string, options: { nowMs: number }): Step {
  const stream = state.streams.get(device)
  const watermark = stream?.watermark
  if (stream === undefined || watermark === undefined) return { state, effects: [] }
  const { boot } = watermark
  const covered = stream.inFlight.filter((entry) => entry.boot === boot && entry.seq <= watermark.upTo)
  const open = covered.find((entry) => !entry.acknowledged)
  const upTo = open === undefined ? watermark.upTo : open.seq - 1
  const effects: WindowEffect[] = upTo < 0 ? [] : [{ type: 'release', device, boot, upTo }]
  const freed = covered.filter((entry) => entry.seq <= upTo)
  if (freed.length === 0) return { state, effects }
  const inFlight = stream.inFlight.filter((entry) => !freed.includes(entry))
  return {
    state: {
      ...withStream(state, device, { ...stream, inFlight, progressAtMs: options.nowMs, silenceFactor: 1 }),
      inFlightMessages: state.inFlightMessages - freed.length,
      inFlightBytes: state.inFlightBytes - sumBytes(freed)
    },
    effects
  }
}

function tick(state: WindowState, options: { nowMs: number; limits: WindowLimits }): Step {
  if (!state.connected) return { state, effects: [] }
  const { nowMs, limits } = options
  const overdueMs = nowMs - limits.pubackTimeoutMs
  const overdue = [...state.streams.values()].some((stream) =>
    stream.inFlight.some((entry) => !entry.acknowledged && entry.sentAtMs < overdueMs)
  )
  if (overdue) return { state: disconnect(state), effects: [{ type: 'reconnect' }] }
  let next = state
  const effects: WindowEffect[] = []
  for (const [device, stream] of state.streams) {
    const silent = nowMs - stream.progressAtMs > limits.watermarkTimeoutMs * stream.silenceFactor
    if (stream.inFlight.length === 0 || !silent || stream.inFlight.some((entry) => !entry.acknowledged)) continue
    effects.push({ type: 'resend', device, messages: stream.inFlight.length })
    next = {
      ...withStream(next, device, {
        ...rewind(stream),
        progressAtMs: nowMs,
        silenceFactor: Math.min(silenceFactorMax, stream.silenceFactor * 2)
      }),
      inFlightMessages: next.inFlightMessages - stream.inFlight.length,
      inFlightBytes: next.inFlightBytes - sumBytes(stream.inFlight)
    }
  }
  return { state: next, effects }
}

function refillTokens(state: WindowState, options: { nowMs: number; limits: WindowLimits }): WindowState {
  const rate = options.limits.replayMessagesPerSecondMax
  const gained = ((options.nowMs - state.tokensAtMs) * rate) / 1_000
  if (gained < 1) return state
  return { ...state, tokens: Math.min(rate, state.tokens + gained), tokensAtMs: options.nowMs }
}

/** Asks the shell for the next messages, of one device at a time. */
function plan(step: Step, options: { limits: WindowLimits }): Step {
  const { state } = step
  const { limits } = options
  if (!state.connected || state.asked !== undefined) return step
  const slots = limits.messagesMax - state.inFlightMessages
  const bytes = state.inFlightMessages === 0 ? limits.bytesMax : limits.bytesMax - state.inFlightBytes
  if (slots <= 0 || bytes <= 0) return step
  // One device whose watermark stands still must not take the window from the others.
  const perDeviceMax = Math.max(1, Math.floor(limits.messagesMax / 2))
  const tokens = Math.floor(state.tokens)
  const ready = [...state.streams].filter(
    ([, stream]) =>
      stream.unsent > 0 &&
      stream.inFlight.length < perDeviceMax &&
      (tokens > 0 || stream.urgent > 0 || stream.cursor >= state.backlogUpToId)
  )
  const [chosen] = ready.toSorted(byService)
  if (chosen === undefined) return step
  const [device, stream] = chosen
  const held = stream.urgent === 0 && stream.cursor < state.backlogUpToId
  const messagesMax = Math.min(slots, perDeviceMax - stream.inFlight.length, turnMessagesMax, held ? tokens : Infinity)
  const asked = { device, afterId: stream.cursor, messagesMax, bytesMax: bytes }
  return { state: { ...state, asked }, effects: [...step.effects, { type: 'send', ...asked }] }
}

function sumBytes(messages: readonly { readonly bytes: number }[]): number {
  return messages.reduce((sum, message) => sum + message.bytes, 0)
}
