/** When the platform could be told something: since when it listens, and when it was away. What happened then could not be told in time. */
import { Type, type Static } from 'typebox'
import type { Deafness } from './late-event.ts'

/** Not hearing the clock for longer than this is being away. */
const awayAfterMs = 600_000
/** Times away that are remembered; the oldest go. */
const gapsMax = 64

export const ListeningState = Type.Object({
  sinceMs: Type.Optional(Type.Number()),
  lastMs: Type.Optional(Type.Number()),
  gaps: Type.Optional(Type.Array(Type.Object({ fromMs: Type.Number(), toMs: Type.Number() })))
})
export type ListeningState = Static<typeof ListeningState>

export interface Listening {
  heard(nowMs: number): void
  deafness(): Deafness
  snapshot(): ListeningState
  restore(state: ListeningState): void
}

export function createListening(): Listening {
  let sinceMs: number | undefined
  let lastMs: number | undefined
  let gaps: { fromMs: number; toMs: number }[] = []
  return {
    heard(nowMs) {
      sinceMs = Math.min(sinceMs ?? nowMs, nowMs)
      if (lastMs !== undefined && nowMs - lastMs > awayAfterMs) gaps = [...gaps, { fromMs: lastMs, toMs: nowMs }].slice(-gapsMax)
      lastMs = Math.max(lastMs ?? nowMs, nowMs)
    },
    deafness: () => ({ listeningSinceMs: sinceMs ?? Infinity, gaps }),
    snapshot: () => ({ ...(sinceMs === undefined ? {} : { sinceMs }), ...(lastMs === undefined ? {} : { lastMs }), gaps }),
    restore(state) {
      ;({ sinceMs, lastMs } = state)
      gaps = state.gaps ?? []
    }
  }
}
