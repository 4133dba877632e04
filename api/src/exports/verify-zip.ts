/**
 * Reads a ZIP in memory for the verifier of evidence: nothing but Node, no path is ever written to, and nothing is unpacked past a limit. What is
 * not plainly one file after the other, each named once, is refused (APPNOTE 6.3: §4.3.7, §4.3.12, §4.3.16).
 */
import { crc32, inflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  /** Unpacked octets, as the directory says. */
  readonly bytes: number
  /** Unpacks; throws when the data is not what the directory says. */
  read(): Buffer
}

const entriesMax = 10_000
const directoryBytes = 46
const endBytes = 22
const localBytes = 30

/** Throws an Error that says what is wrong and where. */
export function readZip(file: Buffer): ZipEntry[] {
  const end = file.length - endBytes
  if (end < 0 || file.readUInt32LE(end) !== 0x06054b50) throw new Error('it does not end as a ZIP does: truncated, or something follows it')
  const count = file.readUInt16LE(end + 10)
  const start = file.readUInt32LE(end + 16)
  if (start === 0xffffffff || count === 0xffff || count > entriesMax)
    throw new Error(`it has ${count} files or is too large, expected at most ${entriesMax}`)
  if (start + file.readUInt32LE(end + 12) !== end || file.readUInt16LE(end + 8) !== count || file.readUInt32LE(end + 4) !== 0)
    throw new Error('its directory does not end where the file does')
  const entries: ZipEntry[] = []
  const names = new Set<string>()
  let at = start
  let dataEnd = 0
  for (let index = 0; index < count; index += 1) {
    if (at + directoryBytes > end || file.readUInt32LE(at) !== 0x02014b50) throw new Error(`directory entry ${index} is not one`)
    const { entry, next, dataStart, after } = readEntry(file, at)
    if (names.has(entry.name)) throw new Error(`"${entry.name}" is there twice`)
    // Octets that no entry names could hide something from one reader and show it to another.
    if (dataStart !== dataEnd) throw new Error(`"${entry.name}" does not follow the file before it`)
    names.add(entry.name)
    entries.push(entry)
    dataEnd = after
    at = next
  }
  if (at !== end || dataEnd !== start) throw new Error('there is something between the files and the directory')
  return entries
}

function readEntry(file: Buffer, at: number) {
  const flags = file.readUInt16LE(at + 8)
  const method = file.readUInt16LE(at + 10)
  const crc = file.readUInt32LE(at + 16)
  const packed = file.readUInt32LE(at + 20)
  const bytes = file.readUInt32LE(at + 24)
  const nameBytes = file.readUInt16LE(at + 28)
  const name = file.toString('utf8', at + directoryBytes, at + directoryBytes + nameBytes)
  // The writer keeps the same plain form always; anything else was made by others.
  if (!/^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)?$/.test(name) || name.includes('..'))
    throw new Error(`the name ${JSON.stringify(name)} is none of a bundle`)
  if ((flags & 0x2041) !== 0) throw new Error(`"${name}" is encrypted`)
  if (method !== 0 && method !== 8) throw new Error(`"${name}" is packed by method ${method}, expected 8`)
  const local = file.readUInt32LE(at + 42)
  if (local + localBytes > file.length || file.readUInt32LE(local) !== 0x04034b50)
    throw new Error(`"${name}" has no header where the directory says`)
  const localName = file.toString('utf8', local + localBytes, local + localBytes + file.readUInt16LE(local + 26))
  if (localName !== name) throw new Error(`"${name}" is called ${JSON.stringify(localName)} at its data`)
  const dataStart = local + localBytes + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28)
  const described = (flags & 8) === 0 ? 0 : 16
  const data = file.subarray(dataStart, dataStart + packed)
  const read = (): Buffer => {
    const content = method === 0 ? Buffer.from(data) : inflateRawSync(data, { maxOutputLength: Math.max(1, bytes) })
    if (content.length !== bytes || crc32(content) !== crc) throw new Error(`"${name}" is not what the directory says`)
    return content
  }
  const next = at + directoryBytes + nameBytes + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32)
  return { entry: { name, bytes, read }, next, dataStart: local, after: dataStart + packed + described }
}
