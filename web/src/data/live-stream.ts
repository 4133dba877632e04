/** Holds the line to `/api/v1/live`: opens, checks, gathers, reopens. What the messages mean is `live-state.ts`. */
import { checkValue } from '@tracegate/model/check'
import { liveSchemas, type LiveMessage } from '@tracegate/model/live'
import { apiRoot } from './request.ts'
import { applyMessages, connectionAt, emptyLiveState, type LiveState } from './live-state.ts'

/** At most four paints a second, however fast the stream is. */
const paintEveryMs = 250
/** Past this the oldest gathered messages go; the next answer of the api brings what they said. */
const gatheredMax = 2_000
const reopenMinMs = 1_000
const reopenMaxMs = 15_000

export interface LiveStream {
  readonly get: () => LiveState
  readonly subscribe: (listener: () => void) => () => void
  /** While paused nothing is painted; what comes meanwhile is gathered within the limit. */
  setPaused(paused: boolean): void
  paused(): boolean
  close(): void
}

/** Opens the stream; it stays open until `close`. */
export function openLiveStream(on: {
  /** What came since the last paint, in order. */
  readonly messages: (messages: readonly LiveMessage[]) => void
  /** The server could not replay what was missed: everything known may be old. */
  readonly reset: () => void
}): LiveStream {
  let state = emptyLiveState
  let gathered: LiveMessage[] = []
  let source: EventSource | undefined
  let reopenTimer: ReturnType<typeof setTimeout> | undefined
  let reopenAfterMs = reopenMinMs
  let lastEventId = ''
  let paused = false
  const listeners = new Set<() => void>()

  const set = (next: LiveState) => {
    if (next === state) return
    state = next
    for (const listener of listeners) listener()
  }

  const open = () => {
    const from = lastEventId === '' ? '' : `?lastEventId=${encodeURIComponent(lastEventId)}`
    source = new EventSource(`${apiRoot}/live${from}`)
    source.onopen = () => {
      reopenAfterMs = reopenMinMs
      set({ ...state, connection: 'live', lastMessageMs: Date.now() })
    }
    source.onerror = () => {
      set({ ...state, connection: 'reconnecting' })
      if (source?.readyState !== EventSource.CLOSED) return
      reopenTimer = setTimeout(open, reopenAfterMs)
      reopenAfterMs = Math.min(reopenAfterMs * 2, reopenMaxMs)
    }
    source.addEventListener('reset', on.reset)
    for (const name of liveNames)
      source.addEventListener(name, (event) => {
        lastEventId = event.lastEventId
        const message = parseMessage(name, event.data)
        if (message === undefined) return
        gathered.push(message)
        if (gathered.length > gatheredMax) gathered.shift()
      })
  }

  const paint = () => {
    if (paused) return
    const messages = gathered
    gathered = []
    if (messages.length > 0) {
      set(applyMessages(state, messages, Date.now()))
      on.messages(messages)
      return
    }
    const connection = connectionAt(state, Date.now())
    if (connection !== state.connection) set({ ...state, connection })
  }

  open()
  const paintTimer = setInterval(paint, paintEveryMs)
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    setPaused(next) {
      paused = next
      set({ ...state, connection: next ? 'paused' : 'live' })
    },
    paused: () => paused,
    close() {
      clearInterval(paintTimer)
      clearTimeout(reopenTimer)
      source?.close()
    }
  }
}

const liveNames = ['readings', 'anomaly', 'warning', 'device', 'event'] as const

/** A message of the stream, or nothing when it is not what the schema says: the stream goes on. */
export function parseMessage(name: (typeof liveNames)[number], text: string): LiveMessage | undefined {
  const data = parseJson(text)
  switch (name) {
    case 'readings': {
      const checked = checkValue(liveSchemas.readings, data)
      return checked.ok ? { type: name, data: checked.value } : undefined
    }
    case 'anomaly': {
      const checked = checkValue(liveSchemas.anomaly, data)
      return checked.ok ? { type: name, data: checked.value } : undefined
    }
    case 'warning': {
      const checked = checkValue(liveSchemas.warning, data)
      return checked.ok ? { type: name, data: checked.value } : undefined
    }
    case 'device': {
      const checked = checkValue(liveSchemas.device, data)
      return checked.ok ? { type: name, data: checked.value } : undefined
    }
    case 'event': {
      const checked = checkValue(liveSchemas.event, data)
      return checked.ok ? { type: name, data: checked.value } : undefined
    }
    default:
      return undefined
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
