/**
 * What the log holds and the rows of the streams do not know yet, after a process ended between two savings: noted again in the order
 * of the commits. Also counts what an earlier layout of the log did not. It changes nothing in the log.
 */
import { inTransaction } from '@tracegate/store/embedded-sqlite'
import type { DatabaseSync } from 'node:sqlite'
import { isMarker, itemCountsOf, nameOf, type Intake } from './decode.ts'
import { printOf } from './fingerprints.ts'
import type { GapLedger } from './gap-ledger/gap-ledger.ts'
import { tallyOf } from './group-writer.ts'
import { decodeFrames, type FramedMessage } from './log-frames.ts'
import type { LogTables } from './log-tables.ts'
import type { Streams } from './streams.ts'

export interface ReplayOptions {
  readonly database: DatabaseSync
  readonly tables: LogTables
  readonly streams: Streams
  readonly ledger: GapLedger
  readonly decode: (message: FramedMessage) => Intake
}

export function replayStreams(options: ReplayOptions): void {
  const { database, tables, streams } = options
  countGroups(options)
  let id = tables.streamsUpTo()
  let lastMs = 0
  let messages: FramedMessage[] = []
  let commitId: number | undefined
  const note = () => {
    // Lanes of one commit are rows of their own; a device may have sent to several of them in turn.
    messages.sort((left, right) => left.place - right.place)
    for (const message of messages) noteAgain(message, lastMs, options)
    messages = []
  }
  const done = () => {
    note()
    streams.save(lastMs)
    tables.setStreamsUpTo(id)
  }
  if (tables.groupAfter(id) === undefined) return
  inTransaction(database, () => {
    for (let group = tables.groupAfter(id); group !== undefined; group = tables.groupAfter(id)) {
      if (group.commitId !== commitId) note()
      commitId = group.commitId
      lastMs = group.commitMs
      id = group.id
      messages.push(...decodeFrames(group.frames))
    }
    done()
  })
  streams.commit()
}

function noteAgain(message: FramedMessage, nowMs: number, { streams, ledger, decode }: ReplayOptions): void {
  const intake = decode(message)
  const device = nameOf(intake)
  const { stream } = intake
  if (device === undefined || stream === undefined) return
  const { boot, seq, timeMs } = stream
  const print = intake.ok && isMarker(intake) ? {} : { print: printOf(message) }
  if (streams.note({ device, boot, seq, timeMs, nowMs, ...print }) === 'new' && intake.ok) ledger.tally(device, timeMs, tallyOf(intake))
}

function countGroups({ tables, decode }: ReplayOptions): void {
  for (let group = tables.uncountedGroup(); group !== undefined; group = tables.uncountedGroup()) {
    let [readings, events] = [0, 0]
    for (const message of decodeFrames(group.frames)) {
      const intake = decode(message)
      const counts = intake.ok ? itemCountsOf(intake) : { readings: 0, events: 0 }
      readings += counts.readings
      events += counts.events
    }
    tables.setCounts(group.id, readings, events)
  }
}
