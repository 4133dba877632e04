/**
 * Cold events in packs that fill a page of the file: facts as bytes, JSON as shape and filling, what no other event shares of it compressed
 * together. One event is read without unpacking the others.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { TraceFact } from '@tracegate/model/trace-event'
import { storeError } from '../../errors.ts'
import { broken, readVarint, readZigzag, writeVarint, writeZigzag } from '../../varint.ts'
import { completeFact } from './fact-codec.ts'
import { readFact, writeFact } from './fact-record.ts'
import { fillShape, shapeOf, type ShapedJson } from './json-shape.ts'
import { createPackWriter, reserve, type PackReader, type PackWriter } from './pack-bytes.ts'

export interface PackedEvent {
  readonly seq: number
  readonly fact: TraceFact
  readonly json: string
}

export interface PackBuilder {
  /** False when the pack is full without it. */
  add(event: PackedEvent): boolean
  events(): number
  /** The pack so far, and texts in it that other packs may hold too; the builder is empty afterwards. */
  take(): { readonly first: number; readonly last: number; readonly bytes: Uint8Array; readonly texts: readonly string[] }
}

/** What a page of 4 KiB takes of one row. */
const packBytesMax = 4_030
const eventsMax = 128
const headerBytesPerEvent = 6
const zippedFrom = 256
const compressionLevel = 3
/** A text that is as long as this is no stem, word or place. */
const learnedLengthMax = 8_192

const jsonForms = { literal: 0, literalShape: 1, sharedShape: 2 } as const

export function createPackBuilder(sharedId: PackWriter['sharedId']): PackBuilder {
  let writer = createPackWriter(sharedId)
  let records: PackRecord[] = []
  let literals: string[] = []
  let shapes: string[] = []
  let literalLength = 0
  let baseMs = 0
  // How many times shorter the literals of the last pack became.
  let pressed = 6

  const size = (): number => {
    let own = 0
    for (const text of writer.own.keys()) own += Buffer.byteLength(text) + 1
    return writer.at + own + (records.length + 1) * headerBytesPerEvent + literalLength / pressed
  }
  const undo = (at: number, own: number, literalCount: number): void => {
    writer.at = at
    for (const [text, place] of writer.own) if (place >= own) writer.own.delete(text)
    for (const literal of literals.splice(literalCount)) literalLength -= literal.length
  }
  const writeJson = ({ fact, json }: PackedEvent): void => {
    const shaped = shapeOf(json, fact)
    reserve(writer, 32 + (shaped?.counts.length ?? 0) * 8)
    const shared = shaped === undefined ? undefined : sharedId(shaped.shape)
    if (shared === undefined) {
      const literal = shaped?.shape ?? json
      writeVarint(writer, shaped === undefined ? jsonForms.literal : jsonForms.literalShape)
      writeVarint(writer, literals.length)
      literals.push(literal)
      literalLength += literal.length
      if (shaped !== undefined && literal.length <= learnedLengthMax) shapes.push(literal)
    } else {
      writeVarint(writer, jsonForms.sharedShape)
      writeVarint(writer, shared)
    }
    if (shaped !== undefined) writeCounts(writer, shaped)
  }
  return {
    add(event) {
      if (records.length === 0) baseMs = event.fact.eventTimeMs
      const before = { at: writer.at, own: writer.own.size, literals: literals.length }
      writeFact(writer, event.fact, baseMs)
      const factLength = writer.at - before.at
      writeJson(event)
      if (records.length > 0 && (records.length >= eventsMax || size() > packBytesMax)) {
        undo(before.at, before.own, before.literals)
        return false
      }
      records.push({ seq: event.seq, factLength, jsonLength: writer.at - before.at - factLength })
      return true
    },
    events: () => records.length,
    take() {
      const zipped = zip(literals)
      if (literalLength > zippedFrom) pressed = Math.max(1, Math.min(40, literalLength / zipped.length))
      const bytes = Buffer.concat([headOf(records, baseMs, writer), writer.bytes.subarray(0, writer.at), zipped])
      const texts = [...new Set(shapes), ...[...writer.own.keys()].filter((text) => text.length <= learnedLengthMax)]
      const taken = { first: records[0]?.seq ?? 0, last: records.at(-1)?.seq ?? 0, bytes, texts }
      writer = { ...writer, at: 0, own: new Map() }
      records = []
      literals = []
      shapes = []
      literalLength = 0
      return taken
    }
  }
}

function writeCounts(writer: PackWriter, { counts }: ShapedJson): void {
  writeVarint(writer, counts.length)
  for (const count of counts) writeZigzag(writer, count)
}

interface PackRecord {
  readonly seq: number
  readonly factLength: number
  readonly jsonLength: number
}

/** Version, events with their lengths, the pack's own texts. */
function headOf(records: readonly PackRecord[], baseMs: number, { own }: PackWriter): Buffer {
  const texts = [...own.keys()].map((text) => Buffer.from(text))
  const head = { bytes: Buffer.allocUnsafe(64 + records.length * 16 + texts.length * 8), at: 0 }
  writeVarint(head, packVersion)
  writeVarint(head, records.length)
  writeZigzag(head, baseMs)
  let before = records[0]?.seq ?? 0
  for (const { seq, factLength, jsonLength } of records) {
    writeVarint(head, seq - before)
    writeVarint(head, factLength)
    writeVarint(head, jsonLength)
    before = seq
  }
  writeVarint(head, texts.length)
  for (const text of texts) writeVarint(head, text.length)
  return Buffer.concat([head.bytes.subarray(0, head.at), ...texts])
}

const packVersion = 1

/** Lengths of the literals, whether they are compressed, the literals. */
function zip(literals: readonly string[]): Buffer {
  const texts = literals.map((literal) => Buffer.from(literal))
  const head = { bytes: Buffer.allocUnsafe(16 + texts.length * 8), at: 0 }
  writeVarint(head, texts.length)
  for (const text of texts) writeVarint(head, text.length)
  const all = Buffer.concat(texts)
  const compressed = all.length > zippedFrom
  writeVarint(head, compressed ? 1 : 0)
  const params = { [constants.ZSTD_c_compressionLevel]: compressionLevel }
  return Buffer.concat([head.bytes.subarray(0, head.at), compressed ? zstdCompressSync(all, { params }) : all])
}

export interface Pack {
  readonly first: number
  readonly seqs: readonly number[]
  /** Undefined when the pack does not hold the event. */
  fact(seq: number): TraceFact | undefined
  /** `fact` is that of the event, where it is known already. */
  json(seq: number, fact?: TraceFact): string | undefined
}

/** `sharedText` gives the texts that packs share. Everything that is damaged is `STORE_CORRUPT`. */
export function openPack(first: number, data: Uint8Array, sharedText: (id: number) => string): Pack {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const pack = orCorrupt(first, () => readHead(first, bytes))
  const textOf = (code: number): string => (code % 2 === 0 ? sharedText(code / 2) : pack.ownText((code - 1) / 2))
  const readerAt = (at: number): PackReader & { at: number } => ({ bytes, at, textOf })
  const read = (place: number): TraceFact => completeFact(readFact(readerAt(pack.starts[place] ?? 0), pack.baseMs))
  let literals: readonly string[] | undefined
  const literalOf = (at: number): string => {
    literals ??= unzip(bytes, pack.starts.at(-1) ?? 0)
    const literal = literals[at]
    if (literal === undefined) throw broken(`it has no literal ${at}`)
    return literal
  }
  const readJson = (at: number, fact: TraceFact): string => {
    const reader = readerAt(at)
    const form = readVarint(reader)
    const number = readVarint(reader)
    if (form === jsonForms.literal) return literalOf(number)
    const counts: number[] = []
    for (let more = readVarint(reader); more > 0; more -= 1) counts.push(readZigzag(reader))
    return fillShape(form === jsonForms.sharedShape ? sharedText(number) : literalOf(number), counts, fact)
  }
  const at = (seq: number): number => pack.seqs.indexOf(seq)
  return {
    first,
    seqs: pack.seqs,
    fact(seq) {
      const place = at(seq)
      return place < 0 ? undefined : orCorrupt(first, () => read(place))
    },
    json(seq, fact) {
      const place = at(seq)
      return place < 0 ? undefined : orCorrupt(first, () => readJson(pack.jsonStarts[place] ?? 0, fact ?? read(place)))
    }
  }
}

function orCorrupt<Result>(first: number, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError || isZlibError(error))) throw error
    throw storeError('STORE_CORRUPT', { action: 'read event', path: 'trace.db', detail: `pack ${first}: ${error.message}` }, error)
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(?:ZSTD|Z_|ERR_)/.test(String(error.code))
}

interface PackHead {
  readonly baseMs: number
  readonly seqs: readonly number[]
  /** Of each record, and of the literals after them. */
  readonly starts: readonly number[]
  /** Of the JSON within each record. */
  readonly jsonStarts: readonly number[]
  ownText(at: number): string
}

function readHead(first: number, bytes: Buffer): PackHead {
  const reader = { bytes, at: 0 }
  const version = readVarint(reader)
  if (version !== packVersion) throw broken(`it has version ${version}, expected ${packVersion}`)
  const count = readVarint(reader)
  const baseMs = readZigzag(reader)
  const seqs: number[] = []
  const factLengths: number[] = []
  const jsonLengths: number[] = []
  let seq = first
  if (count > bytes.length) throw broken(`it has ${count} events`)
  for (let at = 0; at < count; at += 1) {
    seq += readVarint(reader)
    seqs.push(seq)
    factLengths.push(readVarint(reader))
    jsonLengths.push(readVarint(reader))
  }
  const ownEnds: number[] = [0]
  for (let more = readVarint(reader); more > 0; more -= 1) ownEnds.push((ownEnds.at(-1) ?? 0) + readVarint(reader))
  const ownStart = reader.at
  const starts: number[] = [ownStart + (ownEnds.at(-1) ?? 0)]
  const jsonStarts = factLengths.map((factLength, at) => {
    const jsonStart = (starts.at(-1) ?? 0) + factLength
    starts.push(jsonStart + (jsonLengths[at] ?? 0))
    return jsonStart
  })
  if ((starts.at(-1) ?? 0) > bytes.length) throw broken('it ends within its events')
  return {
    baseMs,
    seqs,
    starts,
    jsonStarts,
    ownText(at) {
      const [from, to] = [ownEnds[at], ownEnds[at + 1]]
      if (from === undefined || to === undefined) throw broken(`it has no text ${at}`)
      return bytes.toString('utf8', ownStart + from, ownStart + to)
    }
  }
}

function unzip(bytes: Buffer, start: number): string[] {
  const reader = { bytes, at: start }
  const lengths: number[] = []
  for (let more = readVarint(reader); more > 0; more -= 1) lengths.push(readVarint(reader))
  const compressed = readVarint(reader) === 1
  const rest = bytes.subarray(reader.at)
  const all = compressed ? zstdDecompressSync(rest) : rest
  let at = 0
  return lengths.map((length) => {
    at += length
    return all.toString('utf8', at - length, at)
  })
}
