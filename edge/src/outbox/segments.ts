/**
 * An append-only log in numbered files of bounded size. It writes, synchronises, reads and removes; what the records mean, and when a
 * file may go, is for others to say. A file that was there at the start is only read: what follows a crash begins a new one, so that
 * no torn end is ever written behind.
 */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'

export interface Placed {
  readonly segment: number
  readonly offset: number
  readonly bytes: number
}

export interface SegmentLog {
  /** Writes records behind each other into one file, without synchronising. After an error nothing of them is left. */
  write(records: readonly Buffer[]): Placed[]
  /** Takes back what `write` wrote last. */
  undo(): void
  sync(): void
  /** The next write begins a new file. */
  roll(): void
  read(place: Placed): Buffer
  /** The whole of each file, oldest first. The bytes are good during the visit only: the next file takes their place. */
  loadEach(visit: (segment: number, bytes: Buffer) => void): void
  remove(segment: number): void
  /** Numbers of all files, oldest first; the last may be in use. */
  readonly segments: readonly number[]
  /** The file that is being written. */
  readonly current: number | undefined
  readonly currentBytes: number
  /** On disk, in whole blocks. */
  readonly bytes: number
  close(): void
}

export interface SegmentLogOptions {
  readonly folder: string
  readonly name: string
  readonly segmentBytesMax: number
  /** fsync or not. */
  readonly isDurable: boolean
  /** The first record of a new file. */
  readonly header: () => Buffer
}

/** What a file takes on disk is counted in blocks of this size. */
const blockBytes = 4_096
const openFilesMax = 64

export function createSegmentLog(options: SegmentLogOptions): SegmentLog {
  const { folder, name } = options
  const pathOf = (segment: number) => join(folder, `${name}-${String(segment).padStart(10, '0')}.log`)
  mkdirSync(folder, { recursive: true })
  const sizes = new Map<number, number>()
  for (const segment of segmentsIn(folder, name)) sizes.set(segment, statSync(pathOf(segment)).size)
  const readers = new Map<number, number>()
  let lastSegment = Math.max(0, ...sizes.keys())
  let writer: { readonly segment: number; readonly file: number } | undefined
  let lastWrite: { readonly segment: number; readonly size: number } | undefined

  const sizeOf = (segment: number) => sizes.get(segment) ?? 0
  const close = () => {
    if (writer !== undefined) closeSync(writer.file)
    writer = undefined
  }
  /** Cuts the file back; what cannot be cut is left behind, and a new file begun. */
  const cut = (segment: number, size: number) => {
    if (writer?.segment !== segment) return
    try {
      ftruncateSync(writer.file, size)
      sizes.set(segment, size)
    } catch {
      sizes.set(segment, statSync(pathOf(segment)).size)
      close()
    }
  }
  const put = (bytes: Buffer) => {
    if (writer === undefined) throw new Error('no file is open')
    const { segment, file } = writer
    const size = sizeOf(segment)
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, size + done)
    } catch (error) {
      cut(segment, size)
      throw error
    }
    sizes.set(segment, size + bytes.length)
  }
  const remove = (segment: number) => {
    if (writer?.segment === segment) close()
    const reader = readers.get(segment)
    if (reader !== undefined) closeSync(reader)
    readers.delete(segment)
    unlinkSync(pathOf(segment))
    sizes.delete(segment)
  }
  const begin = () => {
    const header = options.header()
    lastSegment += 1
    writer = { segment: lastSegment, file: openSync(pathOf(lastSegment), 'wx+') }
    sizes.set(lastSegment, 0)
    try {
      put(header)
      if (options.isDurable) syncFolder(folder)
    } catch (error) {
      remove(lastSegment)
      throw error
    }
  }
  const readerOf = (segment: number) => {
    const known = readers.get(segment)
    if (known !== undefined) return known
    const [oldest] = readers
    if (oldest !== undefined && readers.size >= openFilesMax) {
      closeSync(oldest[1])
      readers.delete(oldest[0])
    }
    const file = openSync(pathOf(segment), 'r')
    readers.set(segment, file)
    return file
  }

  return {
    write(records) {
      if (writer !== undefined && sizeOf(writer.segment) >= options.segmentBytesMax) close()
      if (writer === undefined) begin()
      const segment = lastSegment
      const size = sizeOf(segment)
      put(records.length === 1 ? (records[0] ?? Buffer.alloc(0)) : Buffer.concat(records))
      lastWrite = { segment, size }
      let offset = size
      return records.map(({ length }) => {
        offset += length
        return { segment, offset: offset - length, bytes: length }
      })
    },
    undo() {
      if (lastWrite !== undefined) cut(lastWrite.segment, lastWrite.size)
      lastWrite = undefined
    },
    sync() {
      if (options.isDurable && writer !== undefined) fdatasyncSync(writer.file)
    },
    roll: close,
    read({ segment, offset, bytes }) {
      const buffer = Buffer.allocUnsafe(bytes)
      const done = readSync(readerOf(segment), buffer, 0, bytes, offset)
      return buffer.subarray(0, done)
    },
    loadEach(visit) {
      // One room for all: a backlog of a day is forty files of 4 MiB, and the collector of garbage is not that quick.
      const room = Buffer.allocUnsafeSlow(Math.max(0, ...sizes.values()))
      for (const [segment, size] of sizes) visit(segment, room.subarray(0, readInto(readerOf(segment), room.subarray(0, size))))
    },
    remove,
    get segments() {
      return [...sizes.keys()]
    },
    get current() {
      return writer?.segment
    },
    get currentBytes() {
      return writer === undefined ? 0 : sizeOf(writer.segment)
    },
    get bytes() {
      let bytes = 0
      for (const size of sizes.values()) bytes += Math.ceil(size / blockBytes) * blockBytes
      return bytes
    },
    close() {
      close()
      for (const file of readers.values()) closeSync(file)
      readers.clear()
    }
  }
}

function segmentsIn(folder: string, name: string): number[] {
  const pattern = new RegExp(`^${name}-(\\d{10})\\.log$`)
  return readdirSync(folder)
    .map((file) => Number(pattern.exec(file)?.[1] ?? 0))
    .filter((segment) => segment > 0)
    .toSorted((left, right) => left - right)
}

/** Fills the room from the start of the file; gives how much there was. */
function readInto(file: number, room: Buffer): number {
  let done = 0
  while (done < room.length) {
    const read = readSync(file, room, done, room.length - done, done)
    if (read === 0) break
    done += read
  }
  return done
}

/** A new name in a folder survives a loss of power only when the folder is synchronised, too. */
function syncFolder(folder: string): void {
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
