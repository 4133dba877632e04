/**
 * What one commit writes: which readings are sealed into messages and which go to the journal. Pure: it changes no stream, so that a write
 * that fails leaves everything as it was.
 */
import type { WireReading } from '@tracegate/model/telemetry'
import { type TimeQuality } from '@tracegate/model/wire'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { NewMessage } from './message-log.ts'
import { bootOf, type OutboxChannel, type StreamName } from './message.ts'
import type { JournalEntry } from './journal.ts'

/**
 * Readings of a stream that came together, as the JSON that goes into a message, without the brackets: it is made once, for journal and
 * message, and takes half the memory of the objects.
 */
export interface Piece {
  readonly text: string
  readonly readings: number
  readonly timeMs: number
  readonly timeQuality: TimeQuality
  /** Where it lies in the journal; undefined when it is new. */
  readonly journal: { readonly boot: string; readonly upTo: number; readonly segment: number } | undefined
}

/** A stream as it is between two commits. */
export interface OpenStream extends StreamName {
  readonly key: string
  readonly pieces: readonly Piece[]
  /** In all pieces. */
  readonly readings: number
  readonly openedAtMs: number
  /** Readings that went to the journal of this boot so far, and how many of them are in messages. */
  readonly journaled: number
  readonly sealed: number
}

/** What a commit makes of a stream: its pieces are in messages now or still open, and some were added. */
export interface StreamChange extends Omit<OpenStream, 'pieces'> {
  readonly isSealed: boolean
  readonly added: readonly Piece[]
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
  readonly text: string
  readonly readings: number
  readonly timeMs: number
  readonly timeQuality: TimeQuality
}

export interface Planned {
  readonly messages: readonly (NewMessage & StreamName)[]
  readonly journal: readonly JournalEntry[]
  readonly streams: readonly StreamChange[]
  /** Files of the journal, once for each piece in them that is in a message now. */
  readonly freed: readonly number[]
}

export interface PlanOptions {
  readonly boot: string
  readonly batchReadingsMax: number
  readonly nowMs: number
  /** What a stream's lane of this boot has come to. */
  readonly laneOf: (stream: StreamName) => { readonly nextSeq: number; readonly readings: number }
  readonly isDue: (stream: Pick<OpenStream, keyof StreamName | 'readings' | 'openedAtMs'>) => boolean
}

/** A stream while its commit is planned; what was open before is `base`, until it is sealed. */
interface Draft {
  readonly stream: OpenStream
  base: readonly Piece[]
  added: Piece[]
  readings: number
  openedAtMs: number
  journaled: number
  sealed: number
  nextSeq: number
  readingsBefore: number
  isSealed: boolean
}

export function planCommit(inputs: readonly (DocumentInput | ReadingsInput)[], open: Iterable<OpenStream>, options: PlanOptions): Planned {
  const drafts = new Map<string, Draft>()
  const messages: (NewMessage & StreamName)[] = []
  const freed: number[] = []
  const draftOf = (stream: OpenStream): Draft => {
    let draft = drafts.get(stream.key)
    if (draft === undefined) drafts.set(stream.key, (draft = newDraft(stream, options.laneOf(stream))))
    return draft
  }
  const put = (draft: Draft, message: Pick<NewMessage, 'channel' | 'readings' | 'payload' | 'journal'>) => {
    const { device, urgent } = draft.stream
    messages.push({ ...message, device, urgent, seq: draft.nextSeq, readingsBefore: draft.readingsBefore })
    draft.nextSeq += 1
    draft.readingsBefore += message.readings
  }
  const seal = (draft: Draft) => {
    for (const { pieces, readings } of messagesOf([...draft.base, ...draft.added], options)) {
      const origin = { boot: bootOf(options.boot, draft.stream.urgent), seq: draft.nextSeq }
      const journal = pieces.findLast((piece) => piece.journal !== undefined)?.journal
      for (const piece of pieces) if (piece.journal !== undefined) freed.push(piece.journal.segment)
      if (journal?.boot === options.boot) draft.sealed = journal.upTo
      put(draft, { channel: 'telemetry', readings, payload: telemetryOf(pieces, origin), journal })
    }
    draft.base = []
    draft.added = []
    draft.readings = 0
    draft.isSealed = true
  }
  const take = (draft: Draft, input: DocumentInput | ReadingsInput) => {
    if (input.type === 'document') {
      // What came before goes before.
      seal(draft)
      const { channel, readings, encode } = input
      const payload = encode({ boot: bootOf(options.boot, input.stream.urgent), seq: draft.nextSeq })
      put(draft, { channel, readings, payload, journal: undefined })
      return
    }
    const { text, readings, timeMs, timeQuality } = input
    const piece = { text, readings, timeMs, timeQuality, journal: undefined }
    if (!canJoin(draft.base[0] ?? draft.added[0], draft.readings, piece, options)) seal(draft)
    if (draft.readings === 0) draft.openedAtMs = options.nowMs
    draft.added.push(piece)
    draft.readings += readings
    if (draft.readings >= options.batchReadingsMax) seal(draft)
  }

  for (const input of inputs) take(draftOf(input.stream), input)
  for (const stream of open) if (!drafts.has(stream.key) && options.isDue(stream)) seal(draftOf(stream))
  for (const draft of drafts.values())
    if (options.isDue({ ...draft.stream, readings: draft.readings, openedAtMs: draft.openedAtMs })) seal(draft)
  const journal = [...drafts.values()].flatMap(journalOf)
  return { messages, journal, streams: [...drafts.values()].map(changeOf), freed }
}

function newDraft(stream: OpenStream, lane: { readonly nextSeq: number; readonly readings: number }): Draft {
  const { pieces, readings, openedAtMs, journaled, sealed } = stream
  const { nextSeq, readings: readingsBefore } = lane
  return { stream, base: pieces, added: [], readings, openedAtMs, journaled, sealed, nextSeq, readingsBefore, isSealed: false }
}

function changeOf({ stream, added, readings, openedAtMs, journaled, sealed, isSealed }: Draft): StreamChange {
  const { key, device, urgent } = stream
  return { key, device, urgent, added, readings, openedAtMs, journaled, sealed, isSealed }
}

/** The new pieces of a stream for the journal. Counts them in. */
function journalOf(draft: Draft): JournalEntry[] {
  const { device, urgent } = draft.stream
  return draft.added.map(({ text, readings, timeMs, timeQuality }) => {
    const index = draft.journaled
    draft.journaled += readings
    return { device, urgent, index, sealed: draft.sealed, timeMs, timeQuality, text }
  })
}

/** A message has one quality of time; and pieces of two journals must not share one, or what is sealed of each could not be told. */
function canJoin(
  first: Piece | undefined,
  readings: number,
  next: Piece,
  options: { readonly boot: string; readonly batchReadingsMax: number }
): boolean {
  if (first === undefined) return true
  if (first.timeQuality !== next.timeQuality || (first.journal?.boot ?? options.boot) !== (next.journal?.boot ?? options.boot)) return false
  return readings + next.readings <= options.batchReadingsMax
}

function messagesOf(
  pieces: readonly Piece[],
  options: { readonly boot: string; readonly batchReadingsMax: number }
): { readonly pieces: Piece[]; readings: number }[] {
  const messages: { readonly pieces: Piece[]; readings: number }[] = []
  for (const piece of pieces) {
    const last = messages.at(-1)
    if (last !== undefined && canJoin(last.pieces[0], last.readings, piece, options)) {
      last.pieces.push(piece)
      last.readings += piece.readings
    } else messages.push({ pieces: [piece], readings: piece.readings })
  }
  return messages
}

function telemetryOf(pieces: readonly Piece[], origin: { readonly boot: string; readonly seq: number }): Uint8Array {
  const last = pieces.at(-1)
  const head = { v: wireVersion, ...origin, timeMs: last?.timeMs ?? 0, timeQuality: last?.timeQuality ?? 'unknown' }
  const text = pieces.map((piece) => piece.text).join(',')
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"readings":[${text}]}`)
}

/** Readings as a piece holds them. */
export function textOf(readings: readonly WireReading[]): string {
  return JSON.stringify(readings).slice(1, -1)
}
