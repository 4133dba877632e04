/** Width, height and colours of a JPEG photograph, read from its frame header (ITU-T T.81 §B.2.2). It decodes nothing. */

export interface JpegSize {
  readonly width: number
  readonly height: number
}

const segmentsMax = 1_000

/** Undefined for what is no JPEG in three colours. */
export function jpegSize(bytes: Uint8Array): JpegSize | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 2
  for (let segment = 0; segment < segmentsMax && at + 9 < bytes.length; segment += 1) {
    const marker = view.getUint8(at + 1)
    if (view.getUint8(at) !== 0xff) return undefined
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return view.getUint8(at + 9) === 3 ? { height: view.getUint16(at + 5), width: view.getUint16(at + 7) } : undefined
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}
