/** Messages on their way to a commit, in the order they came; alarms and events pass telemetry only where that has no room. */
import type { CodedError } from '@tracegate/model/errors'
import type { Intake } from './decode.ts'
import { collectorError } from './errors.ts'
import type { CommitOutcome, LogMessage, Replay } from './group-writer.ts'
import { laneOf } from './lanes.ts'
import type { CollectorLimits } from './limits.ts'
import { bytesOfMessage } from './log-frames.ts'
import type { LogRoom } from './log-room.ts'

export interface Waiting {
  readonly message: LogMessage
  readonly intake: Intake
  readonly replay: Replay | undefined
  /** Not telemetry: it may use the reserve. */
  readonly urgent: boolean
  /** By a clock that nobody sets: a jump of the wall clock must not reject what waits. */
  readonly sinceMs: number
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  outcome: CommitOutcome
}

export function makeWaiting({ message, intake, replay }: Pick<Waiting, 'message' | 'intake' | 'replay'>): Waiting {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { message, intake, replay, urgent: isUrgent(intake), sinceMs: performance.now(), promise, resolve, reject, outcome: 'logged' }
}

export interface WaitingRoom {
  add(one: Waiting): void
  /** Why such a message may not wait; undefined when it may. */
  refusalOf(intake: Intake): CodedError | undefined
  count(): number
  /** Whether any of them may be taken. */
  hasFor(room: LogRoom): boolean
  /** The next group, as far as there is room. */
  take(room: LogRoom): Waiting[]
  /** The first so many that are urgent. */
  takeUrgent(countMax: number): Waiting[]
  /** Their commit failed: they wait again, before all others. */
  putBack(group: readonly Waiting[]): void
  /** Those that have waited since before a time. */
  takeLate(beforeMs: number): Waiting[]
  takeAll(): Waiting[]
}

export function createWaitingRoom(limits: CollectorLimits): WaitingRoom {
  let waiting: Waiting[] = []
  let urgentCount = 0
  let waitingBytes = 0

  function count(one: Waiting, sign: 1 | -1): void {
    waitingBytes += sign * bytesOfMessage(one.message)
    if (one.urgent) urgentCount += sign
  }

  function takeWhere(isTaken: (one: Waiting) => boolean, countMax: number): Waiting[] {
    const taken: Waiting[] = []
    const left: Waiting[] = []
    for (const one of waiting) (taken.length < countMax && isTaken(one) ? taken : left).push(one)
    waiting = left
    for (const one of taken) count(one, -1)
    return taken
  }

  return {
    add(one) {
      waiting.push(one)
      count(one, 1)
    },
    refusalOf(intake) {
      const share = isUrgent(intake) ? 1 + limits.reservedShare : 1
      const [messagesMax, bytesMax] = [Math.floor(limits.waitingMax * share), Math.floor(limits.waitingBytesMax * share)]
      if (waiting.length >= messagesMax)
        return collectorError('COLLECTOR_BUSY', { what: 'messages', current: waiting.length, wanted: messagesMax })
      return waitingBytes < bytesMax
        ? undefined
        : collectorError('COLLECTOR_BUSY', { what: 'bytes', current: waitingBytes, wanted: bytesMax })
    },
    count: () => waiting.length,
    hasFor(room) {
      if (waiting.length === 0) return false
      const { telemetry, urgent } = room.left()
      if (waiting.length > urgentCount && telemetry.messages > 0 && telemetry.bytes > 0) return true
      return urgentCount > 0 && urgent.messages > 0 && urgent.bytes > 0
    },
    take(room) {
      const { telemetry, urgent } = room.left()
      let bytesLeft = limits.groupBytesMax
      return takeWhere((one) => {
        // The first one always, and none past the first that does not fit: they keep their order.
        if (bytesLeft <= 0) return false
        if (!one.intake.ok) {
          bytesLeft -= bytesOfMessage(one.message)
          return true
        }
        const own = one.urgent ? urgent : telemetry
        if (own.messages <= 0 || own.bytes <= 0) return false
        const bytes = bytesOfMessage(one.message)
        bytesLeft -= bytes
        for (const room of [telemetry, urgent]) {
          room.messages -= 1
          room.bytes -= bytes
        }
        return true
      }, limits.groupTakeMax)
    },
    takeUrgent: (countMax) => takeWhere((one) => one.urgent, countMax),
    putBack(group) {
      waiting = [...group, ...waiting]
      for (const one of group) count(one, 1)
    },
    takeLate(beforeMs) {
      // In order of age, but for those that were put back, which are older still.
      const [first] = waiting
      return first === undefined || first.sinceMs >= beforeMs ? [] : takeWhere((one) => one.sinceMs < beforeMs, Infinity)
    },
    takeAll: () => takeWhere(() => true, Infinity)
  }
}

/** What is refused goes to the dead letter, which has bounds of its own. */
function isUrgent(intake: Intake): boolean {
  return !intake.ok || laneOf(intake) !== 'telemetry'
}
