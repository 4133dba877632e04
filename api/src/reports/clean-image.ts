/**
 * What a photograph tells beyond its picture is taken out of it: place, time, camera, owner, comments, previews, data behind its end. The
 * picture stays bit for bit; of the metadata only how to turn and to colour it. It decodes no pixel.
 */
import { crc32 } from 'node:zlib'
import { intakeError } from './errors.ts'

/** Throws `ATTACHMENT_DAMAGED` for what is no whole file of its type. */
export function cleanImage(bytes: Buffer, mediaType: 'image/jpeg' | 'image/png' | 'image/webp'): Buffer {
  switch (mediaType) {
    case 'image/jpeg':
      return cleanJpeg(bytes)
    case 'image/png':
      return cleanPng(bytes)
    case 'image/webp':
      return cleanWebp(bytes)
    default:
      return mediaType satisfies never
  }
}

const damaged = (mediaType: string, detail: string): Error => intakeError('ATTACHMENT_DAMAGED', { mediaType, detail })

const startOfScan = 0xda
const endOfImage = 0xd9
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)

/** ITU-T T.81 annex B: segments, entropy-coded data after each SOS; what follows the first EOI (a second picture, a trailer) is left out. */
function cleanJpeg(bytes: Buffer): Buffer {
  const parts: Buffer[] = [bytes.subarray(0, 2)]
  let turned: Buffer | undefined
  let at = 2
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1
    const marker = bytes[at + 1]
    if (bytes[at] !== 0xff || marker === undefined) throw damaged('image/jpeg', `no marker at octet ${at}`)
    if (marker === endOfImage) break
    if (standsAlone(marker)) {
      parts.push(bytes.subarray(at, at + 2))
      at += 2
      continue
    }
    const length = at + 4 <= bytes.length ? bytes.readUInt16BE(at + 2) : 0
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) throw damaged('image/jpeg', `segment at octet ${at} ends outside of the file`)
    const segment = bytes.subarray(at, end)
    if (isKept(marker, segment)) parts.push(segment)
    else turned ??= orientationOf(marker, segment)
    at = end
    if (marker !== startOfScan) continue
    const scanEnd = endOfScan(bytes, at)
    parts.push(bytes.subarray(at, scanEnd))
    at = scanEnd
  }
  const [start = Buffer.alloc(0), ...rest] = parts
  return Buffer.concat([start, ...(turned === undefined ? [] : [turned]), ...rest, Buffer.from([0xff, endOfImage])])
}

/** JFIF, colour profile and Adobe's transform are needed to show the colours right; all other application segments and comments go. */
function isKept(marker: number, segment: Buffer): boolean {
  if (marker === 0xfe) return false
  if (marker < 0xe0 || marker > 0xef) return true
  const name = segment.toString('latin1', 4, 16)
  if (marker === 0xe0) return name.startsWith('JFIF\0') && segment.length <= 18
  if (marker === 0xe2) return name.startsWith('ICC_PROFILE\0')
  return marker === 0xee && name.startsWith('Adobe') && segment.length <= 16
}

function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]
    if (next === undefined) break
    if (next !== 0 && next !== 0xff && !standsAlone(next)) return at
  }
  throw damaged('image/jpeg', 'its picture data do not end')
}

const exifHead = Buffer.from('Exif\0\0', 'latin1')
const orientationTag = 0x0112

/** An EXIF segment that says how the camera was held and nothing else; undefined for upright pictures and other segments. */
function orientationOf(marker: number, segment: Buffer): Buffer | undefined {
  if (marker !== 0xe1 || !segment.subarray(4, 10).equals(exifHead)) return undefined
  const tiff = segment.subarray(10)
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = tiff.length < 8 ? 0 : little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  const count = Math.min(short(directory), 256)
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 2 + index * 12
    if (short(entry) !== orientationTag) continue
    const turn = short(entry + 8)
    return turn >= 2 && turn <= 8 ? orientationSegment(turn) : undefined
  }
  return undefined
}

/** TIFF 6.0: header, one directory with one SHORT. */
function orientationSegment(turn: number): Buffer {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, turn, 0, 0, 0, 0, 0, 0]
  const body = Buffer.concat([exifHead, Buffer.from(tiff)])
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2])
  return Buffer.concat([head, body])
}

/** Chunks that the picture and its colours need; texts, times, EXIF and private ones go. */
const pngChunksKept: ReadonlySet<string> = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'cICP',
  'sBIT',
  'bKGD',
  'pHYs'
])

function cleanPng(bytes: Buffer): Buffer {
  const parts: Buffer[] = [bytes.subarray(0, 8)]
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + length
    if (end > bytes.length) throw damaged('image/png', `chunk ${JSON.stringify(type)} ends outside of the file`)
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      throw damaged('image/png', `chunk ${JSON.stringify(type)} has a wrong check sum`)
    if (pngChunksKept.has(type)) parts.push(bytes.subarray(at, end))
    if (type === 'IEND') return Buffer.concat(parts)
    at = end
  }
  throw damaged('image/png', 'it does not end')
}

/** The extended header's flags of ICC profile, alpha, EXIF, XMP and animation (WebP container specification, Extended File Format). */
const webpFlags = { exif: 0x08, xmp: 0x04 } as const
const webpChunksKept: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ICCP'])

function cleanWebp(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  const fileEnd = Math.min(bytes.length, 8 + bytes.readUInt32LE(4))
  for (let at = 12; at + 8 <= fileEnd;) {
    const type = bytes.toString('latin1', at, at + 4)
    const length = bytes.readUInt32LE(at + 4)
    const end = at + 8 + length + (length % 2)
    if (end > fileEnd + 1 || at + 8 + length > fileEnd)
      throw damaged('image/webp', `chunk ${JSON.stringify(type)} ends outside of the file`)
    if (type === 'ANMF') throw damaged('image/webp', 'it is an animation, expected one picture')
    if (webpChunksKept.has(type)) {
      const chunk = Buffer.from(bytes.subarray(at, Math.min(end, fileEnd)))
      const flags = chunk[8]
      if (type === 'VP8X' && flags !== undefined) chunk[8] = flags & ~(webpFlags.exif | webpFlags.xmp)
      parts.push(chunk)
    }
    at = end
  }
  if (parts.length === 0) throw damaged('image/webp', 'it holds no picture')
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...parts])
  const head = Buffer.alloc(8)
  head.write('RIFF', 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}
