/**
 * What one commit writes: which readings are sealed into messages and which go to the journal. Pure: it changes no stream, so that a write
 * that fails leaves everything as it was.
 */
import { encodeMessage } from '@tracegate/model/codec'
import type { Telemetry, WireReading } from '@tracegate/model/telemetry'
import { type TimeQuality, wireVersion } from '@tracegate/model/wire'
import type { NewMessage } from './message-log.ts'
import { bootOf, type OutboxChannel, type StreamName } from './message.ts'
import type { JournalPiece } from './stored.ts'

/** Readings of a stream that came together. */
export interface Piece {
  readonly readings: readonly WireReading[]
  readonly timeMs: number
  readonly timeQuality: TimeQuality
  /** Where it lies in the journal; undefined when it is new. */
  readonly journal: { readonly boot: string; readonly upTo: number; readonly segment: number } | undefined
}

/** A stream as it is between two commits. */
export interface OpenStream extends StreamName {
  readonly key: string
  readonly pieces: readonly Piece[]
  readonly openedAtMs: number
  /** Readings that went to the journal of this boot so far, and how many of them are in messages. */
  readonly journaled: number
  readonly sealed: number
}

export interface DocumentInput {
  readonly type: 'document'
  readonly stream: OpenStream
  readonly channel: OutboxChannel
  readonly readings: number
  readonly encode: (origin: { readonly boot: string; readonly seq: number }) => Uint8Array
}

export interface ReadingsInput {
  readonly type: 'readings'
  readonly stream: OpenStream
  readonly readings: readonly WireReading[]
  readonly timeMs: number
  readonly timeQuality: TimeQuality
}

export interface Planned {
  readonly messages: readonly (NewMessage & StreamName)[]
  readonly journal: readonly JournalPiece[]
  readonly streams: readonly OpenStream[]
  /** Files of the journal, once for each piece in them that is in a message now. */
  readonly freed: readonly number[]
}

export interface PlanOptions {
  readonly boot: string
  readonly batchReadingsMax: number
  readonly nowMs: number
  /** What a stream's lane of this boot has come to. */
  readonly laneOf: (stream: StreamName) => { readonly nextSeq: number; readonly readings: number }
  readonly isDue: (stream: OpenStream) => boolean
}

interface Draft {
  stream: OpenStream
  pieces: Piece[]
  openedAtMs: number
  journaled: number
  sealed: number
  nextSeq: number
  readingsBefore: number
}

export function planCommit(inputs: readonly (DocumentInput | ReadingsInput)[], open: Iterable<OpenStream>, options: PlanOptions): Planned {
  const drafts = new Map<string, Draft>()
  const messages: (NewMessage & StreamName)[] = []
  const freed: number[] = []
  const draftOf = (stream: OpenStream): Draft => {
    const known = drafts.get(stream.key)
    if (known !== undefined) return known
    const lane = options.laneOf(stream)
    const { openedAtMs, journaled, sealed } = stream
    const draft = {
      stream,
      pieces: [...stream.pieces],
      openedAtMs,
      journaled,
      sealed,
      nextSeq: lane.nextSeq,
      readingsBefore: lane.readings
    }
    drafts.set(stream.key, draft)
    return draft
  }
  const put = (draft: Draft, message: Pick<NewMessage, 'channel' | 'readings' | 'payload' | 'journal'>) => {
    const { device, urgent } = draft.stream
    messages.push({ ...message, device, urgent, seq: draft.nextSeq, readingsBefore: draft.readingsBefore })
    draft.nextSeq += 1
    draft.readingsBefore += message.readings
  }
  const seal = (draft: Draft) => {
    for (const pieces of messagesOf(draft.pieces, options)) {
      const origin = { boot: bootOf(options.boot, draft.stream.urgent), seq: draft.nextSeq }
      const journal = pieces.findLast((piece) => piece.journal !== undefined)?.journal
      for (const piece of pieces) if (piece.journal !== undefined) freed.push(piece.journal.segment)
      if (journal?.boot === options.boot) draft.sealed = journal.upTo
      put(draft, { channel: 'telemetry', readings: countOf(pieces), payload: telemetryOf(pieces, origin), journal })
    }
    draft.pieces = []
  }

  for (const input of inputs) {
    const draft = draftOf(input.stream)
    if (input.type === 'document') {
      // What came before goes before.
      seal(draft)
      const { channel, readings, encode } = input
      const payload = encode({ boot: bootOf(options.boot, input.stream.urgent), seq: draft.nextSeq })
      put(draft, { channel, readings, payload, journal: undefined })
      continue
    }
    const { readings, timeMs, timeQuality } = input
    const piece = { readings, timeMs, timeQuality, journal: undefined }
    if (!canJoin(draft.pieces, piece, options)) seal(draft)
    if (draft.pieces.length === 0) draft.openedAtMs = options.nowMs
    draft.pieces.push(piece)
    if (countOf(draft.pieces) >= options.batchReadingsMax) seal(draft)
  }
  for (const stream of open) if (options.isDue(stream)) draftOf(stream)
  for (const draft of drafts.values())
    if (options.isDue({ ...draft.stream, pieces: draft.pieces, openedAtMs: draft.openedAtMs })) seal(draft)

  const journal = [...drafts.values()].flatMap((draft) => journalOf(draft))
  const streams = [...drafts.values()].map(({ stream, pieces, openedAtMs, journaled, sealed }) => ({
    ...stream,
    pieces,
    openedAtMs,
    journaled,
    sealed
  }))
  return { messages, journal, streams, freed }
}

/** The new pieces of a stream for the journal. Counts them in. */
function journalOf(draft: Draft): JournalPiece[] {
  const { device, urgent } = draft.stream
  const made: JournalPiece[] = []
  for (const { readings, timeMs, timeQuality, journal } of draft.pieces) {
    if (journal !== undefined) continue
    made.push({ device, urgent, index: draft.journaled, sealed: draft.sealed, timeMs, timeQuality, readings: [...readings] })
    draft.journaled += readings.length
  }
  return made
}

export function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.readings.length, 0)
}

/** A message has one quality of time; and pieces of two journals must not share one, or what is sealed of each could not be told. */
function canJoin(pieces: readonly Piece[], next: Piece, options: { readonly boot: string; readonly batchReadingsMax: number }): boolean {
  const [first] = pieces
  if (first === undefined) return true
  if (first.timeQuality !== next.timeQuality || (first.journal?.boot ?? options.boot) !== (next.journal?.boot ?? options.boot)) return false
  return countOf(pieces) + next.readings.length <= options.batchReadingsMax
}

function messagesOf(pieces: readonly Piece[], options: { readonly boot: string; readonly batchReadingsMax: number }): Piece[][] {
  const messages: Piece[][] = []
  for (const piece of pieces) {
    const last = messages.at(-1)
    if (last !== undefined && canJoin(last, piece, options)) last.push(piece)
    else messages.push([piece])
  }
  return messages
}

function telemetryOf(pieces: readonly Piece[], origin: { readonly boot: string; readonly seq: number }): Uint8Array {
  const last = pieces.at(-1)
  const timeMs = last?.timeMs ?? 0
  const readings = pieces.flatMap((piece) =>
    piece.readings.map((reading) => {
      if (reading.timeMs !== timeMs) return reading
      const { timeMs: _same, ...rest } = reading
      return rest
    })
  )
  return encodeMessage({ v: wireVersion, ...origin, timeMs, timeQuality: last?.timeQuality ?? 'unknown', readings } satisfies Telemetry)
}
