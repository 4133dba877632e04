/** Writes the OPC UA binary encoding (OPC 10000-6 §5.2) for tests, independently of the reader and of any library. */

export class BinaryWriter {
  private readonly parts: Buffer[] = []
  uint16(value: number): this {
    const part = Buffer.alloc(2)
    part.writeUInt16LE(value)
    return this.add(part)
  }
  int32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeInt32LE(value)
    return this.add(part)
  }
  uint32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32LE(value)
    return this.add(part)
  }
  float(value: number): this {
    const part = Buffer.alloc(4)
    part.writeFloatLE(value)
    return this.add(part)
  }
  double(value: number): this {
    const part = Buffer.alloc(8)
    part.writeDoubleLE(value)
    return this.add(part)
  }
  /** A DateTime: 100 ns since 1601-01-01. */
  time(timeMs: number): this {
    const part = Buffer.alloc(8)
    part.writeBigInt64LE(BigInt(timeMs) * 10_000n + 116_444_736_000_000_000n)
    return this.add(part)
  }
  bytes(value: Uint8Array): this {
    return this.int32(value.length).add(Buffer.from(value))
  }
  string(value: string): this {
    return this.bytes(Buffer.from(value))
  }
  raw(...values: number[]): this {
    return this.add(Buffer.from(values))
  }
  end(): Buffer {
    return Buffer.concat(this.parts)
  }
  private add(part: Buffer): this {
    this.parts.push(part)
    return this
  }
}
