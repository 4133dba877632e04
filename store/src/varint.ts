/**
 * Integers as LEB128 varints, signed ones in zigzag form, over the whole range that a number holds exactly. The writer's
 * buffer must be large enough; the reader throws a `RangeError` at its end.
 */

export interface Writer {
  readonly bytes: Uint8Array
  at: number
}

export interface Reader {
  readonly bytes: Uint8Array
  at: number
}

export function writeZigzag(writer: Writer, value: number): void {
  writeVarint(writer, value >= 0 ? value * 2 : -value * 2 - 1)
}

export function readZigzag(reader: Reader): number {
  const raw = readVarint(reader)
  if (raw <= 0x7fffffff) return (raw >>> 1) ^ -(raw & 1)
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
}

export function writeVarint(writer: Writer, value: number): void {
  let rest = value
  while (rest > 0x7fffffff) {
    writer.bytes[writer.at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  while (rest > 127) {
    writer.bytes[writer.at++] = (rest & 127) | 128
    rest >>>= 7
  }
  writer.bytes[writer.at++] = rest
}

export function readVarint(reader: Reader): number {
  let byte = reader.bytes[reader.at++] ?? 256
  if (byte < 128) return byte
  let value = byte & 127
  let factor = 128
  while (byte >= 128) {
    byte = reader.bytes[reader.at++] ?? 256
    if (byte === 256 || factor > 2 ** 49) throw broken('it ends within a number')
    value += (byte & 127) * factor
    factor *= 128
  }
  return value
}

export function broken(detail: string): RangeError {
  return new RangeError(`Cannot decode block: ${detail}`)
}
