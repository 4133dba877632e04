/** Small image files with metadata in them, for tests. Nothing of the product imports it. */
import { crc32, deflateSync } from 'node:zlib'

/** What must not be found in anything that is kept. */
export const secretInImage = 'GPS 31.2304N 121.4737E, camera of Wang'

const segment = (marker: number, body: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/** TIFF with the orientation and a pointer to GPS data, whose words stand behind it. */
function exif(orientation: number): Buffer {
  const tiff = Buffer.alloc(38)
  tiff.write('II*\0', 'latin1')
  tiff.writeUInt32LE(8, 4)
  tiff.writeUInt16LE(2, 8)
  tiff.writeUInt16LE(0x0112, 10)
  tiff.writeUInt16LE(3, 12)
  tiff.writeUInt32LE(1, 14)
  tiff.writeUInt16LE(orientation, 18)
  tiff.writeUInt16LE(0x8825, 22)
  tiff.writeUInt16LE(4, 24)
  tiff.writeUInt32LE(1, 26)
  tiff.writeUInt32LE(38, 30)
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff, Buffer.from(secretInImage)])
}

/** Entropy-coded data with a stuffed octet and a restart marker. */
const scanData = Buffer.from([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56])
const picture = Buffer.concat([
  segment(0xdb, Buffer.alloc(65, 1)),
  segment(0xc0, Buffer.from([8, 0, 1, 0, 1, 1, 1, 0x11, 0])),
  segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
  scanData
])
const jfif = segment(0xe0, Buffer.concat([Buffer.from('JFIF\0', 'latin1'), Buffer.from([1, 1, 0, 0, 1, 0, 1, 0, 0])]))

/** With EXIF, XMP, IPTC, a comment and a trailer. */
export function sampleJpeg(orientation = 6): Buffer {
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jfif,
    segment(0xe1, exif(orientation)),
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${secretInImage}</x:xmpmeta>`)),
    segment(0xed, Buffer.from(`Photoshop 3.0\0${secretInImage}`)),
    segment(0xfe, Buffer.from(secretInImage)),
    picture,
    Buffer.from([0xff, 0xd9]),
    Buffer.from(`trailer ${secretInImage}`)
  ])
}

/** The parts of the picture that must be there unchanged. */
export const jpegPicture = picture

function chunk(type: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const whole = Buffer.alloc(content.length + 8)
  whole.writeUInt32BE(body.length, 0)
  content.copy(whole, 4)
  whole.writeUInt32BE(crc32(content), content.length + 4)
  return whole
}

export const pngData = chunk('IDAT', deflateSync(Buffer.from([0, 200])))

/** One grey pixel, with EXIF, texts, a time and a private chunk. */
export function samplePng(): Buffer {
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('eXIf', exif(1).subarray(6)),
    chunk('tEXt', Buffer.from(`Author\0${secretInImage}`)),
    chunk('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${secretInImage}`)),
    chunk('tIME', Buffer.from([7, 0xea, 11, 24, 2, 0, 0])),
    chunk('prVt', Buffer.from(secretInImage)),
    pngData,
    chunk('IEND', Buffer.alloc(0)),
    Buffer.from(secretInImage)
  ])
}

/** A lossless picture in the extended format, with EXIF and XMP. */
export function sampleWebp(): Buffer {
  const riff = (type: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.write(type, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
  }
  const extended = riff('VP8X', Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
  const body = Buffer.concat([
    extended,
    riff('VP8L', Buffer.from([0x2f, 0, 0, 0, 0])),
    riff('EXIF', exif(1)),
    riff('XMP ', Buffer.from(secretInImage))
  ])
  return riff('RIFF', Buffer.concat([Buffer.from('WEBP', 'latin1'), body]))
}
