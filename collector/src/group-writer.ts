/**
 * What one group commit writes: the messages that are new, by lane; the place of each in its sender's stream; the dead letters; what may
 * leave the log. All of it in one transaction, or nothing. It decides what is new, and neither when to commit nor whether there is room.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Reason } from '@tracegate/model/errors'
import { inTransaction } from '@tracegate/store/embedded-sqlite'
import type { DeadLetters } from './dead-letter/dead-letters.ts'
import { droppedReadingsOf, isMarker, itemCountsOf, nameOf, type Intake, type Taken } from './decode.ts'
import { printOf } from './fingerprints.ts'
import type { GapLedger } from './gap-ledger/gap-ledger.ts'
import { eachLane, laneOf, lanes, type Lane } from './lanes.ts'
import type { CollectorLimits } from './limits.ts'
import { bytesOfMessage, encodeFrames, type FramedMessage } from './log-frames.ts'
import type { LogEntry, LogLane } from './log-lane.ts'
import type { LogTables } from './log-tables.ts'
import type { StreamPosition, Streams } from './streams.ts'

/** conflict: the number stands for another message already; kept as a dead letter. */
export type CommitOutcome = 'logged' | 'duplicate' | 'conflict' | 'deadLettered'

export type LogMessage = Omit<FramedMessage, 'place'>

/** A dead letter that is handed in again. */
export interface Replay {
  readonly id: number
  readonly by: string
}

interface Candidate {
  readonly message: LogMessage
  readonly intake: Intake
  readonly replay: Replay | undefined
}

interface Written {
  readonly outcomes: readonly CommitOutcome[]
  readonly streams: readonly StreamPosition[]
  /** What the log grew and shrank by. */
  readonly messages: number
  readonly bytes: number
}

export interface GroupWriter {
  /** Throws when nothing of it could be written. */
  write(group: readonly Candidate[], release: Readonly<Partial<Record<Lane, number>>>): Written
  /** Whether the streams are to be saved before long, so that little must be replayed after a crash. */
  saveIsDue(): boolean
  /** Whether there is something that only a commit with `save` writes. */
  hasUnsaved(): boolean
  /** The next write saves the streams. */
  demandSave(): void
}

export interface GroupWriterOptions {
  readonly database: DatabaseSync
  readonly tables: LogTables
  readonly streams: Streams
  readonly ledger: GapLedger
  readonly dead: DeadLetters
  readonly logLanes: Readonly<Record<Lane, LogLane>>
  readonly limits: CollectorLimits
  readonly nowMs: () => number
  readonly lastCommitId: number
}

interface LaneGroup {
  readonly messages: FramedMessage[]
  readonly entries: LogEntry[]
  bytes: number
  readings: number
  events: number
}

export function createGroupWriter(options: GroupWriterOptions): GroupWriter {
  const { database, tables, streams, ledger, dead, logLanes } = options
  let commitId = options.lastCommitId
  let unsavedMessages = 0
  let demanded = false
  /** Something of this transaction is not in the log, so that a replay of the log would not bring it back. */
  let outsideLog = false

  function write(group: readonly Candidate[], release: Readonly<Partial<Record<Lane, number>>>): Written {
    const nowMs = options.nowMs()
    const outcomes: CommitOutcome[] = []
    const groups = eachLane((): LaneGroup => ({ messages: [], entries: [], bytes: 0, readings: 0, events: 0 }))
    let released = { messages: 0, bytes: 0 }
    let saves = false
    outsideLog = false
    try {
      inTransaction(database, () => {
        // First, so that what comes finds its pages.
        released = releaseGroups(release)
        for (const one of group) outcomes.push(writeOne(one, nowMs, groups))
        const lastId = insertGroups(groups, nowMs)
        const releases = lanes.some((lane) => release[lane] !== undefined)
        saves = outsideLog || demanded || releases || streams.mustSave() || ledger.isCrowded() || saveIsDue()
        if (saves) {
          streams.save(nowMs)
          tables.setStreamsUpTo(lastId ?? tables.lastGroupId())
        }
      })
    } catch (error) {
      streams.rollback()
      dead.reload()
      throw error
    }
    const risen = streams.commit()
    commitId += 1
    if (saves) demanded = false
    let [messages, bytes] = [-released.messages, -released.bytes]
    for (const lane of lanes) {
      const { entries } = groups[lane]
      if (entries.length === 0) continue
      logLanes[lane].push(entries)
      messages += entries.length
      bytes += groups[lane].bytes
    }
    unsavedMessages = saves ? 0 : unsavedMessages + group.length
    return { outcomes, streams: risen, messages, bytes }
  }

  function saveIsDue(): boolean {
    return unsavedMessages >= options.limits.replayMessagesMax
  }

  function writeOne({ message, intake, replay }: Candidate, nowMs: number, groups: Readonly<Record<Lane, LaneGroup>>): CommitOutcome {
    const device = nameOf(intake)
    if (replay !== undefined) {
      outsideLog = true
      if (!dead.close(replay.id, { state: 'replayed', atMs: nowMs, by: replay.by })) return 'duplicate'
    }
    const noted = noteStream({ message, intake, replay }, device, nowMs)
    if (noted !== undefined && noted !== 'new') {
      outsideLog = true
      if (replay === undefined) return noted
    }
    if (!intake.ok) {
      outsideLog = true
      dead.insert({ ...message, reason: intake.reason, ...(device === undefined ? {} : { device }) })
      if (device !== undefined) ledger.tally(device, intake.stream?.timeMs ?? message.receivedAtMs, { messages: 1, deadLetters: 1 })
      return 'deadLettered'
    }
    for (const reason of intake.partial) dead.insert({ ...message, reason, ...(device === undefined ? {} : { device }) })
    addTo(groups, message, intake)
    return 'logged'
  }

  function addTo(groups: Readonly<Record<Lane, LaneGroup>>, message: LogMessage, intake: Taken): void {
    const lane = laneOf(intake)
    const own = groups[lane]
    const { topic, payload, clientId, receivedAtMs } = message
    const bytes = bytesOfMessage(message)
    const place = groups.event.messages.length + groups.alarm.messages.length + groups.telemetry.messages.length
    const { readings, events } = itemCountsOf(intake)
    own.entries.push({ offset: logLanes[lane].nextOffset() + own.entries.length, receivedAtMs, bytes, intake })
    own.messages.push({ topic, payload, clientId, receivedAtMs, place })
    own.bytes += bytes
    own.readings += readings
    own.events += events
  }

  /** Gives the id of the last row written. */
  function insertGroups(groups: Readonly<Record<Lane, LaneGroup>>, commitMs: number): number | undefined {
    let lastId: number | undefined
    for (const lane of lanes) {
      const { entries, messages, bytes, readings, events } = groups[lane]
      const [first, last] = [entries[0], entries.at(-1)]
      if (first === undefined || last === undefined) continue
      const group = { commitId: commitId + 1, commitMs, lane, firstOffset: first.offset, lastOffset: last.offset, bytes, readings, events }
      lastId = tables.insertGroup(group, encodeFrames(messages))
    }
    return lastId
  }

  /** What the place in the stream says: undefined where there is none. */
  function noteStream({ message, intake, replay }: Candidate, device: string | undefined, nowMs: number) {
    if (device === undefined) return undefined
    if (intake.ok && intake.work.type === 'state') ledger.presence(device, intake.work.state, message.receivedAtMs)
    const { stream } = intake
    if (stream === undefined) return undefined
    const { boot, seq, timeMs } = stream
    const marker = intake.ok && isMarker(intake)
    const note = streams.note(marker ? { device, boot, seq, timeMs, nowMs } : { device, boot, seq, timeMs, nowMs, print: printOf(message) })
    if (replay !== undefined && note !== 'new') return note
    if (note === 'conflict') dead.insert({ ...message, device, reason: conflictOf(stream) })
    if (note === 'new' && marker) {
      const readings = droppedReadingsOf(intake)
      outsideLog = true
      ledger.dropped({ device, boot }, { seq, readings, timeMs, nowMs })
      ledger.tally(device, timeMs, { messages: 1, droppedReadings: readings })
    } else if (note !== 'new') ledger.tally(device, timeMs, note === 'conflict' ? { deadLetters: 1 } : { duplicates: 1 })
    else if (intake.ok) ledger.tally(device, timeMs, tallyOf(intake))
    return note
  }

  function releaseGroups(release: Readonly<Partial<Record<Lane, number>>>): { messages: number; bytes: number } {
    let [messages, bytes] = [0, 0]
    for (const lane of lanes) {
      const upTo = release[lane]
      if (upTo === undefined) continue
      const gone = tables.release(lane, upTo)
      tables.setReleasedUpTo(lane, upTo)
      messages += gone.messages
      bytes += gone.bytes
    }
    return { messages, bytes }
  }

  return {
    write,
    saveIsDue,
    hasUnsaved: () => streams.unsaved() > 0,
    demandSave: () => void (demanded = true)
  }
}

/** What a message that is new adds to the hours of its device. */
export function tallyOf(intake: Taken): { readonly messages: number; readonly readings: number; readonly events: number } {
  return { messages: 1, ...itemCountsOf(intake) }
}

/** What a device that starts anew under the boot id of its last run would lose without a word. */
export function conflictOf(stream: { readonly boot: string; readonly seq: number }): Reason {
  const message = `seq is ${stream.seq} in boot "${stream.boot}", which another message has already, expected a new boot id at every start`
  return { code: 'DUPLICATE_SEQ_CONFLICT', pointer: '/seq', message }
}
