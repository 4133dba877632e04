/**
 * Whether this host application may go by its id: what it says on its STATE topic, and what it makes of what others say there (Sparkplug
 * 3.0, chapter 5). Of two that live with the same id one has to stop. It publishes nothing.
 */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'

/** answer: publish that we are there. stop: the id is another one's. */
type ClaimStep = 'nothing' | 'answer' | 'stop'

export interface HostClaim {
  /** Of the last will and of the state that follows it: they must be equal, and differ from those of other connections. */
  nextTimestamp(): number
  payload(online: boolean): Uint8Array
  /** `retain`: kept by the broker since before this connection subscribed. */
  seen(payload: Uint8Array, about: { readonly retain: boolean }): ClaimStep
  readonly takeovers: number
  /** What the other one said last, to be put back by whoever gives the id up between two connections of it. */
  readonly ofTheOther: Uint8Array | undefined
}

export interface HostClaimOptions {
  readonly nowMs: () => number
  readonly takeoversMax?: number
  readonly windowMs?: number
}

/** So many within a minute are no accident. */
const takeoversDefault = 3
const windowDefaultMs = 60_000
const ownKept = 64

const hostState = compileValidator(Type.Object({ online: Type.Boolean(), timestamp: Type.Number() }))

export function createHostClaim({ nowMs, takeoversMax = takeoversDefault, windowMs = windowDefaultMs }: HostClaimOptions): HostClaim {
  let timestamp = 0
  let connections = 0
  const own = new Set<number>()
  let takeoversMs: number[] = []
  let ofTheOther: Uint8Array | undefined

  const takenOver = (step: ClaimStep): ClaimStep => {
    takeoversMs = [...takeoversMs.filter((atMs) => nowMs() - atMs < windowMs), nowMs()]
    return takeoversMs.length >= takeoversMax ? 'stop' : step
  }

  return {
    nextTimestamp() {
      timestamp = Math.max(nowMs(), timestamp + 1)
      connections += 1
      own.add(timestamp)
      for (const oldest of own) {
        if (own.size <= ownKept) break
        own.delete(oldest)
      }
      return timestamp
    },
    payload: (online) => Buffer.from(JSON.stringify({ online, timestamp })),
    seen(payload, { retain }) {
      const state = stateOf(payload)
      // Rubbish on the topic of the state, in place of ours.
      if (state === undefined) return retain ? 'nothing' : 'answer'
      if (own.has(state.timestamp)) return state.online || retain ? 'nothing' : 'answer'
      // Of before this process; after that, another one had the id between two connections of ours.
      if (retain) {
        ofTheOther = payload
        return connections <= 1 ? 'nothing' : takenOver('answer')
      }
      ofTheOther = undefined
      if (!state.online) return 'answer'
      // Another one lives: who came later has to stop, and learns of us by our answer.
      return state.timestamp < timestamp ? 'stop' : takenOver('answer')
    },
    get takeovers() {
      return takeoversMs.length
    },
    get ofTheOther() {
      return ofTheOther
    }
  }
}

function stateOf(payload: Uint8Array) {
  try {
    const checked = hostState.check(JSON.parse(Buffer.from(payload).toString()))
    return checked.ok ? checked.value : undefined
  } catch {
    return undefined
  }
}
