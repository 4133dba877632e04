/** Growing bytes for packs of cold events, and texts in them: as a number where many events share them, in place otherwise. */
import { broken, readVarint, writeVarint, type Reader } from '../../varint.ts'

export interface PackWriter {
  bytes: Buffer
  at: number
  /** The number of a text that all packs share; undefined for one that this pack must hold itself. */
  readonly sharedId: (text: string) => number | undefined
  /** Texts that the pack holds itself, in the order of their numbers. */
  readonly own: Map<string, number>
}

export interface PackReader extends Reader {
  readonly bytes: Buffer
  /** Text of a code that `writeText` wrote. */
  readonly textOf: (code: number) => string
}

export function createPackWriter(sharedId: PackWriter['sharedId']): PackWriter {
  return { bytes: Buffer.allocUnsafe(65_536), at: 0, sharedId, own: new Map() }
}

/** Makes room for so many more bytes: before each write that is longer than a few numbers. */
export function reserve(writer: PackWriter, more: number): void {
  if (writer.at + more <= writer.bytes.length) return
  const grown = Buffer.allocUnsafe(Math.max(writer.bytes.length * 2, writer.at + more))
  writer.bytes.copy(grown, 0, 0, writer.at)
  writer.bytes = grown
}

/** A text that other events may share: shared ones get even codes, the pack's own odd ones. */
export function writeText(writer: PackWriter, text: string): void {
  reserve(writer, 8)
  const shared = writer.sharedId(text)
  if (shared !== undefined) return writeVarint(writer, shared * 2)
  let own = writer.own.get(text)
  if (own === undefined) {
    own = writer.own.size
    writer.own.set(text, own)
  }
  writeVarint(writer, own * 2 + 1)
}

export function readText(reader: PackReader): string {
  return reader.textOf(readVarint(reader))
}

/** A text that no other event shares. */
export function writeInline(writer: PackWriter, text: string): void {
  reserve(writer, 8 + text.length * 3)
  const length = Buffer.byteLength(text)
  writeVarint(writer, length)
  writer.at += writer.bytes.write(text, writer.at)
}

export function readInline(reader: PackReader): string {
  const length = readVarint(reader)
  const end = reader.at + length
  if (end > reader.bytes.length) throw broken('it ends within a text')
  const text = reader.bytes.toString('utf8', reader.at, end)
  reader.at = end
  return text
}
