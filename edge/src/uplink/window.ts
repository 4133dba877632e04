/**
 * The bookkeeping of the uplink as a pure reducer: which messages are in flight, whose turn it is, when to send again, and
 * what a watermark frees. No I/O, no clock: the shell reads the outbox and talks to the broker. The state that goes in is taken over and must not be used again. A message leaves by the commit
 * watermark, and one that is in flight not before its PUBACK either: a collector may give a gap up after a while.
 *
 * Within a stream the order of the outbox is kept, because the watermark is a prefix. Alarm lanes go before all telemetry and have a part
 * of the window to themselves; the streams of telemetry take turns.
 */
import { adjustPipe, firstPipe } from './pipe.ts'
import {
  emptyStream,
  goesBefore,
  neverEvent,
  ownBootOf,
  type InFlight,
  type Stream,
  withStream,
  type WindowEffect,
  type WindowEvent,
  type WindowLimits,
  type WindowState
} from './window-types.ts'

export function initialWindow(boots: WindowState['boots']): WindowState {
  return {
    boots,
    connected: false,
    streams: new Map(),
    asked: undefined,
    inFlightMessages: 0,
    inFlightBytes: 0,
    onTheWay: 0,
    pipe: firstPipe,
    tokens: 0,
    tokensAtMs: 0,
    served: 0
  }
}

/** Most messages that one stream sends before another has its turn. */
const turnMessagesMax = 32
/**
 * The silence before sending again doubles up to this many times the configured one. A collector gives up what it misses in front
 * of the first message of a boot after a minute: whoever waits longer to send it again has lost it.
 */
const silenceFactorMax = 4
/** Telemetry leaves this part of the window to the alarm lanes, so that an alarm waits for no watermark of a backlog. */
const urgentShare = 1 / 4

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
  for (const { stream, messages, urgent, lastId } of event.backlog)
    streams.set(stream, { ...emptyStream, urgent, sentUpTo: known.get(stream)?.sentUpTo ?? -1, unsent: messages, backlogUpToId: lastId })
  for (const [key, { urgent, sentUpTo }] of known) if (!streams.has(key)) streams.set(key, { ...emptyStream, urgent, sentUpTo })
  return {
    ...state,
    connected: true,
    streams,
    asked: undefined,
    inFlightMessages: 0,
    inFlightBytes: 0,
    onTheWay: 0,
    pipe: firstPipe,
    tokens: options.limits.replayMessagesPerSecondMax,
    tokensAtMs: options.nowMs
  }
}

function disconnect(state: WindowState): WindowState {
  const streams = new Map<string, Stream>()
  for (const [key, stream] of state.streams) streams.set(key, rewind(stream))
  return { ...state, connected: false, streams, asked: undefined, inFlightMessages: 0, inFlightBytes: 0, onTheWay: 0 }
}

/** Everything in flight is to be sent again. */
function rewind(stream: Stream): Stream {
  const first = stream.inFlight[0]
  if (first === undefined) return { ...stream, watermark: undefined }
  return {
    ...stream,
    cursor: first.id - 1,
    unsent: stream.unsent + stream.inFlight.length,
    inFlight: [],
    watermark: undefined
  }
}

function append(state: WindowState, event: WindowEvent & { type: 'appended' }): WindowState {
  for (const { stream: key, urgent, messages } of event.streams) {
    const stream = state.streams.get(key) ?? { ...emptyStream, urgent }
    state.streams.set(key, { ...stream, unsent: stream.unsent + messages })
  }
  return state
}

function sent(state: WindowState, event: WindowEvent & { type: 'sent' }, nowMs: number): WindowState {
  const asked = state.asked
  const cleared = { ...state, asked: undefined }
  const stream = state.streams.get(event.stream)
  if (!state.connected || asked?.stream !== event.stream || stream === undefined) return cleared
  const last = event.messages.at(-1)
  // The outbox had less than thought (freed by an earlier connection's watermark): nothing is left to send.
  if (last === undefined) return withStream(cleared, event.stream, { ...stream, unsent: 0 })
  const added: InFlight[] = event.messages.map((message) => ({ ...message, sentAtMs: nowMs, acknowledged: false }))
  const ownBoot = ownBootOf(state, stream)
  const own = event.messages.findLast((message) => message.boot === ownBoot)
  const backlog = stream.urgent ? 0 : event.messages.filter((message) => message.id <= stream.backlogUpToId).length
  return {
    ...withStream(cleared, event.stream, {
      ...stream,
      cursor: last.id,
      unsent: event.exhausted ? 0 : Math.max(1, stream.unsent - event.messages.length),
      inFlight: [...stream.inFlight, ...added],
      sentUpTo: Math.max(stream.sentUpTo, own?.seq ?? -1),
      progressAtMs: stream.inFlight.length === 0 ? nowMs : stream.progressAtMs,
      servedAt: state.served + 1
    }),
    served: state.served + 1,
    inFlightMessages: state.inFlightMessages + event.messages.length,
    inFlightBytes: state.inFlightBytes + sumBytes(event.messages),
    onTheWay: state.onTheWay + (stream.urgent ? 0 : event.messages.length),
    tokens: state.tokens - backlog
  }
}

function acknowledge(state: WindowState, event: WindowEvent & { type: 'acknowledged' }, options: { nowMs: number }): Step {
  const { stream: key, ids } = event
  const stream = state.streams.get(key)
  const taken = stream?.inFlight.filter((entry) => !entry.acknowledged && ids.has(entry.id)) ?? []
  const last = taken.at(-1)
  if (stream === undefined || last === undefined) return { state, effects: [] }
  const inFlight = stream.inFlight.map((entry) => (ids.has(entry.id) ? { ...entry, acknowledged: true } : entry))
  // Newer ones are acknowledged all the time; it is the oldest one that waits for its watermark.
  const isOldest = stream.inFlight[0]?.acknowledged === false && inFlight[0]?.acknowledged === true
  const next = withStream(state, key, { ...stream, inFlight, progressAtMs: isOldest ? options.nowMs : stream.progressAtMs })
  const acknowledged = stream.urgent ? next : pass(next, { sentAtMs: last.sentAtMs, messages: taken.length, nowMs: options.nowMs })
  const settled = settle(acknowledged, key, options)
  return settled.state === acknowledged ? { state: acknowledged, effects: [] } : settled
}

/** Telemetry has come through the pipe. */
function pass(state: WindowState, seen: { readonly sentAtMs: number; readonly messages: number; readonly nowMs: number }): WindowState {
  const isFull = state.onTheWay >= Math.floor(state.pipe.messagesMax)
  return { ...state, onTheWay: Math.max(0, state.onTheWay - seen.messages), pipe: adjustPipe(state.pipe, { ...seen, isFull }) }
}

function takeWatermark(state: WindowState, event: WindowEvent & { type: 'watermark' }, options: { nowMs: number }): Step {
  const { stream: key, boot } = event
  const stream = state.streams.get(key)
  // The watermarks of all devices of the point come by; most points have devices that are not behind this agent.
  if (stream === undefined) return { state, effects: [] }
  // Of this boot nothing can be committed that was never sent: such a watermark means another stream and frees nothing (TG-409). Of
  // earlier boots the agent no longer knows.
  const { upTo } = event
  const { sentUpTo } = stream
  if (boot === ownBootOf(state, stream) && upTo > sentUpTo) return { state, effects: [{ type: 'tooFar', stream: key, upTo, sentUpTo }] }
  return settle(withStream(state, key, { ...stream, watermark: { boot, upTo } }), key, options)
}

/** Frees what the last watermark of a stream covers, up to the first message in flight that has no PUBACK yet. */
function settle(state: WindowState, key: string, options: { nowMs: number }): Step {
  const stream = state.streams.get(key)
  const watermark = stream?.watermark
  if (stream === undefined || watermark === undefined) return { state, effects: [] }
  const { boot } = watermark
  const isCovered = (entry: InFlight) => entry.boot === boot && entry.seq <= watermark.upTo
  const open = stream.inFlight.find((entry) => isCovered(entry) && !entry.acknowledged)
  const upTo = open === undefined ? watermark.upTo : open.seq - 1
  const effects: WindowEffect[] = upTo < 0 ? [] : [{ type: 'release', stream: key, boot, upTo }]
  const inFlight = stream.inFlight.filter((entry) => !isCovered(entry) || entry.seq > upTo)
  const freed = stream.inFlight.length - inFlight.length
  if (freed === 0) return { state, effects }
  return {
    state: {
      ...withStream(state, key, { ...stream, inFlight, progressAtMs: options.nowMs, silenceFactor: 1 }),
      inFlightMessages: state.inFlightMessages - freed,
      inFlightBytes: state.inFlightBytes - sumBytes(stream.inFlight) + sumBytes(inFlight)
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
  for (const [key, stream] of state.streams) {
    const silent = nowMs - stream.progressAtMs > limits.watermarkTimeoutMs * stream.silenceFactor
    if (!silent || stream.inFlight[0]?.acknowledged !== true) continue
    effects.push({ type: 'resend', stream: key, messages: stream.inFlight.length })
    next = {
      ...withStream(next, key, {
        ...rewind(stream),
        progressAtMs: nowMs,
        silenceFactor: Math.min(silenceFactorMax, stream.silenceFactor * 2)
      }),
      inFlightMessages: next.inFlightMessages - stream.inFlight.length,
      inFlightBytes: next.inFlightBytes - sumBytes(stream.inFlight),
      // Their PUBACKs are counted when they have been sent again.
      onTheWay: next.onTheWay - (stream.urgent ? 0 : stream.inFlight.filter(({ acknowledged }) => !acknowledged).length)
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

/** Asks the shell for the next messages, of one stream at a time. */
function plan(step: Step, options: { limits: WindowLimits }): Step {
  const { state } = step
  const { limits } = options
  if (!state.connected || state.asked !== undefined) return step
  // One stream whose watermark stands still must not take the window from the others.
  const perStreamMax = Math.max(1, Math.floor(limits.messagesMax / 2))
  const tokens = Math.floor(state.tokens)
  let chosen: readonly [string, Stream] | undefined
  for (const [key, stream] of state.streams) {
    if (stream.unsent === 0 || stream.inFlight.length >= perStreamMax || (isHeld(stream) && tokens <= 0)) continue
    if (chosen === undefined || goesBefore(stream, chosen[1])) chosen = [key, stream]
  }
  if (chosen === undefined) return step
  const [key, stream] = chosen
  const share = stream.urgent ? 1 : 1 - urgentShare
  const free = Math.max(1, Math.floor(limits.messagesMax * share)) - state.inFlightMessages
  const slots = stream.urgent ? free : Math.min(free, Math.floor(state.pipe.messagesMax) - state.onTheWay)
  const bytesMax = state.inFlightMessages === 0 ? limits.bytesMax : limits.bytesMax * share - state.inFlightBytes
  if (slots <= 0 || bytesMax <= 0) return step
  const messagesMax = Math.min(slots, perStreamMax - stream.inFlight.length, turnMessagesMax, isHeld(stream) ? tokens : Infinity)
  const asked = { stream: key, afterId: stream.cursor, messagesMax, bytesMax }
  return { state: { ...state, asked }, effects: [...step.effects, { type: 'send', ...asked }] }
}

/** Telemetry that waited when the connection was made is sent no faster than the rate of the replay. */
function isHeld(stream: Stream): boolean {
  return !stream.urgent && stream.cursor < stream.backlogUpToId
}

function sumBytes(messages: readonly { readonly bytes: number }[]): number {
  return messages.reduce((sum, message) => sum + message.bytes, 0)
}
